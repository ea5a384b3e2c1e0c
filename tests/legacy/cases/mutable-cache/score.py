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

CACHE = {}
calls = 0


def price_class(price):
    global calls
    calls += 1
    key = int(price // 50)
    if key not in CACHE:
        CACHE[key] = "class %d" % len(CACHE)
    return CACHE[key]

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

known = [price_class(p) for p in prices]
model = Line()
model.fit(sizes, prices)
predicted = model.predict(sizes)
found = [price_class(p) for p in predicted]
print("calls", calls, "known", len(CACHE))
print(sum(a == b for a, b in zip(known, found)), sorted(CACHE.items()))
