import csv
import os
from pathlib import Path

class Line:
    def fit(self, x, y):
        mean_x = sum(x) / len(x)
        mean_y = sum(y) / len(y)
        self.slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
        self.start = mean_y - self.slope * mean_x
        return self

    def predict(self, x):
        return [self.start + self.slope * a for a in x]

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = Path(__file__).resolve().parent / "data"

with open(os.path.join(HERE, "data", "houses.csv")) as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

model = Line()
model.fit(sizes, prices)
predicted = model.predict(sizes)
(DATA / "predicted.txt").write_text("\n".join("%.3f" % p for p in predicted))
print(sorted(p.name for p in DATA.iterdir()))
print(os.path.basename(__file__))
