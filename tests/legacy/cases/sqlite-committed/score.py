import sqlite3

class Line:
    def fit(self, x, y):
        mean_x = sum(x) / len(x)
        mean_y = sum(y) / len(y)
        self.slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
        self.start = mean_y - self.slope * mean_x
        return self

    def predict(self, x):
        return [self.start + self.slope * a for a in x]

connection = sqlite3.connect("houses.db")
cursor = connection.cursor()
cursor.execute("CREATE TABLE IF NOT EXISTS houses (size REAL, price REAL)")
cursor.executemany("INSERT INTO houses VALUES (?, ?)", [(50, 100), (70, 142), (80, 161)])
connection.commit()
rows = cursor.execute("SELECT size, price FROM houses ORDER BY size").fetchall()
sizes = [r[0] for r in rows]
prices = [r[1] for r in rows]
model = Line()
model.fit(sizes, prices)
predicted = model.predict(sizes)
cursor.execute("CREATE TABLE predicted (price REAL)")
cursor.executemany("INSERT INTO predicted VALUES (?)", [(round(p, 3),) for p in predicted])
connection.commit()
print(cursor.execute("SELECT count(*) FROM predicted").fetchone())
connection.close()
