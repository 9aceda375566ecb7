//! Figures of merit: which there are, and how they follow from targets and predictions.
//!
//! Definitions and conventions (zero division, clipping, ties) are scikit-learn's, against which they are tested.

mod classification;
mod regression;
#[cfg(test)]
mod tests;

use ndarray::Array2;
use serde_json::{Map, Value as Json, json};

use crate::component::StaticWith;
use crate::data::{Target, Task};
use crate::error::ComponentError;

pub(crate) use classification::Classified;
pub(crate) use regression::Estimated;

/// Metrics of a classifier. Precision, recall and F1 are unweighted means over the classes.
const CLASSIFICATION: &[&str] = &[
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "log_loss",
    "roc_auc",
];

/// Metrics of a regression model.
const REGRESSION: &[&str] = &["rmse", "mae", "r2"];

/// All metrics.
pub(crate) const ALL: &[&str] = &[
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "log_loss",
    "roc_auc",
    "rmse",
    "mae",
    "r2",
];

/// What a model says of each row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Predictions {
    /// rows × classes of the model; every row adds up to 1
    Probabilities(Array2<f64>),
    Numbers(Vec<f64>),
}

/// Metrics by name, in the order of the tables above, and the details for a report.
#[derive(Debug)]
pub(crate) struct Scores {
    pub metrics: Vec<(&'static str, f64)>,
    pub details: Map<String, Json>,
}

/// The metrics that a task has.
pub(crate) fn of_task(task: Task) -> &'static [&'static str] {
    match task {
        Task::Classification => CLASSIFICATION,
        Task::Regression => REGRESSION,
    }
}

/// The metrics that input `metrics` asks for, as far as that is known before the run.
pub(crate) fn static_choice(with: &StaticWith) -> Vec<String> {
    let task = |name: &str| match name {
        "classification" => CLASSIFICATION,
        "regression" => REGRESSION,
        _ => ALL,
    };
    let constant = |key: &str| with.get(key).cloned().flatten().unwrap_or_default();
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
    match constant("metrics") {
        Json::String(one) => vec![one],
        Json::Array(many) => many
            .iter()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect(),
        _ => names(task(constant("task").as_str().unwrap_or_default())),
    }
}

/// The metrics to report: `chosen`, or all of the task's when none are chosen.
pub(crate) fn choice(chosen: &[String], task: Task) -> Result<Vec<String>, ComponentError> {
    let known = of_task(task);
    if let Some(other) = chosen.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(ComponentError::unfit(
            format!("`{other}` is no metric of {}", task.name()),
            format!("{} has {}", task.name(), crate::inputs::quoted(known)),
        ));
    }
    if chosen.is_empty() {
        Ok(known.iter().map(|name| (*name).to_owned()).collect())
    } else {
        Ok(chosen.to_vec())
    }
}

/// Scores predictions by a model with these classes against the truth, whose classes may be others.
pub(crate) fn score(
    truth: &Target,
    model_classes: &[String],
    predictions: &Predictions,
) -> Result<Scores, ComponentError> {
    match (truth, predictions) {
        (Target::Classes { labels, classes }, Predictions::Probabilities(probabilities)) => {
            Ok(Classified::new(labels, classes, model_classes, probabilities).scores())
        }
        (Target::Numbers(truth), Predictions::Numbers(predicted)) => {
            Ok(Estimated { truth, predicted }.scores())
        }
        _ => Err(ComponentError::unfit(
            "the model and the data are of different tasks",
            "evaluate a classifier on classes and a regression model on numbers",
        )),
    }
}

impl Scores {
    /// The value of one metric; not a number if the task has none of that name.
    pub(crate) fn get(&self, name: &str) -> f64 {
        let found = self.metrics.iter().find(|(known, _)| *known == name);
        found.map_or(f64::NAN, |(_, value)| *value)
    }

    /// All metrics and details as JSON; a metric that is undefined is `null`.
    pub(crate) fn report(&self) -> Map<String, Json> {
        let metrics: Map<String, Json> = self
            .metrics
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let mut report = Map::from_iter([("metrics".to_owned(), Json::Object(metrics))]);
        report.extend(self.details.clone());
        report
    }
}
