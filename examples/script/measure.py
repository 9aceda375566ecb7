"""Prints the mean squared error of a fitted curve on the points that it was not fitted to; standard library only."""

import argparse
import csv
import json

parser = argparse.ArgumentParser()
parser.add_argument("--curve", required=True)
parser.add_argument("--points", required=True)
parser.add_argument("--expect", type=int, required=True)
options = parser.parse_args()

with open(options.curve) as file:
    coefficients = json.load(file)
with open(options.points) as file:
    points = [(float(x), float(y)) for x, y in csv.reader(file)]
assert len(points) == options.expect, f"{len(points)} points instead of {options.expect}"

errors = [(sum(c * x**i for i, c in enumerate(coefficients)) - y) ** 2 for x, y in points[1::2]]
print(f"loss={sum(errors) / len(errors):.6g}")
