//! Component `evaluate`: a model and a file of numbers in, metrics and a report out.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use crate::component::{Component, Output, StaticWith};
use crate::data::Data;
use crate::error::ComponentError;
use crate::inputs::{Fallback, Input, InputKind, Inputs};
use crate::metrics::{self, Scores};
use crate::models::Model;

/// The component `evaluate`.
pub(crate) struct Evaluate;

/// Which metrics to report: shared with `cross_validate`.
pub(crate) const METRICS: Input = Input {
    name: "metrics",
    kind: InputKind::Choices(metrics::ALL),
    fallback: Fallback::Described("all metrics of the task"),
    models: &[],
    doc: "what to report: `accuracy` to `roc_auc` for classification (`precision`, `recall` and `f1` are unweighted \
          means over the classes, `roc_auc` that of each class against the rest), `rmse`, `mae` and `r2` for regression",
};

const INPUTS: &[Input] = &[
    Input {
        name: "model",
        kind: InputKind::Path,
        fallback: Fallback::Required,
        models: &[],
        doc: "artifact `model` of `train`",
    },
    Input {
        name: "data",
        kind: InputKind::Path,
        fallback: Fallback::Required,
        models: &[],
        doc: "a CSV file with the columns that the model was trained on, in any order, such as artifact `test` of \
              `preprocess`",
    },
    METRICS,
];

impl Component for Evaluate {
    fn name(&self) -> &'static str {
        "evaluate"
    }

    fn version(&self) -> u32 {
        1
    }

    fn summary(&self) -> &'static str {
        "Measures a model on data that it was not trained on. The report is a JSON file with all metrics of the task \
         and, for classification, the figures of every class and the confusion matrix (rows by truth, columns by \
         prediction). Conventions are scikit-learn's; a metric that is undefined, such as `roc_auc` of a single class, \
         is not a number."
    }

    fn inputs(&self) -> &[Input] {
        INPUTS
    }

    fn artifacts(&self) -> &[&'static str] {
        &["report"]
    }

    fn values(&self) -> &[&'static str] {
        &["rows"]
    }

    fn metrics(&self, with: &StaticWith) -> Vec<String> {
        metrics::static_choice(with)
    }

    fn run(&self, with: &Map<String, Json>, output: &mut dyn Output) -> Result<(), ComponentError> {
        let inputs = Inputs::read(INPUTS, with)?;
        let model = Model::read(Path::new(&inputs.text("model")))?;
        let chosen = metrics::choice(&inputs.texts("metrics"), model.task)?;
        let path = inputs.text("data");
        let path = Path::new(&path);
        let data = Data::read_columns(path, &model.features, &model.target, model.task)?;
        let scores = metrics::score(&data.target, &model.classes, &model.predict(&data.x))?;
        write_report(&output.artifact_path("report"), &model, &scores)?;
        for name in &chosen {
            output.metric(name, scores.get(name), None);
        }
        output.value("rows", json!(data.rows()));
        Ok(())
    }
}

fn write_report(path: &Path, model: &Model, scores: &Scores) -> Result<(), ComponentError> {
    let mut report = Map::from_iter([
        ("model".to_owned(), json!(model.model)),
        ("task".to_owned(), json!(model.task)),
    ]);
    report.extend(scores.report());
    let text = format!("{:#}\n", Json::Object(report));
    std::fs::write(path, text).map_err(ComponentError::writing(path))
}
