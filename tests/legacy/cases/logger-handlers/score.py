import csv
import logging
import sys

class Line:
    def fit(self, x, y):
        mean_x = sum(x) / len(x)
        mean_y = sum(y) / len(y)
        self.slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
        self.start = mean_y - self.slope * mean_x
        return self

    def predict(self, x):
        return [self.start + self.slope * a for a in x]

log = logging.getLogger("houses")
log.setLevel(logging.INFO)
log.addHandler(logging.FileHandler("run.log", mode="w"))
handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
log.addHandler(handler)

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

log.info("read %d rows", len(rows))
model = Line()
model.fit(sizes, prices)
log.info("trained")
predicted = model.predict(sizes)
log.info("predicted")
log.debug("not shown")
log.warning("largest %.2f", max(predicted))
