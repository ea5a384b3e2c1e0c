import csv

class Line:
    def fit(self, x, y):
        mean_x = sum(x) / len(x)
        mean_y = sum(y) / len(y)
        self.slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
        self.start = mean_y - self.slope * mean_x
        return self

    def predict(self, x):
        return [self.start + self.slope * a for a in x]

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

def batches(values, size):
    for start in range(0, len(values), size):
        yield values[start:start + size]


parts = batches(sizes, 2)
first = next(parts)
model = Line()
model.fit(sizes, prices)
predicted = model.predict(first)
rest = [value for part in parts for value in part]
print(len(first), "then", len(rest))
print(["%.2f" % p for p in predicted])
