//! The two forms of everything that is read: for people, and for programs.

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

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
pub fn pretty(view: &impl Serialize) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(view)?))
}
