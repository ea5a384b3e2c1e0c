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

class House:
    count = 0
    seen = []

    def __init__(self, size):
        House.count += 1
        House.seen.append(size)
        self.size = size

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

houses = [House(s) for s in sizes]
model = Line()
model.fit([h.size for h in houses], prices)
predicted = model.predict([h.size for h in houses])
houses.append(House(200.0))
print("houses", House.count, House.seen[-1])
print(["%.2f" % p for p in predicted])
