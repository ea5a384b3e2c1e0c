import csv

class Line:
    capped = 0

    def fit(self, x, y):
        self.slope = sum(y) / sum(x)
        return self

    def predict(self, x):
        Line.capped += sum(a > 1000 for a in x)
        return [self.slope * min(a, 1000) for a in x]

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

model = Line()
model.fit(sizes, prices)
print("capped before", Line.capped)
predicted = model.predict(sizes)
print("capped after", Line.capped)
print(["%.2f" % p for p in predicted])
