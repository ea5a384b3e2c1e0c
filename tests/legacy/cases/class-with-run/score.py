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

class Report:
    def __init__(self, path):
        self.path = path
        self.model = Line()

    def run(self):
        with open(self.path) as f:
            self.rows = list(csv.DictReader(f))
        sizes = [float(r["size"]) for r in self.rows]
        prices = [float(r["price"]) for r in self.rows]
        self.model.fit(sizes, prices)
        self.predicted = self.model.predict(sizes)
        for row, price in zip(self.rows, self.predicted):
            print(row["size"], "%.2f" % price)


if __name__ == "__main__":
    Report("houses.csv").run()
