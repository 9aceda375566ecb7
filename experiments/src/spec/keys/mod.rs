//! Every key of the experiment file, once: what it takes, its default, what it does. The checks, the JSON Schema and the
//! reference in the README are all made from these tables, so that none of them can lag behind.

mod reference;
mod schema;
mod tables;

pub use reference::reference;
pub use schema::schema;
pub(super) use tables::{
    ALGORITHM, CONVERGED, EARLY_STOPPING, EXPERIMENT, OBJECTIVE, PARAMETER, RETRIES, STEP, TYPES,
};

/// The keys of one kind of mapping.
#[derive(Debug)]
pub struct Table {
    /// Where it stands: `pipeline.STEP`; empty at the top.
    pub path: &'static str,
    /// What it is, to be said in messages: `an objective`.
    pub noun: &'static str,
    /// Its kinds, when some keys belong to some kinds only: the types of a parameter, `uses` and `run` of a step.
    pub variants: &'static [&'static str],
    /// Its keys, in the order of the documentation.
    pub keys: &'static [Key],
}

/// A key of the experiment file.
#[derive(Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it must be there, and what holds when it is not.
    pub need: Need,
    /// The variants of its table that it belongs to; empty: all.
    pub only: &'static [&'static str],
    /// One line.
    pub doc: &'static str,
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The name of an experiment.
    Name,
    /// Any text.
    Text,
    /// A whole number within bounds.
    Whole {
        /// Smallest.
        min: i128,
        /// Largest.
        max: i128,
    },
    /// A finite number that is at least `min`.
    Number {
        /// Smallest.
        min: f64,
    },
    /// `30s`, `1h30m`, or seconds; `zero` says whether it may be none at all.
    Duration {
        /// Whether 0 is allowed.
        zero: bool,
    },
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A list of scalars.
    Values,
    /// Parent parameter → value or values.
    Condition,
    /// A mapping.
    Block(&'static Table),
    /// The name of an algorithm or a mapping.
    Algorithm,
    /// The name of an algorithm.
    AlgorithmName,
    /// `none`, the name of a stopper or a mapping.
    Stopper,
    /// The name of a stopper, or `none`.
    StopperName,
    /// Settings of an algorithm or a stopper.
    Settings,
    /// Name → parameter.
    Parameters,
    /// Name → step.
    Pipeline,
    /// The name of a component.
    Component,
    /// A command: a text for the shell, or a list.
    Command,
    /// Inputs of a component.
    Inputs,
    /// The name of a step, or a list of them.
    Steps,
    /// Name → scalar.
    Environment,
    /// A list of names of environment variables.
    Variables,
    /// A list of short words.
    Tags,
    /// Name → relative path.
    Paths,
    /// A number of retries or a mapping.
    Retries,
}

/// Whether a key must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It need not; nothing takes its place.
    Optional,
    /// It need not; this (as it would be written in the file) takes its place.
    Default(&'static str),
}

impl Table {
    /// The key of that name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Key {
    /// Whether the key belongs to this variant of its table.
    pub fn belongs_to(&self, variant: &str) -> bool {
        self.only.is_empty() || self.only.contains(&variant)
    }
}

/// The tables, from the top down.
pub fn keys() -> [&'static Table; 8] {
    [
        &EXPERIMENT,
        &OBJECTIVE,
        &ALGORITHM,
        &EARLY_STOPPING,
        &CONVERGED,
        &PARAMETER,
        &STEP,
        &RETRIES,
    ]
}
