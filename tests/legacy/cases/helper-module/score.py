import data
from line import Line

sizes, prices = data.read("houses.csv")
model = Line()
model.fit(sizes, prices)
predicted = model.predict(sizes)
data.note("predicted", predicted)
for key in sorted(data.NOTES):
    print(key, len(data.NOTES[key]))
