def widen(table):
    table["area"] = table["length"] * table["width"]
    return table
