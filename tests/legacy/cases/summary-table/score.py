import pandas as pd


def main():
    df = pd.read_csv("houses.csv")
    print(len(df), "houses")
    df["per_size"] = df["price"] / df["size"]
    table = df.groupby("rooms").per_size.agg(["mean", "count"])
    print("rooms:", list(table.index))
    table["share"] = table["count"] / table["count"].sum()
    best = table["mean"].idxmax()
    print("best: %d rooms" % best)
    table.round(3).to_csv("by_rooms.csv")


if __name__ == "__main__":
    main()
