from houses import Line, tables
from houses.tables import column

rows = tables.read("houses.csv")
sizes = column(rows, "size")
prices = column(rows, "price")
model = Line().fit(sizes, prices)
predicted = model.predict(sizes)
worst = max(abs(p - q) for p, q in zip(predicted, prices))
print("worst %.5f" % worst)
tables.write("predicted.txt", predicted)
