import csv
from collections import namedtuple
from dataclasses import dataclass, field
from enum import Enum

class Line:
    def fit(self, x, y):
        mean_x = sum(x) / len(x)
        mean_y = sum(y) / len(y)
        self.slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
        self.start = mean_y - self.slope * mean_x
        return self

    def predict(self, x):
        return [self.start + self.slope * a for a in x]

class Kind(Enum):
    SMALL = 1
    LARGE = 2


Pair = namedtuple("Pair", "size price")


@dataclass
class House:
    pair: Pair
    kind: Kind = Kind.SMALL
    notes: list = field(default_factory=list)

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

houses = [House(Pair(s, p), Kind.LARGE if s > 75 else Kind.SMALL) for s, p in zip(sizes, prices)]
model = Line()
model.fit([h.pair.size for h in houses], [h.pair.price for h in houses])
predicted = model.predict([h.pair.size for h in houses])
for house, price in zip(houses, predicted):
    house.notes.append(round(price, 1))
large = [h for h in houses if h.kind is Kind.LARGE]
print("large", len(large))
print(houses[0])
