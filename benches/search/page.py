"""A page of what was found: tables, and plots as SVG of the best value against evaluations and of the share of targets that were reached."""

import dataclasses
import math
import re
import statistics

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, LEGEND = 640, 360, 60, 40, 30, 150
COLOURS = ["#0b6e4f", "#d1495b", "#2e4057", "#edae49", "#8d96a3", "#66a182", "#7d4f50", "#4c86a8", "#c97b2d", "#9b59b6", "#333333", "#a0c030"]

# Values over the optimum that are to be reached: 10² … 10⁻⁸, five in each power of ten.
TARGETS = [10 ** (2 - step / 5) for step in range(51)]


@dataclasses.dataclass
class Section:
    """The runs on a group of functions, by function, for each seed one of each algorithm; who these are; and their tables."""

    group: str
    runs: dict
    algorithms: list
    table: list


def write(path, sections, options):
    """The page, and the plots beside it."""
    manner = f"{options.parallel} at a time"
    if options.asynchronous:
        manner = f"{options.parallel} in flight, each told when it ends, in random order, and another asked for at once"
    lines = [
        "# Search, measured",
        "",
        f"Made by `benches/search/compare.py`: {options.budget} evaluations, {manner}. The mean of the best values found, less that of the "
        "optimum where it is known, small is good; average ranks with 95 % bootstrap intervals over functions and seeds. Milliseconds are by the clock of the one "
        "who asks, pipes included, on a machine that did other things too. `f1` to `f24` are the BBOB suite of COCO, each seed an instance; the number behind a "
        "name is that of its parameters. [What this says](../benches/search/README.md).",
    ]
    for section in sections:
        name = path.stem + "-" + re.sub("[^a-z0-9]+", "-", section.group)
        for kind, draw in (("best", best_plot), ("targets", target_plot)):
            (path.parent / f"{name}-{kind}.svg").write_text(draw(section))
        seeds = sorted({len(seeds) for seeds in section.runs.values()})
        seeds = f"{seeds[0]} seeds" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds"
        lines += ["", f"## {section.group}: {len(section.runs)} functions, {seeds}", "", *section.table, "", *speed_table(section), ""]
        lines += [f"![best value against evaluations]({name}-best.svg)", "", f"![targets reached]({name}-targets.svg)"]
    path.write_text("\n".join(lines) + "\n")


def speed_table(section):
    """Milliseconds for a suggestion, as it seems to the one who asks."""
    lines = ["| |" + "".join(f" {algorithm} |" for algorithm in section.algorithms), "|---|" + "---|" * len(section.algorithms)]
    rows = [row for seeds in section.runs.values() for row in seeds]
    medians = [statistics.median(row[index]["ms"] for row in rows) for index in range(len(section.algorithms))]
    return [*lines, "| ms per suggestion, second half |" + "".join(f" {median:.2g} |" for median in medians)]


def so_far(found):
    """The best value after each evaluation."""
    best, all_best = math.inf, []
    for value in found:
        best = min(best, value)
        all_best.append(best)
    return all_best


def curves(section, index):
    return [so_far(row[index]["found"]) for seeds in section.runs.values() for row in seeds]


def best_plot(section):
    """The geometric mean of the best value, less that of the optimum, against evaluations."""
    series = []
    for index in range(len(section.algorithms)):
        logs = [[math.log10(max(value, 1e-12)) for value in curve] for curve in curves(section, index)]
        series.append([statistics.mean(column) for column in zip(*logs)])
    return plot(f"{section.group}: best value, geometric mean", series, section.algorithms, lambda value: f"10^{value:.1f}")


def target_plot(section):
    """The share of pairs of run and target that were reached, against evaluations."""
    series = []
    for index in range(len(section.algorithms)):
        columns = zip(*curves(section, index))
        series.append([statistics.mean(sum(value <= target for target in TARGETS) / len(TARGETS) for value in column) for column in columns])
    return plot(f"{section.group}: share of targets 10^2 to 10^-8 that are reached", series, section.algorithms, lambda value: f"{value:.0%}")


def plot(title, series, names, label):
    """Lines over the number of evaluations."""
    values = [value for line in series for value in line]
    low, high, count = min(values), max(values), len(series[0])
    span = (high - low) or 1.0
    right = WIDTH - LEGEND
    x = lambda index: LEFT + (right - LEFT) * index / max(count - 1, 1)
    y = lambda value: HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - low) / span
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="18" font-size="13">{title}</text>',
    ]
    for step in range(5):
        value = low + span * step / 4
        parts.append(f'<line x1="{LEFT}" x2="{right}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{label(value)}</text>')
        index = round((count - 1) * step / 4)
        parts.append(f'<text x="{x(index):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{index + 1}</text>')
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">evaluations</text>')
    for index, (line, name) in enumerate(zip(series, names)):
        colour, dashes = COLOURS[index % len(COLOURS)], "" if name.startswith("tune:") else ' stroke-dasharray="5 3"'
        points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in enumerate(line))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"{dashes}/>')
        height = TOP + 16 * (index + 1)
        parts.append(f'<line x1="{right + 8}" x2="{right + 28}" y1="{height - 4}" y2="{height - 4}" stroke="{colour}" stroke-width="2"{dashes}/>')
        parts.append(f'<text x="{right + 33}" y="{height}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
