import csv
import pickle

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

model = Line()
model.fit(sizes, prices)
with open("line.pkl", "wb") as f:
    pickle.dump(model, f)
with open("line.pkl", "rb") as f:
    again = pickle.load(f)
predicted = again.predict(sizes)
print(type(again) is Line, type(again).__module__)
print([round(p, 3) for p in predicted])
