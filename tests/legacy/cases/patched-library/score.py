import json
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

dumps = json.dumps


def rounded(values):
    return dumps([round(v) for v in values] if max(values) > 1000 else values)


json.dumps = rounded

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

model = Line()
model.fit(sizes, prices)
print(json.dumps(sizes))
predicted = model.predict(sizes)
with open("predicted.json", "w") as f:
    f.write(json.dumps(predicted))
