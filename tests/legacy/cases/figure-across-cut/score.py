import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

x = np.arange(10.0)
y = 3 * x + 1
fig, ax = plt.subplots()
ax.scatter(x, y, label="seen")


class Line:
    def fit(self, x, y):
        self.coefficients = np.polyfit(x, y, 1)

    def predict(self, x):
        return np.polyval(self.coefficients, x)


model = Line()
model.fit(x, y)
fitted = model.predict(x)
ax.plot(x, fitted, label="fitted")
plt.plot(x, fitted + 5)
ax.legend()
fig.savefig("fit.png")
print("lines:", len(ax.lines))
