"""What is compared: each system asks for configurations and is told values, through the same two methods.

An algorithm is `SYSTEM:NAME[,setting=value…]`: `tune` and the Rust crate `optimizer` are processes behind a pipe, `optuna` and `rustuna` are Python packages.
"""

import json
import os
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
ASK_TELL = os.environ.get("ASK_TELL") or HERE.parents[1] / "target/release/examples/ask_tell"

MANIFEST = """[package]
name = "peer"
version = "0.0.0"
edition = "2024"

[dependencies]
optimizer = { version = "=1.0.1", features = ["cma-es", "gp"] }
serde_json = "1"

[workspace]
"""


def start(name, function, seed):
    """A new search for the minimum of a function."""
    system, name = name.split(":", 1)
    return {"tune": tune, "optimizer": optimizer, "optuna": Optuna, "rustuna": Rustuna}[system](name, function, seed)


class Piped:
    """Asks and tells a process that does nothing but suggest."""

    def __init__(self, binary, name, function, seed):
        name, *settings = name.split(",")
        settings = {key: json.loads(value) for key, value in (setting.split("=") for setting in settings)}
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.send({"algorithm": name, "settings": settings, "seed": seed, "parameters": function.parameters})

    def send(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def ask(self, count):
        self.send({"ask": count})
        return json.loads(self.process.stdout.readline())

    def tell(self, number, value):
        self.send({"tell": number, "value": value})

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def tune(name, function, seed):
    return Piped(ASK_TELL, name, function, seed)


def optimizer(name, function, seed):
    return Piped(optimizer_binary(), name, function, seed)


def optimizer_binary():
    """Builds the crate into a folder of its own, once: it is no dependency of the project."""
    folder = pathlib.Path(os.environ.get("PEER_FOLDER") or pathlib.Path(tempfile.gettempdir()) / "tune-search-peer")
    binary = folder / "target/release/peer"
    if not binary.exists():
        (folder / "src").mkdir(parents=True, exist_ok=True)
        (folder / "Cargo.toml").write_text(MANIFEST)
        (folder / "src/main.rs").write_text((HERE / "optimizer.rs").read_text())
        subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=folder, check=True)
    return binary


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
        self.trials = []

    def ask(self, count):
        trials = [self.study.ask() for _ in range(count)]
        self.trials += trials
        return [suggest(trial, self.parameters) for trial in trials]

    def tell(self, number, value):
        self.study.tell(self.trials[number], value)

    def end(self):
        pass


class Rustuna:
    def __init__(self, name, function, seed):
        import rustuna

        samplers = {"tpe": rustuna.samplers.TPESampler, "random": rustuna.samplers.RandomSampler}
        self.study = rustuna.create_study(sampler=samplers[name](seed=seed))
        self.parameters = function.parameters

    def ask(self, count):
        return [suggest(self.study.ask(), self.parameters) for _ in range(count)]

    def tell(self, number, value):
        self.study.tell(number, [value])

    def end(self):
        pass


def suggest(trial, parameters):
    """Asks Optuna, or what looks like it, for each active parameter, parents first."""
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
