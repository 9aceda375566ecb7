//! The built-in components as the pipeline sees them: described, checked, and run as the command `tune component NAME --with FILE`.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use tune_components::{Component, Fallback, Input, InputKind, StaticWith};
use tune_experiments::pipeline::{ComponentInfo, ComponentProblem, Components, InputInfo, With};

/// The components of `tune-components`, run by this program.
#[derive(Clone, Debug)]
pub struct BuiltIn {
    program: PathBuf,
}

impl BuiltIn {
    /// Components that are run by the program that now runs.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
        })
    }
}

impl Components for BuiltIn {
    fn all(&self) -> Vec<ComponentInfo> {
        tune_components::all()
            .iter()
            .map(|component| info(*component))
            .collect()
    }

    fn check(&self, component: &str, with: &With) -> Vec<ComponentProblem> {
        let Some(component) = tune_components::find(component) else {
            return Vec::new();
        };
        component
            .check(&as_known(with))
            .into_iter()
            .map(|problem| ComponentProblem {
                key: problem.key,
                message: problem.message,
                help: Some(problem.help).filter(|help| !help.is_empty()),
            })
            .collect()
    }

    fn metrics(&self, component: &str, with: &With) -> Vec<String> {
        tune_components::find(component)
            .map(|component| component.metrics(&as_known(with)))
            .unwrap_or_default()
    }

    /// Every artifact is one file, called as the artifact.
    fn artifacts(&self, component: &str) -> IndexMap<String, String> {
        let artifacts = tune_components::find(component).map(Component::artifacts);
        let artifacts = artifacts.unwrap_or_default().iter();
        artifacts
            .map(|name| ((*name).to_owned(), (*name).to_owned()))
            .collect()
    }

    fn command(&self, component: &str, with: &Path) -> Vec<String> {
        let program = self.program.to_string_lossy().into_owned();
        let with = with.to_string_lossy().into_owned();
        vec![
            program,
            "component".into(),
            component.into(),
            "--with".into(),
            with,
        ]
    }
}

fn as_known(with: &With) -> StaticWith {
    with.iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn info(component: &dyn Component) -> ComponentInfo {
    ComponentInfo {
        name: component.name().to_owned(),
        summary: component.summary().to_owned(),
        inputs: component.inputs().iter().map(input).collect(),
        artifacts: owned(component.artifacts()),
        values: owned(component.values()),
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn input(input: &Input) -> InputInfo {
    let mut schema = schema(input.kind);
    if let Fallback::Value(default) = input.fallback
        && let (Some(schema), Ok(default)) = (schema.as_object_mut(), serde_json::from_str(default))
    {
        schema.insert("default".into(), default);
    }
    InputInfo {
        name: input.name.to_owned(),
        doc: input.doc.to_owned(),
        required: input.fallback == Fallback::Required,
        schema,
    }
}

fn schema(kind: InputKind) -> Json {
    match kind {
        InputKind::Path | InputKind::Text => json!({"type": "string"}),
        InputKind::Texts => one_or_many(&json!({"type": "string"})),
        InputKind::Choice(words) => json!({"enum": words}),
        InputKind::Choices(words) => one_or_many(&json!({"enum": words})),
        InputKind::Int { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        InputKind::Float { min, max } => float(min, max),
        InputKind::Bool => json!({"type": "boolean"}),
    }
}

fn one_or_many(item: &Json) -> Json {
    json!({"anyOf": [item, {"type": "array", "items": item}]})
}

fn float(min: Bound<f64>, max: Bound<f64>) -> Json {
    let mut schema = json!({"type": "number"});
    match min {
        Bound::Included(min) => schema["minimum"] = json!(min),
        Bound::Excluded(min) => schema["exclusiveMinimum"] = json!(min),
        Bound::Unbounded => {}
    }
    match max {
        Bound::Included(max) => schema["maximum"] = json!(max),
        Bound::Excluded(max) => schema["exclusiveMaximum"] = json!(max),
        Bound::Unbounded => {}
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in() -> BuiltIn {
        BuiltIn {
            program: "/bin/tune".into(),
        }
    }

    #[test]
    fn every_component_is_described() {
        let names: Vec<String> = built_in().all().into_iter().map(|info| info.name).collect();
        assert!(names.contains(&"train".to_owned()), "{names:?}");
    }

    #[test]
    fn a_wrong_input_is_a_problem_with_its_key() {
        let with = With::from([("datset".to_owned(), Some(json!("iris")))]);
        let problems = built_in().check("preprocess", &with);
        assert!(
            problems.iter().any(|problem| problem.key == "datset"),
            "{problems:?}"
        );
    }

    #[test]
    fn the_command_names_the_component_and_its_inputs() {
        assert_eq!(
            built_in().command("train", Path::new("/tmp/with.json")),
            [
                "/bin/tune",
                "component",
                "train",
                "--with",
                "/tmp/with.json"
            ]
        );
    }

    #[test]
    fn ranges_become_bounds_of_the_schema() {
        assert_eq!(
            float(Bound::Excluded(0.0), Bound::Included(1.0)),
            json!({"type": "number", "exclusiveMinimum": 0.0, "maximum": 1.0})
        );
    }
}
