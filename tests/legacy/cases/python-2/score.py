import csv

rows = list(csv.DictReader(open("houses.csv")))
model = train(rows)
for row in rows:
    print row["size"], model.predict(row)
