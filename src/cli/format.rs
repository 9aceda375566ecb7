//! The two forms of everything that is read: for people, and for programs.

use anyhow::Result;
use clap::ValueEnum;
use serde_json::Value as Json;

/// How to print something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// JSON as it is printed: indented, with a newline at the end.
pub fn pretty(json: &Json) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(json)?))
}
