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

class Mean:
    def fit(self, x, y):
        self.value = sum(y) / len(y)

    def predict(self, x):
        return [self.value] * len(x)

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

models = {"line": Line(), "mean": Mean()}
errors = {}
for name, model in models.items():
    model.fit(sizes, prices)
    predicted = model.predict(sizes)
    errors[name] = sum(abs(p - q) for p, q in zip(predicted, prices)) / len(prices)
    print("%s: %.4f" % (name, errors[name]))
best = min(errors, key=errors.get)
print("best:", best)
with open("best.txt", "w") as f:
    f.write(best)
