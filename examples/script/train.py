"""Logistic regression by gradient descent with momentum, in plain Python: prints its loss on held-out points after every epoch, or where it is judged."""

import json
import math
import os
import random

with open(os.environ["TUNE_PARAMS"]) as file:
    params = json.load(file)

EPOCHS = params.get("epochs", 40)
# The epochs at which trials are judged, and the last, where they are known.
RUNGS = [int(rung) for rung in os.environ.get("TUNE_RUNGS", "").split(",") if rung]

source = random.Random(4)
truth = [source.gauss(0, 1) for _ in range(8)]


def sample(count):
    """Points, and to which of two classes each belongs; one in ten is labelled wrongly."""
    points = [[source.gauss(0, 1) for _ in truth] for _ in range(count)]
    return [(x, (sum(w * v for w, v in zip(truth, x)) > 0) != (source.random() < 0.1)) for x in points]


def probability(weights, point):
    score = sum(w * v for w, v in zip(weights, point))
    return 1 / (1 + math.exp(-max(-30, min(30, score))))


training, held_out = sample(1500), sample(500)
weights, velocity = [0.0] * len(truth), [0.0] * len(truth)
for epoch in range(1, EPOCHS + 1):
    for start in range(0, len(training), params["batch_size"]):
        batch = training[start : start + params["batch_size"]]
        errors = [(probability(weights, x) - y, x) for x, y in batch]
        for k in range(len(weights)):
            gradient = sum(error * x[k] for error, x in errors) / len(batch) + params["l2"] * weights[k]
            velocity[k] = params["momentum"] * velocity[k] - params["learning_rate"] * gradient
            weights[k] += velocity[k]
    if RUNGS and epoch not in RUNGS:
        continue
    chances = [probability(weights, x) if y else 1 - probability(weights, x) for x, y in held_out]
    loss = -sum(math.log(max(chance, 1e-12)) for chance in chances) / len(chances)
    print(f"epoch={epoch} loss={loss:.5f}")
