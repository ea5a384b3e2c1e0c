import pandas as pd
from sklearn.cluster import KMeans

houses = pd.read_csv("houses.csv")
features = houses[["size", "rooms"]]
scaled = (features - features.mean()) / features.std()
kmeans = KMeans(n_clusters=2, random_state=0, n_init=3)
kmeans.fit(scaled)
houses["cluster"] = kmeans.labels_
houses.to_csv("clusters.csv", index=False)
print(houses.groupby("cluster")["price"].mean())
