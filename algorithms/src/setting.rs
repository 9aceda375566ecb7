//! How algorithms and stoppers describe their settings, so that a wrong one is refused with help and every one is documented.

use serde_json::{Map, Value as Json};

/// One setting of an algorithm or stopper.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key under `settings:`.
    pub name: &'static str,
    /// What kind of value it takes, and the range.
    pub kind: SettingKind,
    /// The default, as it would be written in the file; `""` when it must be given or has none.
    pub default: &'static str,
    /// One line on what it does.
    pub doc: &'static str,
}

/// The values a setting takes; bounds are inclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SettingKind {
    /// A whole number.
    Int {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// A finite number.
    Float {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// `true` or `false`.
    Bool,
    /// One of a few words.
    Choice(&'static [&'static str]),
}

/// What is wrong with one setting.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("setting `{key}`: {message}")]
pub struct SettingError {
    /// The key under `settings:`; empty when it is about the whole.
    pub key: String,
    /// Lowercase, no full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// The user's `settings:` block.
pub type Settings = Map<String, Json>;
