"""Fits a polynomial by ridge regression to every second point; standard library only."""

import csv
import json
import os
import sys


def solve(matrix, right):
    """Gaussian elimination with partial pivoting."""
    size = len(right)
    rows = [row[:] + [value] for row, value in zip(matrix, right)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(column + 1, size):
            factor = rows[row][column] / rows[column][column]
            rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column])]
    solution = [0.0] * size
    for row in reversed(range(size)):
        known = sum(rows[row][k] * solution[k] for k in range(row + 1, size))
        solution[row] = (rows[row][size] - known) / rows[row][row]
    return solution


def main():
    with open(os.environ["TUNE_PARAMS"]) as file:
        params = json.load(file)
    with open(sys.argv[1]) as file:
        points = [(float(x), float(y)) for x, y in csv.reader(file)][::2]
    powers = range(params["degree"] + 1)
    matrix = [[sum(x ** (i + j) for x, _ in points) + (params["ridge"] if i == j else 0) for j in powers] for i in powers]
    right = [sum(y * x**i for x, y in points) for i in powers]
    with open(os.path.join(os.environ["TUNE_ARTIFACTS"], "curve.json"), "w") as file:
        json.dump(solve(matrix, right), file)


main()
