"""Functions to search, small is good: formulas here, real models in `models.py`.

Every optimum is shifted away from the middle, differently for each seed, and its value is 0 where that is known. Those of TUNED were looked at while the
algorithms were made, those of JUDGED were not, nor was the BBOB suite of COCO (Hansen et al. 2009; the package `coco-experiment`), of which a seed is an instance.
"""

import math
import random

from function import Function, number
from models import MODELS


def floats(count, low=-5.0, high=5.0, prefix="x", **more):
    return [number("float", f"{prefix}{i}", low, high, **more) for i in range(count)]


def shifts(seed, count, reach=2.5):
    source = random.Random(seed)
    return [source.uniform(-reach, reach) for _ in range(count)]


def shifted(dimensions, raw):
    """A function of a vector whose optimum is where the vector is 0, moved."""

    def make(seed):
        optimum = shifts(seed, dimensions)
        value = lambda c: raw([c[f"x{i}"] - optimum[i] for i in range(dimensions)])
        return Function(floats(dimensions), value)

    return make


def sphere(z):
    return sum(v * v for v in z)


def rosenbrock(z):
    x = [v + 1.0 for v in z]
    return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in zip(x, x[1:]))


def rastrigin(z):
    return sum(v * v + 10.0 - 10.0 * math.cos(2.0 * math.pi * v) for v in z)


def ellipsoid(z):
    return sum(10.0 ** (3.0 * i / (len(z) - 1)) * v * v for i, v in enumerate(z))


def rotated(raw):
    """The function after a reflection that mixes all coordinates."""

    def value(z):
        normal = [math.sin(3.0 * i + 1.0) for i in range(len(z))]
        factor = 2.0 * sum(a * b for a, b in zip(normal, z)) / sum(a * a for a in normal)
        return raw([v - factor * n for v, n in zip(z, normal)])

    return value


def ackley(z):
    root = math.sqrt(sphere(z) / len(z))
    waves = sum(math.cos(2.0 * math.pi * v) for v in z) / len(z)
    return 20.0 + math.e - 20.0 * math.exp(-0.2 * root) - math.exp(waves)


def griewank(z):
    product = math.prod(math.cos(10.0 * v / math.sqrt(i + 1)) for i, v in enumerate(z))
    return sphere(z) / 40.0 + 1.0 - product


def levy(z):
    w = [1.0 + v / 4.0 for v in z]
    middle = sum((v - 1) ** 2 * (1 + 10 * math.sin(math.pi * v + 1) ** 2) for v in w[:-1])
    return math.sin(math.pi * w[0]) ** 2 + middle + (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)


def styblinski_tang(z):
    x = [v - 2.903534 for v in z]
    return sum(39.16617 + (v**4 - 16.0 * v * v + 5.0 * v) / 2.0 for v in x)


def schwefel_absolute(z):
    return sum(abs(v) for v in z) + math.prod(abs(v) for v in z)


def stairs(z):
    return sum(math.floor(v + 0.5) ** 2 for v in z)


def hartmann6(seed):
    a = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
    p = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
         [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]
    alpha = [1.0, 1.2, 3.0, 3.2]

    def value(c):
        x = [c[f"x{i}"] for i in range(6)]
        inner = [sum(a[k][i] * (x[i] - p[k][i] * 1e-4) ** 2 for i in range(6)) for k in range(4)]
        return 3.32237 - sum(alpha[k] * math.exp(-inner[k]) for k in range(4))

    return Function(floats(6, 0.0, 1.0), value)


def branin(seed):
    def value(c):
        x, y = c["x0"], c["y0"]
        bowl = (y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2
        return bowl + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.397887

    return Function(floats(1, -5.0, 10.0) + floats(1, 0.0, 15.0, prefix="y"), value)


def noisy_sphere(seed):
    optimum, source = shifts(seed, 5), random.Random(seed + 1)
    truth = lambda c: sphere([c[f"x{i}"] - optimum[i] for i in range(5)])
    return Function(floats(5), lambda c: truth(c) + source.gauss(0, 2), truth)


def noisy(raw, dimensions, deviation):
    """A function of a vector of which each value is off by a normal number with this deviation."""
    return added(shifted(dimensions, raw), deviation)


def added(make_exact, deviation):
    """The same function, of which each value is off by a normal number with this deviation."""

    def make(seed):
        exact, source = make_exact(seed), random.Random(seed + 1)
        return Function(exact.parameters, lambda c: exact.value(c) + source.gauss(0, deviation), exact.value)

    return make


def times(make_exact, deviation, least):
    """The same function with a least value, of which each value is off by a share of it, normal with this deviation."""

    def make(seed):
        exact, source = make_exact(seed), random.Random(seed + 1)
        return Function(exact.parameters, lambda c: (least + exact.value(c)) * (1 + source.gauss(0, deviation)), exact.value)

    return make


def mixed(floating, whole, choices):
    """A bowl in floats and ints, and a right choice that matters for each categorical."""

    def make(seed):
        optimum = shifts(seed, floating + whole)
        right = random.Random(seed + 1).choices(range(4), k=choices)
        parameters = floats(floating)
        parameters += [number("int", f"k{i}", 0, 10) for i in range(whole)]
        parameters += [{"name": f"c{i}", "type": "categorical", "values": ["a", "b", "c", "d"]} for i in range(choices)]

        def value(c):
            bowl = sum((c[f"x{i}"] - optimum[i]) ** 2 for i in range(floating))
            whole_bowl = sum((c[f"k{i}"] - 5 - 2 * optimum[floating + i]) ** 2 for i in range(whole))
            wrong = sum((ord(c[f"c{i}"]) - ord("a") - right[i]) % 4 for i in range(choices))
            return bowl + whole_bowl + 3.0 * wrong

        return Function(parameters, value)

    return make


def conditional(branches, each):
    """Branches with parameters of their own; the best branch is not the one that looks best at first."""

    def make(seed):
        names = [chr(ord("a") + i) for i in range(branches)]
        optimum = shifts(seed, branches * each + 1)
        floor = [3.0 * ((i + seed) % branches) for i in range(branches)]
        parameters = [{"name": "model", "type": "categorical", "values": names}]
        for name in names:
            parameters += floats(each, prefix=name, when={"model": [name]})
        parameters += floats(1, prefix="shared")

        def value(c):
            branch = names.index(c["model"])
            bowl = sum((c[f"{c['model']}{i}"] - optimum[branch * each + i]) ** 2 for i in range(each))
            steepness = 1.0 + (branches - 1 - floor[branch] / 3.0)
            return steepness * bowl + floor[branch] + (c["shared0"] - optimum[-1]) ** 2

        return Function(parameters, value)

    return make


def bbob(number, dimensions):
    """A function of the BBOB suite, less the value at its optimum."""

    def make(seed):
        import cocoex

        problem = cocoex.BareProblem("bbob", number, dimensions, seed)
        least, names = problem.best_value(), [f"x{i}" for i in range(dimensions)]
        return Function(floats(dimensions), lambda c: problem([c[name] for name in names]) - least)

    return make


TUNED = {
    "sphere 10": shifted(10, sphere),
    "rosenbrock 10": shifted(10, rosenbrock),
    "rastrigin 5": shifted(5, rastrigin),
    "rotated ellipsoid 5": shifted(5, rotated(ellipsoid)),
    "styblinski-tang 2": shifted(2, styblinski_tang),
    "mixed 2+2+2": mixed(2, 2, 2),
    "conditional 3x4": conditional(3, 4),
    "conditional 5x2": conditional(5, 2),
}

JUDGED = {
    "sphere 2": shifted(2, sphere),
    "sphere 20": shifted(20, sphere),
    "rosenbrock 5": shifted(5, rosenbrock),
    "rosenbrock 20": shifted(20, rosenbrock),
    "ellipsoid 10": shifted(10, ellipsoid),
    "rotated ellipsoid 10": shifted(10, rotated(ellipsoid)),
    "rastrigin 10": shifted(10, rastrigin),
    "ackley 10": shifted(10, ackley),
    "rotated ackley 5": shifted(5, rotated(ackley)),
    "griewank 5": shifted(5, griewank),
    "levy 10": shifted(10, levy),
    "styblinski-tang 5": shifted(5, styblinski_tang),
    "schwefel 2.22 10": shifted(10, schwefel_absolute),
    "stairs 10": shifted(10, stairs),
    "hartmann 6": hartmann6,
    "branin": branin,
    "noisy sphere 5": noisy_sphere,
    "mixed 4+4+4": mixed(4, 4, 4),
    "mixed 1+0+6": mixed(1, 0, 6),
    "mixed 0+8+0": mixed(0, 8, 0),
    "conditional 2x8": conditional(2, 8),
    "conditional 4x3": conditional(4, 3),
    "conditional 6x1": conditional(6, 1),
}

NOISY = {
    "sphere 5, noise 10": noisy(sphere, 5, 10.0),
    "sphere 5, noise 30": noisy(sphere, 5, 30.0),
    "rosenbrock 5, noise 1000": noisy(rosenbrock, 5, 1000.0),
    "rastrigin 5, noise 20": noisy(rastrigin, 5, 20.0),
    "ackley 5, noise 2": noisy(ackley, 5, 2.0),
    "rotated ellipsoid 10, noise 300": noisy(rotated(ellipsoid), 10, 300.0),
    "sphere 5, noise 2.5": noisy(sphere, 5, 2.5),
    "sphere 2, noise 1": noisy(sphere, 2, 1.0),
    "sphere 10, noise 3": noisy(sphere, 10, 3.0),
    "rosenbrock 5, noise 50": noisy(rosenbrock, 5, 50.0),
    "rastrigin 2, noise 3": noisy(rastrigin, 2, 3.0),
    "branin, noise 3": added(branin, 3.0),
    "sphere 5, times 0.3": times(shifted(5, sphere), 0.3, 2.0),
    "rosenbrock 2, times 0.3": times(shifted(2, rosenbrock), 0.3, 5.0),
}

NOISY_JUDGED = {
    "levy 5, noise 3": noisy(levy, 5, 3.0),
    "styblinski-tang 5, noise 20": noisy(styblinski_tang, 5, 20.0),
    "schwefel 2.22 10, noise 5": noisy(schwefel_absolute, 10, 5.0),
    "ellipsoid 5, noise 300": noisy(ellipsoid, 5, 300.0),
    "rotated ackley 10, noise 1": noisy(rotated(ackley), 10, 1.0),
    "sphere 10, noise 15": noisy(sphere, 10, 15.0),
    "noisy sphere 5": noisy_sphere,
    "rosenbrock 10, noise 500": noisy(rosenbrock, 10, 500.0),
    "rosenbrock 2, noise 20": noisy(rosenbrock, 2, 20.0),
    "rastrigin 5, noise 5": noisy(rastrigin, 5, 5.0),
    "rastrigin 10, times 0.2": times(shifted(10, rastrigin), 0.2, 10.0),
    "hartmann 6, noise 0.2": added(hartmann6, 0.2),
    "branin, times 0.3": times(branin, 0.3, 2.0),
    "ellipsoid 10, times 0.3": times(shifted(10, ellipsoid), 0.3, 10.0),
    "ackley 2, noise 1": noisy(ackley, 2, 1.0),
}

BBOB = {f"bbob {d}": {f"f{number} {d}": bbob(number, d) for number in range(1, 25)} for d in (2, 5, 10, 20)}

GROUPS = {"tuned": TUNED, "judged": JUDGED, "noisy": NOISY, "noisy judged": NOISY_JUDGED, "models": MODELS, **BBOB}


def chosen(names):
    """Functions by the name of a group, or by their own."""
    everything = {name: make for group in GROUPS.values() for name, make in group.items()}
    found = {}
    for name in names:
        found |= GROUPS.get(name) or {name: everything[name]}
    return found
