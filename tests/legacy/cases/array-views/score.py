import numpy as np
from sklearn.linear_model import LinearRegression

table = np.loadtxt("houses.csv", delimiter=",", skiprows=1)
sizes = table[:, 0]
rooms = table[:, 1:2]
model = LinearRegression().fit(rooms, table[:, 2])
predicted = model.predict(rooms)
sizes *= 10
print(table[:, 0].tolist())
np.savetxt("scaled.csv", table, fmt="%.3f", delimiter=",")
print(predicted.round(3).tolist())
