//! What the tests share: an output that remembers, a folder for artifacts, and running a component.

use std::path::PathBuf;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::component::{Output, find};
use crate::error::ComponentError;

/// Remembers everything and writes artifacts into a folder of its own.
#[derive(Debug)]
pub(crate) struct Recorder {
    folder: TempDir,
    pub metrics: Vec<(String, f64, Option<f64>)>,
    pub values: Vec<(String, Json)>,
    pub lines: Vec<String>,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            metrics: Vec::new(),
            values: Vec::new(),
            lines: Vec::new(),
        }
    }

    pub(crate) fn path(&self, artifact: &str) -> PathBuf {
        self.folder.path().join(artifact)
    }

    pub(crate) fn artifact(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes a file of the test's own.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The last value of a metric.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let found = self.metrics.iter().rfind(|(known, ..)| known == name);
        found.unwrap_or_else(|| panic!("no metric {name}")).1
    }

    pub(crate) fn value(&self, name: &str) -> &Json {
        let found = self.values.iter().find(|(known, _)| known == name);
        &found.unwrap_or_else(|| panic!("no value {name}")).1
    }

    pub(crate) fn run(&mut self, component: &str, with: &Json) -> Result<(), ComponentError> {
        let component = find(component).unwrap();
        component.run(with.as_object().unwrap(), self)
    }
}

impl Output for Recorder {
    fn artifact_path(&mut self, name: &str) -> PathBuf {
        self.path(name)
    }

    fn metric(&mut self, name: &str, value: f64, level: Option<f64>) {
        self.metrics.push((name.to_owned(), value, level));
    }

    fn value(&mut self, name: &str, value: Json) {
        self.values.push((name.to_owned(), value));
    }

    fn log(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }
}

/// Preprocesses, trains and evaluates; `train` holds the model and its hyperparameters.
pub(crate) fn pipeline(preprocess: &Json, train: &Json) -> Result<Recorder, ComponentError> {
    let mut recorder = Recorder::new();
    recorder.run("preprocess", preprocess)?;
    let mut with = train.clone();
    with["data"] = json!(recorder.path("train"));
    recorder.run("train", &with)?;
    let with = json!({ "model": recorder.path("model"), "data": recorder.path("test") });
    recorder.run("evaluate", &with)?;
    Ok(recorder)
}
