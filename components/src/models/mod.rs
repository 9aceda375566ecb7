//! The models: which there are, how one is trained, and the file that holds a trained one.
//!
//! Training is mostly done by libraries; what they learned is copied into plain structures of our own. So a model file
//! has one stable format, prediction is the same for all tasks, and equal training gives equal bytes.

mod bayes;
mod boosting;
mod forest;
mod grow;
mod hyperparameters;
mod linear;
mod svm;
#[cfg(test)]
mod tests;
mod tree;

use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::data::{Data, Target, Task};
use crate::error::ComponentError;
use crate::inputs::Inputs;
use crate::metrics::Predictions;

pub(crate) use hyperparameters::HYPERPARAMETERS;

/// The words that `model:` accepts.
pub(crate) const MODELS: &[&str] = &[
    "random_forest",
    "gradient_boosting",
    "decision_tree",
    "logistic_regression",
    "svm",
    "naive_bayes",
    "elastic_net",
];

const CLASSIFIERS: &[&str] = &[
    "random_forest",
    "gradient_boosting",
    "decision_tree",
    "logistic_regression",
    "svm",
    "naive_bayes",
];

const REGRESSORS: &[&str] = &[
    "random_forest",
    "gradient_boosting",
    "decision_tree",
    "elastic_net",
];

/// The form of the model file. A file of another version is refused.
const FORMAT: &str = "tune-model/1";

/// A trained model, as it is in its file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Model {
    format: String,
    pub model: String,
    pub task: Task,
    /// As they were given; the defaults are those of the component's version.
    hyperparameters: Map<String, Json>,
    seed: u64,
    /// Columns of the training data, in order.
    pub features: Vec<String>,
    pub target: String,
    /// Sorted; empty for regression.
    pub classes: Vec<String>,
    learned: Learned,
}

/// What training found out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Learned {
    Forest(forest::Forest),
    Boosting(boosting::Boosting),
    Linear(linear::Linear),
    Svm(svm::Svm),
    Bayes(bayes::Bayes),
}

/// Trains the model that `inputs` describe. Equal inputs and data give an equal model.
pub(crate) fn fit(inputs: &Inputs, data: &Data) -> Result<Model, ComponentError> {
    let name = inputs.text("model");
    let seed = inputs.int("seed") as u64;
    check_task(&name, data.task())?;
    check_data(data)?;
    let learned = match (name.as_str(), &data.target) {
        ("random_forest", _) => Learned::Forest(forest::random_forest(inputs, data, seed)?),
        ("decision_tree", _) => Learned::Forest(forest::decision_tree(inputs, data)?),
        ("gradient_boosting", _) => Learned::Boosting(boosting::fit(inputs, data, seed)?),
        ("logistic_regression", Target::Classes { labels, classes }) => {
            Learned::Linear(linear::logistic(inputs, &data.x, labels, classes.len())?)
        }
        ("svm", Target::Classes { labels, classes }) => {
            Learned::Svm(svm::fit(inputs, &data.x, labels, classes.len())?)
        }
        ("naive_bayes", Target::Classes { labels, .. }) => {
            Learned::Bayes(bayes::fit(inputs, &data.x, labels)?)
        }
        ("elastic_net", Target::Numbers(target)) => {
            Learned::Linear(linear::elastic_net(inputs, &data.x, target)?)
        }
        _ => return Err(wrong_task(&name, data.task())),
    };
    let classes = match &data.target {
        Target::Classes { classes, .. } => classes.clone(),
        Target::Numbers(_) => Vec::new(),
    };
    Ok(Model {
        format: FORMAT.to_owned(),
        model: name,
        task: data.task(),
        hyperparameters: inputs.hyperparameters(),
        seed,
        features: data.features.clone(),
        target: data.target_name.clone(),
        classes,
        learned,
    })
}

fn check_task(name: &str, task: Task) -> Result<(), ComponentError> {
    let models = match task {
        Task::Classification => CLASSIFIERS,
        Task::Regression => REGRESSORS,
    };
    if models.contains(&name) {
        Ok(())
    } else {
        Err(wrong_task(name, task))
    }
}

fn wrong_task(name: &str, task: Task) -> ComponentError {
    let (models, other) = match task {
        Task::Classification => (CLASSIFIERS, "regression"),
        Task::Regression => (REGRESSORS, "classification"),
    };
    ComponentError::unfit(
        format!(
            "model `{name}` is not for {}, which the target calls for",
            task.name()
        ),
        format!(
            "for {} there are {}; if the task was mistaken, set `task: {other}`",
            task.name(),
            crate::inputs::quoted(models)
        ),
    )
}

fn check_data(data: &Data) -> Result<(), ComponentError> {
    if data.rows() < 2 {
        return Err(ComponentError::unfit(
            "there is only one row to train on",
            "training needs at least two rows",
        ));
    }
    match &data.target {
        Target::Classes { classes, .. } if classes.len() == 1 => Err(ComponentError::unfit(
            format!("all rows are of one class, `{}`", classes[0]),
            "training a classifier needs at least two classes",
        )),
        _ => Ok(()),
    }
}

impl Model {
    /// Predicts every row of `x`, whose columns are `self.features`.
    pub(crate) fn predict(&self, x: &Array2<f64>) -> Predictions {
        let predicted = match &self.learned {
            Learned::Forest(forest) => forest.predict(x, self.outputs()),
            Learned::Boosting(boosting) => boosting.predict(x),
            Learned::Linear(linear) => linear.predict(x),
            Learned::Svm(svm) => svm.predict(x),
            Learned::Bayes(bayes) => bayes.predict(x),
        };
        match self.task {
            Task::Classification => Predictions::Probabilities(predicted),
            Task::Regression => Predictions::Numbers(predicted.column(0).to_vec()),
        }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), ComponentError> {
        let write = || {
            let mut file = BufWriter::new(std::fs::File::create(path)?);
            serde_json::to_writer(&mut file, self)?;
            file.write_all(b"\n")?;
            file.flush()
        };
        write().map_err(ComponentError::writing(path))
    }

    pub(crate) fn read(path: &Path) -> Result<Self, ComponentError> {
        let file = std::fs::File::open(path).map_err(ComponentError::reading(path))?;
        let model: Self = serde_json::from_reader(BufReader::new(file))
            .map_err(|error| unreadable(path, &error.to_string()))?;
        if model.format != FORMAT {
            return Err(unreadable(
                path,
                &format!("its format is `{}`", model.format),
            ));
        }
        if !model.is_sound() {
            return Err(unreadable(path, "its parts contradict each other"));
        }
        Ok(model)
    }

    /// Numbers that are predicted per row.
    fn outputs(&self) -> usize {
        match self.task {
            Task::Classification => self.classes.len(),
            Task::Regression => 1,
        }
    }

    /// Whether predicting cannot leave the bounds of any list: files can come from anywhere.
    fn is_sound(&self) -> bool {
        let (features, outputs) = (self.features.len(), self.outputs());
        outputs > 0
            && match &self.learned {
                Learned::Forest(forest) => forest.is_sound(features, outputs),
                Learned::Boosting(boosting) => boosting.is_sound(features, outputs),
                Learned::Linear(linear) => linear.is_sound(features, outputs),
                Learned::Svm(svm) => svm.is_sound(features, outputs),
                Learned::Bayes(bayes) => bayes.is_sound(features, outputs),
            }
    }
}

fn unreadable(path: &Path, why: &str) -> ComponentError {
    ComponentError::unfit(
        format!(
            "`{}` is not a model of format `{FORMAT}`: {why}",
            path.display()
        ),
        "give the artifact `model` of a `train` step",
    )
}

/// An error from a library, with a hint.
fn failed(model: &str, error: impl std::fmt::Display, help: &str) -> ComponentError {
    ComponentError::unfit(format!("training {model} did not work out: {error}"), help)
}

/// Turns scores into probabilities, in place: exp and normalise, from the greatest so that nothing overflows.
fn softmax(mut scores: ndarray::ArrayViewMut1<f64>) {
    let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    scores.mapv_inplace(|score| (score - greatest).exp());
    let sum = scores.sum();
    scores /= sum;
}

/// Makes every row add up to 1; a row of zeros becomes uniform.
fn normalise_rows(probabilities: &mut Array2<f64>) {
    let classes = probabilities.ncols() as f64;
    for mut row in probabilities.rows_mut() {
        let sum = row.sum();
        if sum > 0.0 {
            row /= sum;
        } else {
            row.fill(1.0 / classes);
        }
    }
}
