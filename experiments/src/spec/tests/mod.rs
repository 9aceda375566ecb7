//! Tests of the reader as a whole, with a few components that stand in for the real ones.

mod clients;
mod compare;
mod document;
mod hostile;
mod keys;
mod overrides;
mod positions;
mod reports;
mod start;

use super::{Experiment, Override, Source, SpecError, Submission, read};
use crate::pipeline::{ComponentInfo, ComponentProblem, Components, InputInfo, With};
use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use std::path::Path;

/// The file that the design is explained with.
const IRIS: &str = include_str!("iris.yaml");

/// Three components: inputs must be known and required ones given; `test_fraction` must be below 1.
struct Fakes;

impl Components for Fakes {
    fn all(&self) -> Vec<ComponentInfo> {
        vec![
            component(
                "preprocess",
                &["dataset"],
                &["test_fraction", "seed"],
                &["train", "test"],
            ),
            component("train", &["data", "model"], &["max_depth"], &["model"]),
            component("evaluate", &["model", "data"], &[], &[]),
        ]
    }

    fn check(&self, component: &str, with: &With) -> Vec<ComponentProblem> {
        let all = self.all();
        let info = all.iter().find(|info| info.name == component).unwrap();
        let unknown = with
            .keys()
            .filter(|key| !info.inputs.iter().any(|input| input.name == **key));
        let unknown = unknown.map(|key| problem(key, format!("unknown input `{key}`")));
        let missing = info
            .inputs
            .iter()
            .filter(|input| input.required && !with.contains_key(&input.name));
        let missing = missing.map(|input| {
            problem(
                &input.name,
                format!("the input `{}` is missing", input.name),
            )
        });
        let fraction = with.get("test_fraction").cloned().flatten();
        let fraction = fraction.filter(|value| value.as_f64().is_none_or(|value| value >= 1.0));
        let fraction = fraction.map(|_| problem("test_fraction", "must be below 1".to_owned()));
        unknown.chain(missing).chain(fraction).collect()
    }

    fn metrics(&self, component: &str, _with: &With) -> Vec<String> {
        match component {
            "evaluate" => vec!["accuracy".to_owned(), "log_loss".to_owned()],
            _ => Vec::new(),
        }
    }

    fn artifacts(&self, component: &str) -> IndexMap<String, String> {
        let all = self.all();
        let info = all.iter().find(|info| info.name == component).unwrap();
        let artifacts = info.artifacts.iter();
        artifacts.map(|name| (name.clone(), name.clone())).collect()
    }

    fn command(&self, component: &str, with: &Path) -> Vec<String> {
        vec![component.to_owned(), with.display().to_string()]
    }
}

fn component(
    name: &str,
    required: &[&str],
    optional: &[&str],
    artifacts: &[&str],
) -> ComponentInfo {
    let input = |name: &&str, required| InputInfo {
        name: (*name).to_owned(),
        doc: format!("the {name}"),
        required,
        schema: json!({}),
    };
    let required = required.iter().map(|name| input(name, true));
    let optional = optional.iter().map(|name| input(name, false));
    ComponentInfo {
        name: name.to_owned(),
        summary: format!("does {name}"),
        inputs: required.chain(optional).collect(),
        artifacts: artifacts.iter().map(|name| (*name).to_owned()).collect(),
        values: Vec::new(),
    }
}

fn problem(key: &str, message: String) -> ComponentProblem {
    ComponentProblem {
        key: key.to_owned(),
        message,
        help: None,
    }
}

fn source(text: &str) -> Source {
    Source {
        name: "experiment.yaml".to_owned(),
        text: text.to_owned(),
    }
}

fn read_text(text: &str) -> Result<Submission, SpecError> {
    read(&source(text), &[], &Fakes)
}

fn read_with(text: &str, overrides: &[(&str, &str)]) -> Result<Submission, SpecError> {
    let overrides: Vec<Override> = overrides
        .iter()
        .map(|(key, value)| Override {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        })
        .collect();
    read(&source(text), &overrides, &Fakes)
}

fn experiment(text: &str) -> Experiment {
    read_text(text)
        .unwrap_or_else(|error| panic!("{}", render(&error)))
        .experiment
}

fn error(text: &str) -> SpecError {
    match read_text(text) {
        Ok(_) => panic!("no problem found in:\n{text}"),
        Err(error) => error,
    }
}

/// As a terminal of 100 columns without colours shows it.
fn render(error: &SpecError) -> String {
    let handler =
        miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor());
    let mut out = String::new();
    handler
        .with_width(100)
        .with_context_lines(1)
        .render_report(&mut out, error)
        .unwrap();
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// A small file that is right, with one `run` step.
const SMALL: &str = "\
name: small
objective: { metric: loss, goal: minimize }
max_trials: 3
parameters:
  x: { type: float, min: 0, max: 1 }
pipeline:
  train:
    run: echo loss=${{ params.x }}
";

/// [`SMALL`] with one line put in place of another.
fn small(line: &str, replacement: &str) -> String {
    assert!(SMALL.contains(line), "{line}");
    SMALL.replace(line, replacement)
}

/// `path line:column message` of every problem.
fn told(text: &str) -> Vec<String> {
    let problems = error(text).problems;
    problems
        .iter()
        .map(|p| format!("{} {}:{} {}", p.path, p.line, p.column, p.message))
        .collect()
}

fn to_json(experiment: &Experiment) -> Json {
    serde_json::to_value(experiment).unwrap()
}
