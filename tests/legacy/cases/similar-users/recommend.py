import json

from scores import similarity


def nearest(ratings, name):
    found = []
    for other in ratings:
        if other != name:
            found.append((similarity(ratings[name], ratings[other]), other))
    return sorted(found, reverse=True)


with open("ratings.json") as f:
    ratings = json.load(f)
name = "ada"
print("users like", name)
ranked = nearest(ratings, name)
print("nearest:", ranked[0][1])
for score, other in ranked:
    print("%-5s %.3f" % (other, score))
