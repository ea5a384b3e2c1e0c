import pandas as pd

houses = pd.read_excel("houses.xlsx", sheet_name="houses")
notes = pd.read_excel("houses.xlsx", sheet_name="notes", header=None)


class Mean:
    def fit(self, X, y):
        self.ratio = (y / X["size"]).mean()

    def predict(self, X):
        return X["size"] * self.ratio


model = Mean()
model.fit(houses, houses["price"])
houses["predicted"] = model.predict(houses).round(2)
with pd.ExcelWriter("predicted.xlsx") as writer:
    houses.to_excel(writer, sheet_name="predicted", index=False)
    notes.to_excel(writer, sheet_name="notes", index=False)
print(houses["predicted"].sum())
