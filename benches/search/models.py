"""Real models to tune: the project's own components on its own data sets, by cross-validation. Small is good; the least that can be had is not known.

The seed of a function decides the folds. No algorithm was tuned on these.
"""

import atexit
import functools
import json
import os
import pathlib
import subprocess
import tempfile

from function import Function, number

PIPE = os.environ.get("PIPE") or pathlib.Path(__file__).parents[2] / "target/release/examples/pipe"


class Components:
    """A process that runs one component after the other."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen([PIPE, self.folder.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(self.end)

    def run(self, uses, **given):
        self.process.stdin.write(json.dumps({"uses": uses, "with": given}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()


@functools.cache
def prepared(dataset):
    """Components that have preprocessed a data set."""
    components = Components()
    components.run("preprocess", dataset=dataset, scale="standard", test_fraction=0.2)
    return components


def tuned(dataset, metric, parameters, **given):
    """A model's mean loss over five folds, by its hyperparameters."""

    def make(seed):
        def value(configuration):
            data = pathlib.Path(prepared(dataset).folder.name) / "train"
            chosen = {name: value for name, value in configuration.items() if is_active(name, parameters, configuration)}
            found = prepared(dataset).run("cross_validate", data=str(data), metrics=[metric], seed=seed, **given, **chosen)
            return found[f"{metric}_mean"]

        return Function(parameters, value)

    return make


def is_active(name, parameters, configuration):
    """Peers that know nothing of conditions give all parameters."""
    when = next(it.get("when", {}) for it in parameters if it["name"] == name)
    return all(configuration[parent] in values for parent, values in when.items())


def of(model, parameters):
    """These parameters, only for one of the models."""
    return [parameter | {"when": {"model": [model]}} for parameter in parameters]


def models(*names):
    return {"name": "model", "type": "categorical", "values": list(names)}


FOREST = [
    number("int", "max_depth", 1, 16),
    number("int", "min_samples_leaf", 1, 40, scale="log"),
    number("float", "max_features", 0.1, 1.0),
]

BOOSTING = [
    number("float", "learning_rate", 0.01, 1.0, scale="log"),
    number("float", "min_child_weight", 0.1, 50.0, scale="log"),
    number("float", "reg_lambda", 0.001, 100.0, scale="log"),
    number("float", "subsample", 0.3, 1.0),
    number("float", "colsample_bytree", 0.2, 1.0),
]

MODELS = {
    "iris, svm": tuned(
        "iris",
        "log_loss",
        [number("float", "C", 0.001, 1000.0, scale="log"), number("float", "gamma", 0.0001, 10.0, scale="log")],
        model="svm",
        kernel="rbf",
    ),
    "iris, forest or boosting": tuned(
        "iris",
        "log_loss",
        [models("random_forest", "gradient_boosting"), number("int", "n_estimators", 2, 60, scale="log")]
        + of("random_forest", FOREST)
        + of("gradient_boosting", BOOSTING[:3]),
    ),
    "diabetes, boosting": tuned(
        "diabetes",
        "rmse",
        [number("int", "n_estimators", 5, 100, scale="log"), number("int", "max_leaf_nodes", 2, 16), *BOOSTING],
        model="gradient_boosting",
    ),
    "diabetes, three models": tuned(
        "diabetes",
        "rmse",
        [models("elastic_net", "random_forest", "gradient_boosting")]
        + of("elastic_net", [number("float", "alpha", 0.0001, 10.0, scale="log"), number("float", "l1_ratio", 0.0, 1.0)])
        + of("random_forest", FOREST)
        + of("gradient_boosting", BOOSTING)
        + [number("int", "n_estimators", 5, 60, scale="log", when={"model": ["random_forest", "gradient_boosting"]})],
    ),
    "wine, boosting": tuned(
        "winequality",
        "rmse",
        [number("int", "n_estimators", 5, 80, scale="log"), number("int", "max_leaf_nodes", 2, 32), *BOOSTING],
        model="gradient_boosting",
        task="regression",
    ),
}
