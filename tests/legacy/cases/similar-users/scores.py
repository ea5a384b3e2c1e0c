def similarity(one, other):
    shared = [film for film in one if film in other]
    distance = sum((one[film] - other[film]) ** 2 for film in shared)
    return 1 / (1 + distance**0.5) if shared else 0.0
