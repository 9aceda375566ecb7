#!/usr/bin/env python3
"""Compares the algorithms of `tune` with those of Optuna: same functions, seeds and budgets.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install optuna cmaes
    cargo build --release -p tune-algorithms --example ask_tell
    /tmp/venv/bin/python benches/search/compare.py --functions judged --seeds 10

Prints Markdown: for each function the mean of the best value found, and for each algorithm its average rank with a 95 % bootstrap interval. The
seed of a function moves its optimum; the same number seeds the algorithm. An algorithm is `optuna:NAME` or `tune:NAME[,setting=value…]`.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess

import functions

BINARY = os.environ.get("ASK_TELL") or pathlib.Path(__file__).parents[2] / "target/release/examples/ask_tell"


class Tune:
    """Asks and tells a process that does nothing but suggest."""

    def __init__(self, name, function, seed):
        name, *settings = name.split(",")
        settings = {key: json.loads(value) for key, value in (setting.split("=") for setting in settings)}
        self.process = subprocess.Popen([BINARY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.send({"algorithm": name, "settings": settings, "seed": seed, "parameters": function.parameters})

    def send(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def minimize(self, value, budget, parallel):
        for first in range(0, budget, parallel):
            self.send({"ask": min(parallel, budget - first)})
            for number, configuration in enumerate(json.loads(self.process.stdout.readline()), first):
                self.send({"tell": number, "value": value(configuration)})
        self.process.stdin.close()
        self.process.wait()


class Optuna:
    def __init__(self, name, function, seed):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        samplers = {
            "tpe": lambda: optuna.samplers.TPESampler(seed=seed),
            "tpe-grouped": lambda: optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True),
            "gp": lambda: optuna.samplers.GPSampler(seed=seed),
            "cmaes": lambda: optuna.samplers.CmaEsSampler(seed=seed),
            "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        }
        self.study = optuna.create_study(sampler=samplers[name]())
        self.parameters = function.parameters

    def minimize(self, value, budget, parallel):
        for first in range(0, budget, parallel):
            trials = [self.study.ask() for _ in range(min(parallel, budget - first))]
            configurations = [suggest(trial, self.parameters) for trial in trials]
            for trial, configuration in zip(trials, configurations):
                self.study.tell(trial, value(configuration))


def suggest(trial, parameters):
    """Asks Optuna for each active parameter, parents first."""
    configuration = {}
    for p in parameters:
        if any(configuration.get(parent) not in accepted for parent, accepted in p.get("when", {}).items()):
            continue
        kind, name, log = p["type"], p["name"], p.get("scale") == "log"
        if kind == "float":
            configuration[name] = trial.suggest_float(name, p["min"], p["max"], log=log, step=p.get("step"))
        elif kind == "int":
            configuration[name] = trial.suggest_int(name, p["min"], p["max"], log=log, step=p.get("step", 1))
        else:
            configuration[name] = trial.suggest_categorical(name, p.get("values", [False, True]))
    return configuration


def best_found(algorithm, make, seed, budget, parallel):
    """The best true value among `budget` evaluations, so many of which run at a time."""
    system, name = algorithm.split(":", 1)
    function = make(seed)
    found = []

    def value(configuration):
        found.append(function.truth(configuration))
        return function.value(configuration)

    {"tune": Tune, "optuna": Optuna}[system](name, function, seed).minimize(value, budget, parallel)
    return min(found)


def ranks(values):
    """1 for the smallest; equals share their mean rank."""
    return [sum(other < value for other in values) + (1 + sum(other == value for other in values)) / 2 for value in values]


def rank_interval(per_function, source):
    """The mean over functions of the mean over seeds, and the middle 95 % of its bootstrap over functions and seeds."""
    mean = lambda sample: statistics.mean(statistics.mean(seeds) for seeds in sample)
    resampled = sorted(
        mean([source.choices(seeds, k=len(seeds)) for seeds in source.choices(per_function, k=len(per_function))])
        for _ in range(2000)
    )
    return mean(per_function), resampled[50], resampled[1949]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--functions", default="judged", help="judged, tuned, or names separated by commas")
    parser.add_argument("--algorithms", nargs="+", default=["tune:random", "tune:tpe", "optuna:tpe", "optuna:cmaes"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--parallel", type=int, default=1, help="how many evaluations are asked for, and then told, together")
    parser.add_argument("--cache", type=pathlib.Path, help="a file that keeps what has been found, for the next time")
    options = parser.parse_args()
    everything = functions.TUNED | functions.JUDGED
    chosen = {"tuned": functions.TUNED, "judged": functions.JUDGED}.get(options.functions)
    chosen = chosen or {name: everything[name] for name in options.functions.split(",")}

    known = json.loads(options.cache.read_text()) if options.cache and options.cache.exists() else {}

    def found(algorithm, name, seed):
        key = f"{algorithm} | {name} | {seed} | {options.budget} | {options.parallel}"
        if key not in known:
            known[key] = best_found(algorithm, chosen[name], seed, options.budget, options.parallel)
        return known[key]

    print("| function |" + "".join(f" {algorithm} |" for algorithm in options.algorithms))
    print("|---|" + "---|" * len(options.algorithms))
    all_ranks = {algorithm: [] for algorithm in options.algorithms}
    for name in chosen:
        table = [[found(algorithm, name, seed) for seed in range(1, options.seeds + 1)] for algorithm in options.algorithms]
        print(f"| {name} |" + "".join(f" {statistics.mean(row):.4g} |" for row in table), flush=True)
        per_seed = [ranks(column) for column in zip(*table)]
        for index, algorithm in enumerate(options.algorithms):
            all_ranks[algorithm].append([one[index] for one in per_seed])
        if options.cache:
            options.cache.write_text(json.dumps(known))
    cells = []
    for algorithm in options.algorithms:
        mean, low, high = rank_interval(all_ranks[algorithm], random.Random(0))
        cells.append(f" {mean:.2f} ({low:.2f} to {high:.2f}) |")
    print("| **average rank** |" + "".join(cells))


if __name__ == "__main__":
    main()
