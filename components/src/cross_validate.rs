//! Component `cross_validate`: trains and measures a model once per fold, each time on the rows of the other folds.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

use crate::component::{Component, Output, StaticWith};
use crate::data::{Data, Target};
use crate::error::ComponentError;
use crate::evaluate::METRICS;
use crate::inputs::{Fallback, Input, InputKind, Inputs};
use crate::metrics;
use crate::models::{HYPERPARAMETERS, fit};
use crate::split::{complement, folds};
use crate::train::{TRAINING, read_data};

/// The component `cross_validate`.
pub(crate) struct CrossValidate;

const FOLDING: &[Input] = &[
    Input {
        name: "folds",
        kind: InputKind::Int { min: 2, max: 1000 },
        fallback: Fallback::Value("5"),
        models: &[],
        doc: "number of folds",
    },
    Input {
        name: "stratify",
        kind: InputKind::Bool,
        fallback: Fallback::Described("`true` for classification, `false` for regression"),
        models: &[],
        doc: "keep the share of every class alike in all folds; classification only",
    },
    METRICS,
];

static INPUTS: LazyLock<Vec<Input>> =
    LazyLock::new(|| [TRAINING, FOLDING, HYPERPARAMETERS].concat());

impl Component for CrossValidate {
    fn name(&self) -> &'static str {
        "cross_validate"
    }

    fn version(&self) -> u32 {
        1
    }

    fn summary(&self) -> &'static str {
        "Trains a model on all folds but one and measures it on that one, for each fold in turn; no model is kept. What \
         `preprocess` fitted it has fitted on all of them. \
         After each fold its metrics are reported under their own names, with the number of the fold (from 1) as the \
         level; at the end `<metric>_mean` and `<metric>_std` (population deviation). So take `metric: accuracy` with \
         `strategy: mean`, which lets a stopper act between folds, or `metric: accuracy_mean`. The seed decides both \
         the folds and the training."
    }

    fn inputs(&self) -> &[Input] {
        &INPUTS
    }

    fn artifacts(&self) -> &[&'static str] {
        &[]
    }

    fn values(&self) -> &[&'static str] {
        &["rows"]
    }

    fn metrics(&self, with: &StaticWith) -> Vec<String> {
        let names = metrics::static_choice(with);
        let summaries = names
            .iter()
            .flat_map(|name| [mean_name(name), std_name(name)]);
        let summaries: Vec<String> = summaries.collect();
        [names, summaries].concat()
    }

    fn run(&self, with: &Map<String, Json>, output: &mut dyn Output) -> Result<(), ComponentError> {
        let inputs = Inputs::read(&INPUTS, with)?;
        let data = read_data(&inputs)?;
        let chosen = metrics::choice(&inputs.texts("metrics"), data.task())?;
        let folds = divide(&inputs, &data)?;
        let mut values: Vec<Vec<f64>> = vec![Vec::new(); chosen.len()];
        for (level, held_out) in (1..).zip(&folds) {
            let trained = fit(&inputs, &data.select(&complement(held_out, data.rows())))?;
            let unseen = data.select(held_out);
            let predictions = trained.predict(&unseen.x);
            let scores = metrics::score(&unseen.target, &trained.classes, &predictions)?;
            for (name, values) in chosen.iter().zip(&mut values) {
                values.push(scores.get(name));
                output.metric(name, scores.get(name), Some(f64::from(level)));
            }
        }
        for (name, values) in chosen.iter().zip(&values) {
            let (mean, std) = mean_and_std(values);
            output.metric(&mean_name(name), mean, None);
            output.metric(&std_name(name), std, None);
        }
        output.value("rows", json!(data.rows()));
        Ok(())
    }
}

fn divide(inputs: &Inputs, data: &Data) -> Result<Vec<Vec<usize>>, ComponentError> {
    let count = inputs.int("folds");
    if count > data.rows() {
        return Err(ComponentError::unfit(
            format!("{count} folds of {} rows", data.rows()),
            "every fold needs a row: take fewer folds",
        ));
    }
    let stratify = inputs.bool_if_given("stratify");
    let groups = match (&data.target, stratify) {
        (Target::Classes { labels, .. }, None | Some(true)) => labels.clone(),
        (Target::Numbers(_), Some(true)) => {
            return Err(ComponentError::unfit(
                "`stratify` is set, but the task is regression",
                "stratification needs classes; leave `stratify` out or set `task: classification`",
            ));
        }
        _ => vec![0; data.rows()],
    };
    Ok(folds(&groups, count, inputs.int("seed") as u64))
}

fn mean_name(metric: &str) -> String {
    format!("{metric}_mean")
}

fn std_name(metric: &str) -> String {
    format!("{metric}_std")
}

fn mean_and_std(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (mean, (squares / count).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::find;
    use crate::testing::Recorder;

    fn iris(with: Json) -> Result<Recorder, ComponentError> {
        let mut recorder = Recorder::new();
        let mut with = with;
        with["data"] = json!(recorder.file("iris.csv", include_bytes!("../data/iris.csv")));
        recorder.run("cross_validate", &with)?;
        Ok(recorder)
    }

    #[test]
    fn every_fold_is_a_level_and_the_summary_comes_last() {
        let with = json!({ "model": "naive_bayes", "folds": 4, "metrics": ["accuracy", "f1"] });
        let done = iris(with).unwrap();
        let folds: Vec<_> = done
            .metrics
            .iter()
            .filter(|(name, ..)| name == "accuracy")
            .collect();
        let levels: Vec<_> = folds.iter().map(|(.., level)| *level).collect();
        assert_eq!(levels, [Some(1.0), Some(2.0), Some(3.0), Some(4.0)]);
        let mean = folds.iter().map(|(_, value, _)| value).sum::<f64>() / 4.0;
        assert!((done.metric("accuracy_mean") - mean).abs() < 1e-12);
        assert!(mean > 0.9 && done.metric("accuracy_std") < 0.1);
        let last: Vec<_> = done.metrics[8..]
            .iter()
            .map(|(name, ..)| name.as_str())
            .collect();
        assert_eq!(last, ["accuracy_mean", "accuracy_std", "f1_mean", "f1_std"]);
    }

    #[test]
    fn what_is_announced_is_what_is_reported() {
        let component = find("cross_validate").unwrap();
        for metrics in [json!("accuracy"), json!(["f1", "log_loss"]), Json::Null] {
            let with =
                json!({ "model": "naive_bayes", "task": "classification", "metrics": metrics });
            let known = with.as_object().unwrap().clone();
            let known = known.into_iter().map(|(key, value)| (key, Some(value)));
            let mut announced = component.metrics(&known.collect());
            let done = iris(with).unwrap();
            let mut reported: Vec<_> = done.metrics.into_iter().map(|(name, ..)| name).collect();
            announced.sort();
            reported.sort();
            reported.dedup();
            assert_eq!(announced, reported);
        }
    }

    #[test]
    fn the_seed_decides_the_folds() {
        let run = |seed| {
            let with = json!({ "model": "decision_tree", "seed": seed });
            iris(with).unwrap().metrics
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn too_many_folds_and_metrics_of_the_other_task_are_refused() {
        let refusal = |with| iris(with).unwrap_err().to_string();
        let with = json!({ "model": "naive_bayes", "folds": 151 });
        assert_eq!(refusal(with), "151 folds of 150 rows");
        let with = json!({ "model": "naive_bayes", "metrics": ["rmse"] });
        assert_eq!(refusal(with), "`rmse` is no metric of classification");
    }
}
