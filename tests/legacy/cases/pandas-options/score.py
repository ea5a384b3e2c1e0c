import pandas as pd


def prepare():
    pd.set_option("display.precision", 2)
    pd.set_option("display.width", 200)
    return pd.read_csv("houses.csv")


class Mean:
    def fit(self, X, y):
        self.ratio = (y / X["size"]).mean()
        return self

    def predict(self, X):
        return X["size"] * self.ratio


houses = prepare()
model = Mean()
model.fit(houses, houses["price"])
houses["predicted"] = model.predict(houses)
houses["error"] = houses["predicted"] - houses["price"]
print(houses)
