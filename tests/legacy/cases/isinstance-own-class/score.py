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
    def __init__(self, size, price):
        self.size = size
        self.price = price


class Villa(House):
    pass

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

houses = [(Villa if s > 90 else House)(s, p) for s, p in zip(sizes, prices)]
model = Line()
model.fit([h.size for h in houses], [h.price for h in houses])
predicted = model.predict([h.size for h in houses])
for house, price in zip(houses, predicted):
    print("villa" if isinstance(house, Villa) else "house", type(house) is House, round(price, 2))
