import pandas as pd

houses = pd.read_csv("houses.csv")
table = houses
copy = houses.copy()


class Mean:
    def fit(self, X, y):
        self.value = (y / X).mean()

    def predict(self, X):
        return X * self.value


model = Mean()
model.fit(table["size"], table["price"])
predicted = model.predict(table["size"])
houses["predicted"] = predicted.round(2)
print(list(table.columns))
print(list(copy.columns), table is houses)
table.to_csv("predicted.csv", index=False)
