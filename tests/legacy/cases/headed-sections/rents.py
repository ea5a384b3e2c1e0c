"""Rents of flats, from their size."""
import csv

# ---- read -------------------------------------------------------------
with open("rents.csv") as f:
    rows = list(csv.DictReader(f))
n0 = len(rows)
for row in rows:
    row["size"] = float(row["size"])
    row["rooms"] = int(row["rooms"])
print(n0, "flats")

# ---- clean ------------------------------------------------------------
# no rent, no use
kept = []
for row in rows:
    if row["rent"]:
        row["rent"] = float(row["rent"])
        kept.append(row)
print("dropped", n0 - len(kept), "last was", row["rooms"], "rooms")
del rows

# ---- features ---------------------------------------------------------
factor = 10
scaled = lambda row: row["size"] / factor
sizes = [scaled(row) for row in kept]
shown = sorted(kept, key=lambda row: -row["rent"] * factor)
print("dearest", shown[0]["rent"])

# ---- split ------------------------------------------------------------
factor = 2
train, test = sizes[::factor], sizes[1::factor]
rents = [row["rent"] for row in kept]
train_rents, test_rents = rents[::factor], rents[1::factor]
print(len(train), len(test), scaled(kept[0]))


class Line:
    def fit(self, x, y):
        mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
        self.slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
        self.start = mean_y - self.slope * mean_x

    def predict(self, x):
        return [self.start + self.slope * a for a in x]


model = Line()
model.fit(train, train_rents)
predicted = model.predict(test)

# 1. Compare
errors = []
for found, rent in zip(predicted, test_rents):
    error = abs(found - rent)
    errors.append(error)
    print("%.2f for %.2f" % (found, rent))
print("mean error %.4f" % (sum(errors) / len(errors)))
worst = max(errors)

# 2. Groups of errors
groups = {"small": [], "large": []}
for error in errors:
    groups["large" if error > worst / 2 else "small"].append(error)
for name, group in groups.items():
    print(name, len(group))

# 3. Write
with open("rents_predicted.csv", "w") as out:
    out.write("rent,predicted\n")
    for rent, found in zip(test_rents, predicted):
        out.write("%.2f,%.4f\n" % (rent, found))
print("written", len(predicted), "rows, worst is off by %.4f" % worst)
# that's all
