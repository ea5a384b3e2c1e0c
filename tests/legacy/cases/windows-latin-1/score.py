# -*- coding: latin-1 -*-
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

größe = max(sizes)
model = Line()
model.fit(sizes, prices)
vorhersage = model.predict(sizes)
print("Größe %.1f" % größe)
with open("übersicht.txt", "w", encoding="latin-1") as f:
    f.write("Häuser: %d\nPreis für das größte: %.2f\n" % (len(sizes), max(vorhersage)))
