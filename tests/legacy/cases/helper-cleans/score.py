import tools
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
    rows = [[float(v) for v in row] for row in list(csv.reader(f))[1:]]
model = Line()
model.fit([row[0] for row in rows], [row[2] for row in rows])
tools.cap(rows, 100.0)
print("capped")
predicted = model.predict([row[0] for row in rows])
print(["%.2f" % p for p in predicted])
print(rows[3])
