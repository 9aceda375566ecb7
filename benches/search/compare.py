#!/usr/bin/env python3
"""Compares the algorithms of `tune` with those of Optuna, Rustuna and the crate `optimizer`: same functions, seeds and budgets.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install optuna==5.0.0 cmaes rustuna==0.2.0 coco-experiment==2.8.2 scipy torch
    cargo build --release -p tune-algorithms --example ask_tell
    cargo build --release -p tune-components --example pipe
    /tmp/venv/bin/python benches/search/compare.py --functions judged "bbob 5" "bbob 10" --seeds 3 --page docs/search.md

Prints Markdown: for each function the mean of the best value found, and for each algorithm its average rank with a 95 % bootstrap interval; `--page FILE` writes
the same with plots (`page.py`). With several in flight it also says how that compares with one at a time, where the file of results knows those. The seed of a
function moves its optimum; the same number seeds the algorithm. An algorithm is `SYSTEM:NAME[,setting=value…]` (`peers.py`), functions are those of
`functions.py`, by group or by name. What has been found is kept in a file, so that a run can be stopped and goes on where it was.
"""

import argparse
import json
import math
import pathlib
import random
import statistics
import time

import functions
import page
import peers

ALGORITHMS = [
    "tune:auto", "tune:gp", "tune:tpe", "tune:cmaes", "tune:random",
    "optuna:tpe", "optuna:cmaes", "rustuna:tpe", "optimizer:tpe", "optimizer:cmaes",
]

# It ends with an error where a whole number has a log scale.
NOT_FOR_MODELS = "optimizer:cmaes"


def run(algorithm, make, seed, options):
    """What each evaluation told and its true value, in the order in which they ended, and milliseconds per suggestion."""
    function = make(seed)
    search = peers.start(algorithm, function, seed)
    luck = random.Random(seed)
    told, found, times, running, asked = [], [], [], [], 0
    while len(found) < options.budget:
        if not running or options.asynchronous:
            count = min(options.parallel - len(running), options.budget - asked)
            start = time.perf_counter()
            running += enumerate(search.ask(count) if count else [], asked)
            times += [(time.perf_counter() - start) * 1e3 / count] if count else []
            asked += count
        number, configuration = running.pop(luck.randrange(len(running)) if options.asynchronous else 0)
        told.append(function.value(configuration))
        found.append(function.truth(configuration))
        search.tell(number, told[-1])
    search.end()
    return told, found, statistics.median(times[len(times) // 2 :])


class Results:
    """What has been found, one JSON document for each run."""

    def __init__(self, path):
        self.path, self.known = path, {}
        if path and path.exists():
            for line in path.read_text().splitlines():
                self.add(json.loads(line))

    def add(self, result):
        manner = result.get("asynchronous", False)
        self.known[result["algorithm"], result["function"], result["seed"], result["budget"], result["parallel"], manner] = result

    def get(self, algorithm, name, make, seed, options):
        key = (algorithm, name, seed, options.budget, options.parallel, options.asynchronous)
        if key not in self.known:
            if options.known_only:
                return None
            told, found, ms = run(algorithm, make, seed, options)
            result = dict(zip(["algorithm", "function", "seed", "budget", "parallel", "asynchronous"], key), ms=ms, told=told, found=found)
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


def best(one):
    """The least true value of a run."""
    return min(one["found"])


def taken(one):
    """The true value of the evaluation that told the least: what its user would take."""
    return one["found"][one["told"].index(min(one["told"]))]


def table(runs, algorithms, judged=best):
    """Markdown of the runs by function, seed and algorithm."""
    lines = ["| function |" + "".join(f" {algorithm} |" for algorithm in algorithms), "|---|" + "---|" * len(algorithms)]
    for name, seeds in runs.items():
        columns = zip(*([judged(one) for one in row] for row in seeds))
        lines.append(f"| {name} |" + "".join(f" {statistics.mean(column):.4g} |" for column in columns))
    return [*lines, average_ranks("average rank", runs, judged)]


def average_ranks(name, runs, judged):
    """A row of them, with what they may be by chance."""
    by_function = [list(zip(*(ranks([judged(one) for one in row]) for row in seeds))) for seeds in runs.values()]
    cells = (interval(of, random.Random(0)) for of in zip(*by_function))
    return f"| **{name}** |" + "".join(f" {mean:.2f} ({low:.2f} to {high:.2f}) |" for mean, low, high in cells)


def at_first(runs, budget):
    """Rows of average ranks when a quarter and half of the evaluations were done."""
    for count in (budget // 4, budget // 2):
        yield average_ranks(f"after {count}", runs, lambda one: min(one["found"][:count]))


def against_one(runs, algorithms, results, options):
    """Markdown of how runs with several in flight compare with those one at a time, as far as these are known."""
    alone = argparse.Namespace(**{**vars(options), "parallel": 1, "asynchronous": False, "known_only": True})
    lines = ["| against one at a time | pairs | best values, geometric mean of the ratio | of the way, so | of the way, one at a time |", "|---|---|---|---|---|"]
    for index, algorithm in enumerate(algorithms):
        pairs = []
        for name, seeds in runs.items():
            for seed, row in enumerate(seeds, 1):
                one, first = (results.get(of, name, None, seed, alone) for of in (algorithm, "tune:random"))
                if one and first:
                    pairs.append((best(row[index]), best(one), min(first["found"][:8])))
        if pairs:
            ratio = math.exp(statistics.mean(math.log(max(so, 1e-9) / max(one, 1e-9)) for so, one, _ in pairs))
            ways = [statistics.mean(1 - pair[which] / pair[2] for pair in pairs) for which in (0, 1)]
            lines.append(f"| {algorithm} | {len(pairs)} | {ratio:.2f} | {ways[0]:.3f} | {ways[1]:.3f} |")
    return lines


def collect(names, algorithms, seeds, results, options):
    """The runs of all functions of a group, as far as they are complete: by function, for each seed one of each algorithm."""
    runs = {}
    for name, make in functions.chosen(names).items():
        rows = [[results.get(algorithm, name, make, seed, options) for algorithm in algorithms] for seed in range(1, seeds + 1)]
        rows = [row for row in rows if all(row)]
        if rows:
            runs[name] = rows
    return runs


def section(group, runs, algorithms, results, options):
    """All tables of a group."""
    lines = table(runs, algorithms)
    lines[-1:-1] = at_first(runs, options.budget)
    if group.startswith("noisy"):
        lines += ["", "The true value of the evaluation that told the least, which is the one that its user would take:", ""]
        lines += table(runs, algorithms, taken)
    if options.parallel > 1:
        lines += ["", *against_one(runs, algorithms, results, options)]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--functions", nargs="+", default=["judged"], help=f"groups ({', '.join(functions.GROUPS)}) or names; each has a table of its own")
    parser.add_argument("--algorithms", nargs="+", default=ALGORITHMS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--parallel", type=int, default=1, help="how many evaluations are asked for, and then told, together")
    parser.add_argument("--slow", nargs="+", default=[], help="algorithms that take long: they and the others have a table of their own …")
    parser.add_argument("--slow-functions", nargs="+", default=[], help="… for these functions …")
    parser.add_argument("--slow-seeds", type=int, default=3, help="… and so many seeds")
    parser.add_argument("--asynchronous", action="store_true", help="each is told when it ends, in random order, and another is asked for at once")
    parser.add_argument("--results", type=pathlib.Path, help="a file that keeps what has been found, for the next time")
    parser.add_argument("--known-only", action="store_true", help="run nothing: show what the file holds")
    parser.add_argument("--page", type=pathlib.Path, help="a Markdown file for a page, with plots beside it")
    options = parser.parse_args()
    results = Results(options.results)
    groups = {}
    for name in options.functions:
        groups.setdefault(name if name in functions.GROUPS else "others", []).append(name)
    able = [algorithm for algorithm in options.algorithms if algorithm != NOT_FOR_MODELS]
    plans = [(group, names, able if group == "models" else options.algorithms, options.seeds) for group, names in groups.items()]
    if options.slow:
        plans.append(("beside " + ", ".join(options.slow), options.slow_functions, options.algorithms + options.slow, options.slow_seeds))
    sections = []
    for group, names, algorithms, seeds in plans:
        runs = collect(names, algorithms, seeds, results, options)
        if runs:
            lines = section(group, runs, algorithms, results, options)
            print("\n".join([f"## {group}", "", *lines, ""]), flush=True)
            sections.append(page.Section(group, runs, algorithms, lines))
    if options.page:
        page.write(options.page, sections, options)


if __name__ == "__main__":
    main()
