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

limit = float(input("Largest size? "))
kept = [(s, p) for s, p in zip(sizes, prices) if s <= limit]
model = Line()
model.fit([s for s, _ in kept], [p for _, p in kept])
size = float(input("Size to predict? "))
predicted = model.predict([size])
name = input("Your name? ")
print("Dear %s, it costs %.2f." % (name, predicted[0]))
