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

class Rejected:
    rows = []

    @classmethod
    def add(cls, row):
        cls.rows.append(row)


def complain(text):
    complain.count += 1
    print(complain.count, text)


complain.count = 0

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
for row in rows:
    if int(row["rooms"]) > 4:
        Rejected.add(row)
        complain("many rooms")
sizes = [float(r["size"]) for r in rows if r not in Rejected.rows]
prices = [float(r["price"]) for r in rows if r not in Rejected.rows]

model = Line()
model.fit(sizes, prices)
predicted = model.predict(sizes)
complain("rejected %d" % len(Rejected.rows))
print(["%.2f" % p for p in predicted])
