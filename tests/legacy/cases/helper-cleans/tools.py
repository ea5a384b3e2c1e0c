def cap(rows, most):
    for row in rows:
        if row[0] > most:
            row[0] = most
