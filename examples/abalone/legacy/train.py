# makes model/rings_gbr.pkl. Run once, then only when there is new data
# keep the cleaning and the features the same as in abalone.py !!

import pickle

import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

cols = ["sex", "length", "diameter", "height", "whole_weight",
        "shucked_weight", "viscera_weight", "shell_weight", "rings"]
df = pd.read_csv("data/abalone.data", names=cols)
df = df[(df.height > 0) & (df.height < 0.5)]

df = pd.get_dummies(df, columns=["sex"])
df["volume"] = df["length"] * df["diameter"] * df["height"]
df["density"] = df["whole_weight"] / df["volume"]
df["meat_ratio"] = df["shucked_weight"] / df["whole_weight"]
df["shell_ratio"] = df["shell_weight"] / df["whole_weight"]

feats = ["length", "diameter", "height", "whole_weight", "shucked_weight",
         "viscera_weight", "shell_weight", "sex_F", "sex_I", "sex_M",
         "volume", "density", "meat_ratio", "shell_ratio"]

X_train, X_test, y_train, y_test = train_test_split(df[feats], df["rings"], test_size=0.3, random_state=0)

model = GradientBoostingRegressor(n_estimators=120, max_depth=3, learning_rate=0.1, subsample=0.8, random_state=0)
model.fit(X_train, y_train)
print("train", (model.predict(X_train) - y_train).abs().mean())
print("test ", (model.predict(X_test) - y_test).abs().mean())

with open("model/rings_gbr.pkl", "wb") as f:
    pickle.dump(model, f)
