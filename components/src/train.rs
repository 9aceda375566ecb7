//! Component `train`: a file of numbers in, a model out.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

use crate::component::{Component, Output, StaticWith};
use crate::data::{Data, TASKS, Task};
use crate::error::ComponentError;
use crate::inputs::{Fallback, Input, InputKind, Inputs};
use crate::metrics;
use crate::models::{HYPERPARAMETERS, MODELS, fit};

/// The component `train`.
pub(crate) struct Train;

/// What says which model to train on what: shared with `cross_validate`.
pub(crate) const TRAINING: &[Input] = &[
    Input {
        name: "data",
        kind: InputKind::Path,
        fallback: Fallback::Required,
        models: &[],
        doc: "a CSV file of numbers with a header, such as artifact `train` of `preprocess`",
    },
    Input {
        name: "target",
        kind: InputKind::Text,
        fallback: Fallback::Described("the last column"),
        models: &[],
        doc: "the column to be predicted",
    },
    Input {
        name: "task",
        kind: InputKind::Choice(TASKS),
        fallback: Fallback::Value("\"auto\""),
        models: &[],
        doc: "what to predict; `auto` takes numbers written with a decimal point, or more than 20 different ones, for a \
              regression target, and everything else for classes; `preprocess` writes its target to fit",
    },
    Input {
        name: "model",
        kind: InputKind::Choice(MODELS),
        fallback: Fallback::Required,
        models: &[],
        doc: "the model to train: `logistic_regression`, `svm` and `naive_bayes` for classification, `elastic_net` for \
              regression, the others for both",
    },
    Input {
        name: "seed",
        kind: InputKind::Int {
            min: 0,
            max: i64::MAX,
        },
        fallback: Fallback::Value("0"),
        models: &[],
        doc: "of all that is random: equal data, hyperparameters and seed give an equal model, byte for byte",
    },
];

static INPUTS: LazyLock<Vec<Input>> = LazyLock::new(|| [TRAINING, HYPERPARAMETERS].concat());

/// The metric reported of the training data itself.
fn training_metric(task: Task) -> (&'static str, &'static str) {
    match task {
        Task::Classification => ("train_accuracy", "accuracy"),
        Task::Regression => ("train_r2", "r2"),
    }
}

impl Component for Train {
    fn name(&self) -> &'static str {
        "train"
    }

    fn version(&self) -> u32 {
        1
    }

    fn summary(&self) -> &'static str {
        "Trains a model. A hyperparameter that the model does not have is refused, so give parameters of one model \
         among several a condition (`when:`); `null` counts as not given. The artifact is a JSON file. \
         `logistic_regression`, `svm` and `elastic_net` want scaled features (`scale: standard`): without, they are slow \
         or fail. Class \
         probabilities are the mean of the leaves' class shares (`random_forest`, `decision_tree`), the softmax of \
         linear scores (`logistic_regression`), the posterior (`naive_bayes`), and for `gradient_boosting` and `svm` \
         logistic curves of one model per class against the rest, made to add up to 1 (`svm`: Platt's scaling of the \
         training rows' decision values)."
    }

    fn inputs(&self) -> &[Input] {
        &INPUTS
    }

    fn artifacts(&self) -> &[&'static str] {
        &["model"]
    }

    fn values(&self) -> &[&'static str] {
        &["task", "train_rows", "features"]
    }

    fn metrics(&self, with: &StaticWith) -> Vec<String> {
        let task = with.get("task").cloned().flatten().unwrap_or_default();
        let tasks: &[Task] = match task.as_str() {
            Some("classification") => &[Task::Classification],
            Some("regression") => &[Task::Regression],
            _ => &[Task::Classification, Task::Regression],
        };
        let names = tasks.iter().map(|&task| training_metric(task).0.to_owned());
        names.collect()
    }

    fn run(&self, with: &Map<String, Json>, output: &mut dyn Output) -> Result<(), ComponentError> {
        let inputs = Inputs::read(&INPUTS, with)?;
        let data = read_data(&inputs)?;
        let model = fit(&inputs, &data)?;
        model.write(&output.artifact_path("model"))?;
        output.log(&format!(
            "trained {} on {} rows and {} features",
            model.model,
            data.rows(),
            data.features.len()
        ));
        let scores = metrics::score(&data.target, &model.classes, &model.predict(&data.x))?;
        let (reported, metric) = training_metric(model.task);
        output.metric(reported, scores.get(metric), None);
        output.value("task", json!(model.task.name()));
        output.value("train_rows", json!(data.rows()));
        output.value("features", json!(data.features.len()));
        Ok(())
    }
}

/// The data that the inputs in [`TRAINING`] describe.
pub(crate) fn read_data(inputs: &Inputs) -> Result<Data, ComponentError> {
    let path = inputs.text("data");
    let target = inputs.text_if_given("target");
    Data::read(Path::new(&path), target.as_deref(), Task::given(inputs))
}
