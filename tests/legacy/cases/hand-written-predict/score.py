import csv
import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def predict_one(weights, row):
    return sigmoid(sum(w * v for w, v in zip(weights, row)))


def train(rows, labels, rounds=50, rate=0.1):
    weights = [0.0] * len(rows[0])
    for _ in range(rounds):
        for row, label in zip(rows, labels):
            error = label - predict_one(weights, row)
            weights = [w + rate * error * v for w, v in zip(weights, row)]
    return weights


def classify_all(weights, rows):
    return [int(predict_one(weights, row) > 0.5) for row in rows]


with open("houses.csv") as f:
    records = list(csv.DictReader(f))
rows = [[1.0, float(r["size"]) / 100, float(r["rooms"])] for r in records]
labels = [int(float(r["price"]) > 150) for r in records]
weights = train(rows, labels)
classes = classify_all(weights, rows)
hits = sum(c == l for c, l in zip(classes, labels))
print("hits", hits, "of", len(labels))
print(["%.6f" % w for w in weights])
