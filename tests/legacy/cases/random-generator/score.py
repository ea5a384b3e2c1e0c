import numpy as np


class Plane:
    def fit(self, X, y):
        self.weights = np.linalg.lstsq(X, y, rcond=None)[0]

    def predict(self, X):
        return X @ self.weights


rng = np.random.default_rng(3)
X = rng.normal(size=(20, 2))
y = X[:, 0] - X[:, 1] + rng.normal(scale=0.1, size=20)
model = Plane()
model.fit(X, y)
jitter = rng.normal(scale=0.01, size=X.shape)
scores = model.predict(X + jitter)
picked = rng.choice(20, 5, replace=False)
print(sorted(picked.tolist()))
print(scores[picked].round(5))
