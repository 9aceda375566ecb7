//! The inputs of a component as a table: what they may be and what holds when they are not given.
//!
//! The table is the only place that knows ranges and defaults; `check` and `read` use it, and so does the reference.

mod check;
mod read;

use std::fmt;
use std::ops::{Bound, RangeBounds};

use serde_json::Value as Json;

pub(crate) use check::{check_inputs, quoted, suggestion};
pub(crate) use read::Inputs;

/// One thing that `with:` may hold.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// Its key in `with:`.
    pub name: &'static str,
    /// What it may be.
    pub kind: InputKind,
    /// What holds when it is not given.
    pub fallback: Fallback,
    /// The values of `model` that have this input. Empty: it is no model's own.
    pub models: &'static [&'static str],
    /// What it does.
    pub doc: &'static str,
}

/// What an input may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InputKind {
    /// Path of a file, usually an artifact of an earlier step.
    Path,
    /// Any text.
    Text,
    /// A list of texts, or a single one.
    Texts,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of these words, or a single one.
    Choices(&'static [&'static str]),
    /// A whole number between these, both included.
    Int {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A number in this range.
    Float {
        /// Lower end.
        min: Bound<f64>,
        /// Upper end.
        max: Bound<f64>,
    },
    /// `true` or `false`.
    Bool,
}

/// What holds when an input is not given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fallback {
    /// It has to be given.
    Required,
    /// This value, as JSON.
    Value(&'static str),
    /// What these words say.
    Described(&'static str),
}

/// What is wrong with one key of `with:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputProblem {
    /// The key.
    pub key: String,
    /// What is wrong with it.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl fmt::Display for InputProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl InputProblem {
    pub(crate) fn new(key: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            message: message.into(),
            help: help.into(),
        }
    }
}

impl InputKind {
    fn accepts(&self, value: &Json) -> bool {
        match self {
            Self::Path | Self::Text => value.as_str().is_some_and(|text| !text.is_empty()),
            Self::Texts => texts(value).is_some(),
            Self::Choice(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Choices(words) => texts(value)
                .is_some_and(|given| !given.is_empty() && given.iter().all(|w| words.contains(w))),
            Self::Int { min, max } => whole(value).is_some_and(|n| (*min..=*max).contains(&n)),
            Self::Float { min, max } => value.as_f64().is_some_and(|x| (*min, *max).contains(&x)),
            Self::Bool => value.is_boolean(),
        }
    }
}

impl fmt::Display for InputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str("the path of a file"),
            Self::Text => f.write_str("text"),
            Self::Texts => f.write_str("a list of texts"),
            Self::Choice(words) => write!(f, "one of {}", quoted(words)),
            Self::Choices(words) => write!(f, "a list of {}", quoted(words)),
            Self::Int { min, max } if *max == i64::MAX => write!(f, "a whole number ≥ {min}"),
            Self::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Float { min, max } => write_range(f, *min, *max),
            Self::Bool => f.write_str("`true` or `false`"),
        }
    }
}

fn write_range(f: &mut fmt::Formatter<'_>, min: Bound<f64>, max: Bound<f64>) -> fmt::Result {
    f.write_str("a number")?;
    match min {
        Bound::Included(min) => write!(f, " ≥ {min}")?,
        Bound::Excluded(min) => write!(f, " > {min}")?,
        Bound::Unbounded => {}
    }
    let and = if min == Bound::Unbounded { "" } else { " and" };
    match max {
        Bound::Included(max) => write!(f, "{and} ≤ {max}"),
        Bound::Excluded(max) => write!(f, "{and} < {max}"),
        Bound::Unbounded => Ok(()),
    }
}

fn texts(value: &Json) -> Option<Vec<&str>> {
    match value {
        Json::String(one) => Some(vec![one]),
        Json::Array(many) => many.iter().map(Json::as_str).collect(),
        _ => None,
    }
}

/// A whole number, also when it is written as `3.0`.
fn whole(value: &Json) -> Option<i64> {
    let as_float = || {
        let number = value.as_f64()?;
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
    };
    value.as_i64().or_else(as_float)
}
