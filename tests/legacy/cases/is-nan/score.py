import csv
import numpy as np

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
rooms = [float(r["rooms"]) if int(r["rooms"]) < 5 else np.nan for r in rows]

model = Line()
model.fit(sizes, prices)
predicted = model.predict(sizes)
for count, price in zip(rooms, predicted):
    print("many" if count is np.nan else count, "%.2f" % price)
