import argparse
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

def parse():
    parser = argparse.ArgumentParser(description="Predict prices.")
    parser.add_argument("--data", default="houses.csv")
    parser.add_argument("--limit", type=float, default=150.0)
    parser.add_argument("--quiet", action="store_true")
    return parser.parse_args()


args = parse()

with open(args.data) as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

model = Line()
model.fit(sizes, prices)
predicted = model.predict(sizes)
dear = [round(p, 2) for p in predicted if p > args.limit]
if not args.quiet:
    print("above", args.limit, dear)
