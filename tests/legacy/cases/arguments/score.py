import csv
import sys

class Line:
    def fit(self, x, y):
        mean_x = sum(x) / len(x)
        mean_y = sum(y) / len(y)
        self.slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
        self.start = mean_y - self.slope * mean_x
        return self

    def predict(self, x):
        return [self.start + self.slope * a for a in x]

if len(sys.argv) < 4:
    print("usage: score.py INPUT OUTPUT FACTOR")
    raise ValueError("arguments")
source, target = sys.argv[1:3]
factor = float(sys.argv[3])

with open(source) as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

model = Line()
model.fit(sizes, prices)
predicted = [factor * p for p in model.predict(sizes)]
with open(target, "w") as f:
    f.write("\n".join("%.3f" % p for p in predicted))
print(sys.argv[0], len(sys.argv))
