# Age of abalone from shell measurements, for the stock report
#
# run it in this folder:   python abalone.py
# wants   data/abalone.data      (UCI, no header)
#         model/rings_gbr.pkl    (train.py)
# leaves  abalone_age.csv and abalone_age.png here

import pickle
import warnings

import matplotlib
matplotlib.use("Agg")    # no display on the lab machine
import matplotlib.pyplot as plt
import pandas as pd

warnings.filterwarnings("ignore")

DATA = "data/abalone.data"
MODEL = "model/rings_gbr.pkl"

# ---- read -------------------------------------------------------------
cols = ["sex", "length", "diameter", "height", "whole_weight",
        "shucked_weight", "viscera_weight", "shell_weight", "rings"]
df = pd.read_csv(DATA, names=cols)
df["row"] = df.index + 1    # line in the file, so that we find the animal again
n0 = len(df)
print(n0, "animals")

# ---- clean ------------------------------------------------------------
# two have height 0, and two are over 10 cm high (typos? values are mm / 200)
df = df[(df.height > 0) & (df.height < 0.5)]
print("dropped", n0 - len(df), "with impossible height")

# the parts can't weigh more than the whole. lost water when they cut it open?
# keep them but mark them
df["suspect"] = df.shucked_weight + df.viscera_weight + df.shell_weight > df.whole_weight
print(df.suspect.sum(), "suspect weights")

# ---- features ---------------------------------------------------------
df = pd.get_dummies(df, columns=["sex"])     # sex_F sex_I sex_M
df["volume"] = df["length"] * df["diameter"] * df["height"]
df["density"] = df["whole_weight"] / df["volume"]
df["meat_ratio"] = df["shucked_weight"] / df["whole_weight"]
df["shell_ratio"] = df["shell_weight"] / df["whole_weight"]
#df["log_weight"] = np.log(df["whole_weight"])    # no better

feats = ["length", "diameter", "height", "whole_weight", "shucked_weight",
         "viscera_weight", "shell_weight", "sex_F", "sex_I", "sex_M",
         "volume", "density", "meat_ratio", "shell_ratio"]    # same order as train.py !!

# ---- predict ----------------------------------------------------------
with open(MODEL, "rb") as f:
    model = pickle.load(f)

df["predicted_rings"] = model.predict(df[feats])
df["age"] = (df["predicted_rings"] + 1.5).round(1)     # rings + 1.5 = years

df["age_group"] = "adult"
df.loc[df.age < 9, "age_group"] = "young"
df.loc[df.age >= 13, "age_group"] = "old"

# ---- output -----------------------------------------------------------
# get_dummies ate the sex column, get it back
df["sex"] = "I"
df.loc[df.sex_F, "sex"] = "F"
df.loc[df.sex_M, "sex"] = "M"

out = df[["row", "sex", "suspect", "rings", "predicted_rings", "age", "age_group"]]
out.to_csv("abalone_age.csv", index=False)

fig, ax = plt.subplots(figsize=(6, 6))
for s, c in [("F", "tab:red"), ("I", "tab:gray"), ("M", "tab:blue")]:
    d = out[out.sex == s]
    ax.scatter(d.rings + 1.5, d.age, s=6, c=c, alpha=0.4, label=s)
ax.plot([0, 30], [0, 30], "k--", lw=1)
ax.set_xlabel("age counted (years)")
ax.set_ylabel("age predicted (years)")
ax.legend(title="sex")
fig.tight_layout()
fig.savefig("abalone_age.png", dpi=120)

# ---- summary for the report ---------------------------------------------
print()
print(out.groupby("sex").age.agg(["count", "mean", "min", "max"]).round(1))
print()
print(out.age_group.value_counts())
print()
print("mean error %.2f years" % (out.predicted_rings - out.rings).abs().mean())
