import numpy as np
from sklearn.linear_model import Ridge

rng = np.random.default_rng(3)
X = rng.normal(size=(20, 2))
y = X[:, 0] - X[:, 1] + rng.normal(scale=0.1, size=20)
model = Ridge()
model.fit(X, y)
jitter = rng.normal(scale=0.01, size=X.shape)
scores = model.predict(X + jitter)
picked = rng.choice(20, 5, replace=False)
print(sorted(picked.tolist()))
print(scores[picked].round(5))
