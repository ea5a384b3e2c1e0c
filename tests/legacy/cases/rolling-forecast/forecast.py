import csv


class Trend:
    def fit(self, values):
        steps = [b - a for a, b in zip(values, values[1:])]
        self.level, self.step = values[-1], sum(steps) / len(steps)
        return self

    def forecast(self):
        return self.level + self.step


with open("houses.csv") as f:
    prices = [float(row["price"]) for row in csv.DictReader(f)]
history = prices[:2]
for price in prices[2:]:
    print("next")
    model = Trend().fit(history)
    expected = model.forecast()
    history.append(price)
    print("forecast %.2f, found %.2f" % (expected, price))
