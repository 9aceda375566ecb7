//! The tables of keys themselves.

use super::{Key, Kind, Need, Table};
use Need::{Default, Optional, Required};

const fn key(name: &'static str, kind: Kind, need: Need, doc: &'static str) -> Key {
    Key {
        name,
        kind,
        need,
        only: &[],
        doc,
    }
}

impl Key {
    const fn only(mut self, variants: &'static [&'static str]) -> Self {
        self.only = variants;
        self
    }
}

const COUNT: Kind = Kind::Whole {
    min: 1,
    max: u32::MAX as i128,
};

/// The top of the file.
pub static EXPERIMENT: Table = Table {
    path: "",
    noun: "an experiment",
    variants: &[],
    keys: &[
        key(
            "version",
            Kind::Whole { min: 1, max: 1 },
            Default("1"),
            "version of this file format",
        ),
        key(
            "name",
            Kind::Name,
            Required,
            "unique in a store; letters, digits, `-`, `_` and `.`; at most 100 characters",
        ),
        key("description", Kind::Text, Optional, "free text"),
        key(
            "tags",
            Kind::Tags,
            Optional,
            "short words to find it by; `tune tag` changes them later",
        ),
        key(
            "objective",
            Kind::Block(&OBJECTIVE),
            Required,
            "what to strive for",
        ),
        key(
            "algorithm",
            Kind::Algorithm,
            Default("auto"),
            "who suggests configurations: a name, or a mapping with `name`, `seed` and `settings`",
        ),
        key(
            "start_from",
            Kind::Text,
            Optional,
            "name of another experiment of the store: the algorithm learns from those of its finished trials that fit, as they are at submission",
        ),
        key(
            "early_stopping",
            Kind::Stopper,
            Default("none"),
            "who stops hopeless trials: a name, or a mapping with `name` and `settings`",
        ),
        key(
            "max_trials",
            COUNT,
            Optional,
            "how many trials to run at the most",
        ),
        key(
            "parallel_trials",
            Kind::Whole {
                min: 1,
                max: 10_000,
            },
            Default("1"),
            "how many trials run at once",
        ),
        key(
            "max_failed_trials",
            COUNT,
            Optional,
            "with that many failed trials the experiment fails",
        ),
        key(
            "max_duration",
            Kind::Duration { zero: false },
            Optional,
            "how long to run at the most",
        ),
        key(
            "converged",
            Kind::Block(&CONVERGED),
            Optional,
            "end the experiment when it has stopped getting better",
        ),
        key(
            "priority",
            Kind::Whole { min: 1, max: 100 },
            Default("10"),
            "slots are shared in proportion to this when experiments compete for them",
        ),
        key(
            "lease",
            Kind::Duration { zero: false },
            Default("1h"),
            "without a pipeline: how long a trial belongs to the client that asked for it; every report and every heartbeat begins it anew",
        ),
        key(
            "max_retries",
            Kind::Whole { min: 0, max: 1000 },
            Default("1"),
            "without a pipeline: how often a trial whose lease ran out is handed out again before it has failed as lost",
        ),
        key(
            "parameters",
            Kind::Parameters,
            Required,
            "the search space: name → parameter",
        ),
        key(
            "pipeline",
            Kind::Pipeline,
            Optional,
            "what every trial runs: name → step; without one, clients ask for trials and tell how they ended",
        ),
    ],
};

/// `objective:`.
pub static OBJECTIVE: Table = Table {
    path: "objective",
    noun: "an objective",
    variants: &[],
    keys: &[
        key(
            "metric",
            Kind::Text,
            Required,
            "name of the metric, as the steps report it",
        ),
        key(
            "goal",
            Kind::Word(&["maximize", "minimize"]),
            Required,
            "whether large or small values are good",
        ),
        key(
            "target",
            Kind::Number {
                min: f64::NEG_INFINITY,
            },
            Optional,
            "end the experiment when a trial is at least as good",
        ),
        key(
            "strategy",
            Kind::Word(&["last", "best", "mean"]),
            Default("last"),
            "which of the values a trial reports is its value",
        ),
    ],
};

/// `algorithm:` as a mapping.
pub static ALGORITHM: Table = Table {
    path: "algorithm",
    noun: "an algorithm",
    variants: &[],
    keys: &[
        key(
            "name",
            Kind::AlgorithmName,
            Default("auto"),
            "name of the algorithm",
        ),
        key(
            "seed",
            Kind::Whole {
                min: 0,
                max: u64::MAX as i128,
            },
            Default("0"),
            "where all its randomness comes from: same seed, same search",
        ),
        key(
            "settings",
            Kind::Settings,
            Optional,
            "the algorithm's own settings",
        ),
    ],
};

/// `early_stopping:` as a mapping.
pub static EARLY_STOPPING: Table = Table {
    path: "early_stopping",
    noun: "early stopping",
    variants: &[],
    keys: &[
        key(
            "name",
            Kind::StopperName,
            Required,
            "name of the rule, or `none`",
        ),
        key(
            "settings",
            Kind::Settings,
            Optional,
            "the rule's own settings",
        ),
    ],
};

/// `converged:`.
pub static CONVERGED: Table = Table {
    path: "converged",
    noun: "the end of a search that has come to a stand",
    variants: &[],
    keys: &[
        key(
            "stagnation",
            COUNT,
            Optional,
            "end after so many trials without an improvement; those that failed do not count",
        ),
        key(
            "min_improvement",
            Kind::Number { min: 0.0 },
            Default("0"),
            "what is not better by more than this is no improvement",
        ),
        key(
            "expected_improvement",
            Kind::Number { min: 0.0 },
            Optional,
            "end when the algorithm (`auto` or `gp`) expects the next trial to improve on the best by less than this, on average",
        ),
        key(
            "regret",
            Kind::Number { min: 0.0 },
            Optional,
            "end when the best is worse than the best there is by less than this, as far as the algorithm (`auto` or `gp`) knows: its bound holds nine times in ten",
        ),
    ],
};

/// The types of a parameter.
pub const TYPES: &[&str] = &["float", "int", "ordinal", "categorical", "bool"];

/// A parameter.
pub static PARAMETER: Table = Table {
    path: "parameters.NAME",
    noun: "a parameter",
    variants: TYPES,
    keys: &[
        key(
            "type",
            Kind::Word(TYPES),
            Required,
            "what kind of values it takes",
        ),
        key(
            "min",
            Kind::Number {
                min: f64::NEG_INFINITY,
            },
            Required,
            "smallest value",
        )
        .only(&["float", "int"]),
        key(
            "max",
            Kind::Number {
                min: f64::NEG_INFINITY,
            },
            Required,
            "largest value",
        )
        .only(&["float", "int"]),
        key(
            "scale",
            Kind::Word(&["linear", "log"]),
            Default("linear"),
            "spread values evenly, or evenly in the logarithm",
        )
        .only(&["float", "int"]),
        key(
            "step",
            Kind::Number { min: 0.0 },
            Optional,
            "only values that are whole steps above `min`",
        )
        .only(&["float", "int"]),
        key(
            "points",
            Kind::Whole {
                min: 2,
                max: 1_000_000,
            },
            Optional,
            "how many values the algorithm `grid` takes from the range",
        )
        .only(&["float", "int"]),
        key(
            "values",
            Kind::Values,
            Required,
            "the values; of an `ordinal` parameter in their order",
        )
        .only(&["ordinal", "categorical"]),
        key(
            "when",
            Kind::Condition,
            Optional,
            "other parameter → value or list of values: active only then",
        ),
    ],
};

/// A step of the pipeline.
pub static STEP: Table = Table {
    path: "pipeline.NAME",
    noun: "a step",
    variants: &["uses", "run"],
    keys: &[
        key(
            "uses",
            Kind::Component,
            Required,
            "name of the component to run",
        )
        .only(&["uses"]),
        key(
            "run",
            Kind::Command,
            Required,
            "command to run: a text for the shell, or a list that no shell sees",
        )
        .only(&["run"]),
        key(
            "needs",
            Kind::Steps,
            Optional,
            "steps that come first, beside those that references name",
        ),
        key(
            "with",
            Kind::Inputs,
            Optional,
            "inputs of the component; texts may hold `${{ … }}`",
        )
        .only(&["uses"]),
        key(
            "env",
            Kind::Environment,
            Optional,
            "environment variables; texts may hold `${{ … }}`",
        ),
        key(
            "secrets",
            Kind::Variables,
            Optional,
            "variables of the program's own environment that the step gets too; masked in what it prints, never stored",
        ),
        key(
            "artifacts",
            Kind::Paths,
            Optional,
            "files and directories for later steps: name → path below `$TUNE_ARTIFACTS`",
        )
        .only(&["run"]),
        key(
            "timeout",
            Kind::Duration { zero: false },
            Optional,
            "how long one attempt may take",
        ),
        key(
            "retries",
            Kind::Retries,
            Default("0"),
            "what happens when an attempt fails: a number of further attempts, or a mapping",
        ),
        key(
            "working_directory",
            Kind::Text,
            Optional,
            "where it runs, relative to the experiment file; may hold `${{ … }}`",
        )
        .only(&["run"]),
    ],
};

/// `retries:` as a mapping.
pub static RETRIES: Table = Table {
    path: "pipeline.NAME.retries",
    noun: "retries",
    variants: &[],
    keys: &[
        key(
            "max",
            Kind::Whole { min: 0, max: 1000 },
            Default("0"),
            "how many further attempts",
        ),
        key(
            "delay",
            Kind::Duration { zero: true },
            Default("1s"),
            "pause before the second attempt",
        ),
        key(
            "backoff",
            Kind::Number { min: 1.0 },
            Default("2"),
            "each further pause is this many times longer",
        ),
    ],
};
