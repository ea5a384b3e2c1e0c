import csv

NOTES = {}


def note(key, value):
    NOTES[key] = value


def read(path):
    with open(path) as f:
        rows = list(csv.DictReader(f))
    note("rows", rows)
    return [float(r["size"]) for r in rows], [float(r["price"]) for r in rows]
