import csv
import pickle

from line import Line

model = pickle.load(open("line.pkl", "rb"))

with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
sizes = [float(r["size"]) for r in rows]
prices = [float(r["price"]) for r in rows]

scaled = [s / 10 for s in sizes]
predicted = model.predict(scaled)
again = model.predict(scaled[:1])
worst = max(abs(p - q) for p, q in zip(predicted, prices))
print("worst %.4f" % worst, isinstance(model, Line), again == predicted[:1])
