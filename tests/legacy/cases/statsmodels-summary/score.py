import pandas as pd
import statsmodels.api as sm

houses = pd.read_csv("houses.csv")
X = sm.add_constant(houses[["size"]])
result = sm.OLS(houses["price"], X).fit()
print(result.summary())
houses["predicted"] = result.predict(X)
houses["residual"] = houses["price"] - houses["predicted"]
print(houses.round(4).to_string())
