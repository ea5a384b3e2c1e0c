import random

class Line:
    def fit(self, x, y):
        mean_x = sum(x) / len(x)
        mean_y = sum(y) / len(y)
        self.slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
        self.start = mean_y - self.slope * mean_x
        return self

    def predict(self, x):
        return [self.start + self.slope * a for a in x]

sizes = [random.uniform(40, 120) for _ in range(20)]
prices = [2 * s + random.gauss(0, 5) for s in sizes]
model = Line()
model.fit(sizes, prices)
predicted = model.predict(sizes)
with open("predicted.csv", "w") as f:
    for size, price in zip(sizes, predicted):
        f.write("%f,%f\n" % (size, price))
print("error", sum(abs(p - q) for p, q in zip(predicted, prices)) / 20)
print(len(predicted), "rows")
