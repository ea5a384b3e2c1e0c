import random
import numpy as np

random.seed(7)
np.random.seed(7)
X = np.random.rand(30, 2)
y = X @ np.array([2.0, -1.0]) + np.random.normal(0, 0.1, 30)
order = list(range(30))
random.shuffle(order)


class Forest:
    def fit(self, X, y):
        picks = [np.random.randint(0, len(X), len(X)) for _ in range(5)]
        self.weights = [np.linalg.lstsq(X[p], y[p], rcond=None)[0] for p in picks]
        return self

    def predict(self, X):
        return np.mean([X @ w for w in self.weights], axis=0)


model = Forest()
model.fit(X[order[:20]], y[order[:20]])
noise = np.random.rand(10)
predicted = model.predict(X[order[20:]]) + noise
print("drawn after:", np.random.rand(3).round(6), random.random())
np.savetxt("predicted.txt", predicted)
