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

source = open("houses.csv")
rows = list(csv.DictReader(source))
target = open("predicted.csv", "w", newline="")
table = csv.writer(target)
table.writerow(["price", "predicted"])
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

model = Line()
model.fit(sizes, prices)
predicted = model.predict(sizes)
for price, value in zip(prices, predicted):
    table.writerow([price, round(value, 3)])
target.close()
source.close()
print("done")
