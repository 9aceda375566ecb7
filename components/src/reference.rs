//! The page that documents all components, made from their tables. A test holds `README.md` to it.

use std::fmt::Write;

use crate::component::{Component, StaticWith, all};
use crate::inputs::{Fallback, Input, quoted};

const OPENING: &str = "\
# Components

The built-in steps of a pipeline (`uses: NAME`). This page is made from the components' own tables;
`cargo test -p tune-components` fails when it is out of date, and `TUNE_UPDATE=1 cargo test -p tune-components reference`
writes it anew.
";

/// The component whose section lists the hyperparameters.
const HYPERPARAMETERS_OF: &str = "train";

/// The reference of all components, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = OPENING.to_owned();
    for component in all() {
        page.push('\n');
        page.push_str(&section(*component));
    }
    page
}

fn section(component: &dyn Component) -> String {
    let mut text = format!("## `{}`\n\n{}\n\n", component.name(), component.summary());
    let metrics = component.metrics(&StaticWith::new());
    let metrics: Vec<_> = metrics.iter().map(String::as_str).collect();
    for (title, names) in [
        ("Artifacts", component.artifacts()),
        ("Values", component.values()),
        ("Metrics", &metrics),
    ] {
        if !names.is_empty() {
            let _ = writeln!(text, "- {title}: {}", quoted(names));
        }
    }
    let (own, of_models): (Vec<_>, Vec<_>) =
        component.inputs().iter().partition(|i| i.models.is_empty());
    text.push_str("\n| input | is | default | |\n|---|---|---|---|\n");
    for input in own {
        let _ = writeln!(text, "| {} | {} |", columns(input), cell(input.doc));
    }
    if component.name() != HYPERPARAMETERS_OF && !of_models.is_empty() {
        let _ = writeln!(text, "\nHyperparameters: those of `{HYPERPARAMETERS_OF}`.");
    } else if !of_models.is_empty() {
        text.push_str(
            "\nHyperparameters:\n\n| input | is | default | of | |\n|---|---|---|---|---|\n",
        );
        for input in of_models {
            let models = quoted(input.models);
            let _ = writeln!(
                text,
                "| {} | {models} | {} |",
                columns(input),
                cell(input.doc)
            );
        }
    }
    text
}

fn columns(input: &Input) -> String {
    let default = match input.fallback {
        Fallback::Required => "**required**".to_owned(),
        Fallback::Value(json) => format!("`{}`", json.trim_matches('"')),
        Fallback::Described(words) => words.to_owned(),
    };
    let kind = cell(&input.kind.to_string());
    format!("`{}` | {kind} | {}", input.name, cell(&default))
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_is_the_reference() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        if std::env::var_os("TUNE_UPDATE").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), reference());
    }
}
