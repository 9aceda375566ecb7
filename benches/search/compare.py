#!/usr/bin/env python3
"""Compares the algorithms of `tune` with those of Optuna, Rustuna and the crate `optimizer`: same functions, seeds and budgets.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install optuna==5.0.0 cmaes rustuna==0.2.0 coco-experiment==2.8.2 scipy torch
    cargo build --release -p tune-algorithms --example ask_tell
    /tmp/venv/bin/python benches/search/compare.py --functions judged "bbob 5" "bbob 10" --seeds 3 --page docs/search.md

Prints Markdown: for each function the mean of the best value found, and for each algorithm its average rank with a 95 % bootstrap interval; `--page FILE` writes
the same with plots (`page.py`). The seed of a function moves its optimum; the same number seeds the algorithm. An algorithm is `SYSTEM:NAME[,setting=value…]`
(`peers.py`), functions are those of `functions.py`, by group or by name. What has been found is kept in a file, so that a run can be stopped and goes on where it was.
"""

import argparse
import json
import pathlib
import random
import statistics
import time

import functions
import page
import peers

ALGORITHMS = [
    "tune:auto", "tune:gp", "tune:tpe", "tune:cmaes", "tune:random",
    "optuna:tpe", "optuna:cmaes", "rustuna:tpe", "optimizer:tpe", "optimizer:gp", "optimizer:cmaes",
]


def run(algorithm, make, seed, budget, parallel):
    """The true value of each of `budget` evaluations, so many of which run at a time, and milliseconds per suggestion."""
    function = make(seed)
    search = peers.start(algorithm, function, seed)
    found, times = [], []
    for first in range(0, budget, parallel):
        count = min(parallel, budget - first)
        start = time.perf_counter()
        configurations = search.ask(count)
        times.append((time.perf_counter() - start) * 1e3 / count)
        for number, configuration in enumerate(configurations, first):
            found.append(function.truth(configuration))
            search.tell(number, function.value(configuration))
    search.end()
    return found, statistics.median(times[len(times) // 2 :])


class Results:
    """What has been found, one JSON document for each run."""

    def __init__(self, path):
        self.path, self.known = path, {}
        if path and path.exists():
            for line in path.read_text().splitlines():
                self.add(json.loads(line))

    def add(self, result):
        self.known[result["algorithm"], result["function"], result["seed"], result["budget"], result["parallel"]] = result

    def get(self, algorithm, name, make, seed, options):
        key = (algorithm, name, seed, options.budget, options.parallel)
        if key not in self.known:
            if options.known_only:
                return None
            found, ms = run(algorithm, make, seed, options.budget, options.parallel)
            result = dict(zip(["algorithm", "function", "seed", "budget", "parallel"], key), ms=ms, found=found)
            self.add(result)
            if self.path:
                with self.path.open("a") as file:
                    file.write(json.dumps(result) + "\n")
        return self.known[key]


def ranks(values):
    """1 for the smallest; equals share their mean rank."""
    return [sum(other < value for other in values) + (1 + sum(other == value for other in values)) / 2 for value in values]


def interval(per_function, source):
    """The mean over functions of the mean over seeds, and the middle 95 % of its bootstrap over functions and seeds."""
    mean = lambda sample: statistics.mean(statistics.mean(seeds) for seeds in sample)
    resampled = sorted(
        mean([source.choices(seeds, k=len(seeds)) for seeds in source.choices(per_function, k=len(per_function))])
        for _ in range(2000)
    )
    return mean(per_function), resampled[50], resampled[1949]


def table(runs, algorithms):
    """Markdown of the runs by function, seed and algorithm."""
    lines = ["| function |" + "".join(f" {algorithm} |" for algorithm in algorithms), "|---|" + "---|" * len(algorithms)]
    all_ranks = [[] for _ in algorithms]
    for name, seeds in runs.items():
        best = [[min(one["found"]) for one in row] for row in seeds]
        lines.append(f"| {name} |" + "".join(f" {statistics.mean(column):.4g} |" for column in zip(*best)))
        for of, column in zip(all_ranks, zip(*map(ranks, best))):
            of.append(list(column))
    cells = [f" {mean:.2f} ({low:.2f} to {high:.2f}) |" for mean, low, high in (interval(of, random.Random(0)) for of in all_ranks)]
    lines.append("| **average rank** |" + "".join(cells))
    return lines


def collect(names, results, options):
    """The runs of all functions of a group, as far as they are complete: by function, for each seed one of each algorithm."""
    runs = {}
    for name, make in functions.chosen(names).items():
        seeds = [
            [results.get(algorithm, name, make, seed, options) for algorithm in options.algorithms]
            for seed in range(1, options.seeds + 1)
        ]
        seeds = [row for row in seeds if all(row)]
        if seeds:
            runs[name] = seeds
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--functions", nargs="+", default=["judged"], help=f"groups ({', '.join(functions.GROUPS)}) or names; each has a table of its own")
    parser.add_argument("--algorithms", nargs="+", default=ALGORITHMS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--parallel", type=int, default=1, help="how many evaluations are asked for, and then told, together")
    parser.add_argument("--results", type=pathlib.Path, help="a file that keeps what has been found, for the next time")
    parser.add_argument("--known-only", action="store_true", help="run nothing: show what the file holds")
    parser.add_argument("--page", type=pathlib.Path, help="a Markdown file for a page, with plots beside it")
    options = parser.parse_args()
    results = Results(options.results)
    groups = {}
    for name in options.functions:
        group = name if name in functions.GROUPS else "others"
        groups.setdefault(group, []).append(name)
    sections = []
    for group, names in groups.items():
        runs = collect(names, results, options)
        if runs:
            lines = table(runs, options.algorithms)
            print("\n".join([f"## {group}", "", *lines, ""]), flush=True)
            sections.append(page.Section(group, runs, lines))
    if options.page:
        page.write(options.page, sections, options)


if __name__ == "__main__":
    main()
