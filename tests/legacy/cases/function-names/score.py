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

def preprocess(value):
    return value / 10


def step(value):
    return round(value, 3)


def handover(values):
    return [step(v) for v in values]


def display(values):
    for value in values:
        print("value", value)


def main(values):
    return sum(values)

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

scaled = [preprocess(s) for s in sizes]
model = Line()
model.fit(scaled, prices)
predicted = model.predict(scaled)
result = handover(predicted)
display(result)
print("sum %.3f" % main(result))
