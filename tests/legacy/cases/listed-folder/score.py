import glob
import os

class Line:
    def fit(self, x, y):
        mean_x = sum(x) / len(x)
        mean_y = sum(y) / len(y)
        self.slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
        self.start = mean_y - self.slope * mean_x
        return self

    def predict(self, x):
        return [self.start + self.slope * a for a in x]

sizes, prices = [], []
for path in sorted(glob.glob("months/*.csv")):
    with open(path) as f:
        for line in f:
            size, price = line.split(",")
            sizes.append(float(size))
            prices.append(float(price))
print(len(os.listdir("months")), "months")
model = Line()
model.fit(sizes, prices)
predicted = model.predict(sizes)
total = sum(predicted)
print("total %.3f" % total)
print("still there:", sorted(os.listdir("months")))
