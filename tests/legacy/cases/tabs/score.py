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


def main():
  # what a block ends with
  with open("houses.csv") as f:
  	rows = list(csv.DictReader(f))
  sizes = []
  prices = []
  for row in rows:
  	# both are numbers
  	sizes.append(float(row["size"]))
  	prices.append(float(row["price"]))
  	# and that is all
  model = Line()
  model.fit(sizes, prices)
  predicted = model.predict(sizes)
  for size, price in zip(sizes, predicted):
  	if price > 150:
  		print(size, "%.2f" % price)
  	else:
  		print(size, "-")
  # the end


if __name__ == "__main__":
  main()
