import pandas as pd


class Mean:
    def fit(self, X, y):
        self.value = (y / X).mean()
        return self

    def predict(self, X):
        return X * self.value


houses = pd.read_csv("houses.csv")
houses["large"] = houses["size"] > 75
results = []
for large, group in houses.groupby("large"):
    print("group", large, len(group))
    model = Mean().fit(group["size"], group["price"])
    predicted = model.predict(group["size"])
    print(predicted.round(2).tolist())
    results.append(group.assign(predicted=predicted.round(2)))
table = pd.concat(results).sort_index()
print(table.to_string())
table.to_csv("predicted.csv")
