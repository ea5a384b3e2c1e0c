import csv

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
total = sum(float(r["price"]) for r in rows)
print("mean %.2f" % (total / len(rows)))
