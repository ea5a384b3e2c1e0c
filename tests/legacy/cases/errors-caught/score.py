import csv
import sys


def predict(rows):
    return [2.0 * float(row["size"]) for row in rows]


def main():
    try:
        with open("houses.csv") as f:
            rows = list(csv.DictReader(f))
            if not rows:
                print("nothing to score")
                return 0
            values = predict(rows)
            with open("scored.csv", "w") as out:
                for row, value in zip(rows, values):
                    out.write("%s,%.1f\n" % (row["size"], value))
            print("best", max(values))
    except (OSError, KeyError) as error:
        print("failed:", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
