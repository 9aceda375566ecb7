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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Recorder, pipeline};

    fn trained() -> Recorder {
        let preprocess = json!({ "dataset": "iris", "test_fraction": 0.3, "seed": 7 });
        pipeline(&preprocess, &json!({ "model": "naive_bayes" })).unwrap()
    }

    #[test]
    fn the_report_holds_every_metric_and_class() {
        let done = trained();
        let report: Json = serde_json::from_str(&done.artifact("report")).unwrap();
        assert_eq!(
            report["metrics"]["accuracy"],
            json!(done.metric("accuracy"))
        );
        assert_eq!(report["rows"], 45);
        assert_eq!(report["classes"]["setosa"]["rows"], 15);
        assert_eq!(
            report["confusion_matrix"]["rows_by_truth"][0],
            json!([15, 0, 0])
        );
        assert_eq!(*done.value("rows"), 45);
    }

    #[test]
    fn columns_are_found_by_name() {
        let done = trained();
        let swapped = |line: &str| {
            let cells: Vec<_> = line.split(',').rev().collect();
            format!("{},{}\n", cells.join(","), cells.len())
        };
        let text: String = done.artifact("test").lines().map(swapped).collect();
        let mut other = Recorder::new();
        let with = json!({
            "model": done.path("model"),
            "data": other.file("swapped.csv", text.as_bytes()),
            "metrics": ["accuracy"],
        });
        other.run("evaluate", &with).unwrap();
        assert_eq!(
            other.metrics,
            [("accuracy".to_owned(), done.metric("accuracy"), None)]
        );
    }

    #[test]
    fn a_column_that_is_not_there_is_named() {
        let done = trained();
        let mut other = Recorder::new();
        let text = done
            .artifact("test")
            .replace("petal_width", "petal_breadth");
        let data = other.file("renamed.csv", text.as_bytes());
        let with = json!({ "model": done.path("model"), "data": data });
        let error = other.run("evaluate", &with).unwrap_err();
        assert!(
            error.to_string().ends_with("has no column `petal_width`"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let with = json!({ "model": "/nowhere/model", "data": "/nowhere/data" });
        let error = Recorder::new().run("evaluate", &with).unwrap_err();
        assert_eq!(error.to_string(), "cannot read `/nowhere/model`");
    }
}
