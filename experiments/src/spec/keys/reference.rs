//! The keys of the experiment file as tables for people.

use super::{Key, Kind, Need, Table, keys};

/// Every key in markdown, one table per mapping.
pub fn reference() -> String {
    let tables: Vec<String> = keys().into_iter().map(table).collect();
    tables.join("\n")
}

fn table(table: &Table) -> String {
    let title = match table.path {
        "" => "The file".to_owned(),
        path => format!("`{path}`"),
    };
    let rows: Vec<String> = table.keys.iter().map(row).collect();
    let head = "| key | takes | default | meaning |\n|---|---|---|---|";
    format!("### {title}\n\n{head}\n{}\n", rows.join("\n"))
}

fn row(key: &Key) -> String {
    let default = match key.need {
        Need::Required => "required".to_owned(),
        Need::Optional => String::new(),
        Need::Default(default) => format!("`{default}`"),
    };
    let only = match key.only {
        [] => String::new(),
        only => format!("with {}: ", super::super::words::list(only.iter().copied())),
    };
    let name = format!("`{}`", key.name);
    let cells = [
        name,
        takes(&key.kind),
        default,
        format!("{only}{}", key.doc),
    ];
    format!("| {} |", cells.join(" | "))
}

/// What a key takes, in words.
fn takes(kind: &Kind) -> String {
    let fixed = match kind {
        Kind::Whole { min, max } => return whole(*min, *max),
        Kind::Number { min } if min.is_finite() => return format!("number from {min}"),
        Kind::Word(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            return words.join(", ");
        }
        Kind::Number { .. } => "number",
        Kind::Duration { .. } => "duration: `30s`, `1h30m`, `500ms`, or seconds",
        Kind::Values => "list of words or numbers",
        Kind::Condition
        | Kind::Environment
        | Kind::Paths
        | Kind::Parameters
        | Kind::Pipeline
        | Kind::Block(_)
        | Kind::Settings
        | Kind::Inputs => "mapping",
        Kind::Algorithm | Kind::Stopper => "name or mapping",
        Kind::Command => "text or list",
        Kind::Steps => "name or list of names",
        Kind::Variables => "list of names",
        Kind::Tags => "list of words",
        Kind::Retries => "whole number or mapping",
        Kind::Name | Kind::Text | Kind::AlgorithmName | Kind::StopperName | Kind::Component => {
            "text"
        }
    };
    fixed.to_owned()
}

fn whole(min: i128, max: i128) -> String {
    match u32::try_from(max) {
        Ok(_) if min == max => min.to_string(),
        Ok(u32::MAX) | Err(_) => format!("whole number from {min}"),
        Ok(max) => format!("whole number from {min} to {max}"),
    }
}
