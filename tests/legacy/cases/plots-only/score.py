import matplotlib.pyplot as plt
import numpy as np

data = np.loadtxt("houses.csv", delimiter=",", skiprows=1)
x, y = data[:, 0], data[:, 2]


class Line:
    def fit(self, x, y):
        self.coefficients = np.polyfit(x, y, 1)

    def predict(self, x):
        return np.polyval(self.coefficients, x)


model = Line()
model.fit(x, y)
fitted = model.predict(x)
plt.scatter(x, y)
plt.plot(x, fitted, color="red")
plt.show()
plt.figure()
plt.hist(y - fitted)
plt.title("errors")
plt.show()
