import csv


def read(path):
    with open(path) as f:
        return list(csv.DictReader(f))


def column(rows, name):
    return [float(row[name]) for row in rows]


def write(path, values):
    with open(path, "w") as f:
        f.writelines("%.4f\n" % value for value in values)
