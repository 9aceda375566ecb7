//! What the names in expressions stand for, for one trial: its parameters, what its steps have produced so far, its number
//! and its experiment. Nothing else: in particular not the environment of this process, which may hold secrets.

use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::Serde;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tune_algorithms::space::{Configuration, Value as ParameterValue};

type Fields = BTreeMap<String, Value>;

/// The values of one trial. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context {
    params: Arc<Fields>,
    steps: Arc<Fields>,
    trial: u64,
    rungs: Vec<i64>,
    experiment: String,
}

impl Context {
    /// The context of a trial of which no step has run yet. `parameters` are all names of the space; those that the
    /// configuration leaves out are inactive, which is `null`.
    pub fn new<'a>(
        experiment: &str,
        trial: u64,
        parameters: impl IntoIterator<Item = &'a str>,
        configuration: &Configuration,
    ) -> Self {
        let value = |name: &str| {
            configuration
                .get(name)
                .map_or_else(|| Value::from(()), parameter)
        };
        let params: Fields = parameters
            .into_iter()
            .map(|name| (name.to_owned(), value(name)))
            .collect();
        Self {
            params: Arc::new(params),
            steps: Arc::default(),
            trial,
            rungs: Vec::new(),
            experiment: experiment.to_owned(),
        }
    }

    /// The same, knowing at which levels the trial is judged.
    #[must_use]
    pub fn with_rungs(mut self, rungs: &[i64]) -> Self {
        self.rungs = rungs.to_vec();
        self
    }

    /// Adds what a step has produced: the absolute paths of its artifacts, and its values. Replaces what was there.
    pub fn add_step(
        &mut self,
        step: &str,
        artifacts: &IndexMap<String, String>,
        values: &Map<String, Json>,
    ) {
        let artifacts: Fields = artifacts
            .iter()
            .map(|(name, path)| (name.clone(), Value::from(path.as_str())))
            .collect();
        let values: Fields = values
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(Serde(value))))
            .collect();
        let produced = Fields::from([
            ("artifacts".to_owned(), Value::from_object(artifacts)),
            ("values".to_owned(), Value::from_object(values)),
        ]);
        Arc::make_mut(&mut self.steps).insert(step.to_owned(), Value::from_object(produced));
    }

    /// What expressions are evaluated in.
    pub(super) fn root(&self) -> Value {
        minijinja::context! {
            params => Value::from_dyn_object(self.params.clone()),
            steps => Value::from_dyn_object(self.steps.clone()),
            trial => minijinja::context! { number => self.trial, rungs => self.rungs.clone() },
            experiment => minijinja::context! { name => self.experiment.as_str() },
        }
    }

    /// Whether there is such a parameter, active or not.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        self.params.contains_key(name)
    }

    /// What the step has produced of a kind (`artifacts` or `values`), by name; `None` if the step has not run.
    pub(super) fn produced(&self, step: &str, kind: &str) -> Option<Vec<String>> {
        let fields = self.steps.get(step)?.get_attr(kind).ok()?;
        Some(
            fields
                .try_iter()
                .ok()?
                .map(|name| name.to_string())
                .collect(),
        )
    }
}

fn parameter(value: &ParameterValue) -> Value {
    match value {
        ParameterValue::Bool(value) => Value::from(*value),
        ParameterValue::Int(value) => Value::from(*value),
        ParameterValue::Float(value) => Value::from(*value),
        ParameterValue::Text(value) => Value::from(value.as_str()),
    }
}
