//! Component `preprocess`: a data set in, a training and a test file of plain numbers out.
//!
//! Everything that is learned from data (fillings, categories, scales, principal components) is learned from the
//! training part alone and applied to both, so that the test part stays unseen.

mod encode;
mod reduce;
mod rows;
mod scale;
#[cfg(test)]
mod tests;

use std::io::{BufWriter, Write};
use std::ops::Bound::Excluded;
use std::path::Path;

use ndarray::Array2;
use serde_json::{Map, Value as Json, json};

use crate::component::{Component, Output, StaticWith};
use crate::data::{TASKS, Task};
use crate::datasets;
use crate::error::ComponentError;
use crate::inputs::{Fallback, Input, InputKind, InputProblem, Inputs, check_inputs};
use crate::split::train_test;
use crate::table::Table;

use encode::Encoder;
use reduce::Reducer;
use scale::{SCALES, Scaler};

/// The component `preprocess`.
pub(crate) struct Preprocess;

const INPUTS: &[Input] = &[
    input(
        "dataset",
        InputKind::Choice(datasets::NAMES),
        Fallback::Described("none; give `csv` instead"),
        "a built-in data set",
    ),
    input(
        "csv",
        InputKind::Path,
        Fallback::Described("none; give `dataset` instead"),
        "a CSV file of your own: comma-separated, UTF-8, with a header",
    ),
    input(
        "target",
        InputKind::Text,
        Fallback::Described("the last column"),
        "the column to be predicted",
    ),
    input(
        "task",
        InputKind::Choice(TASKS),
        Fallback::Value("\"auto\""),
        "what to predict; `auto` takes numbers written with a decimal point, or more than 20 different ones, for a regression target, and everything else for classes",
    ),
    input(
        "drop",
        InputKind::Texts,
        Fallback::Value("[]"),
        "columns to leave out, such as row numbers",
    ),
    input(
        "categorical",
        InputKind::Texts,
        Fallback::Described("the columns that hold text"),
        "further columns to encode as categories although they hold numbers",
    ),
    input(
        "missing",
        InputKind::Choice(&["error", "drop", "mean"]),
        Fallback::Value("\"error\""),
        "what to do about empty cells (also `NA`, `N/A`, `NaN`, `null`, `?`): refuse them, drop their rows, or fill in the training part's mean (numbers) or most frequent category (text); a row without a target can only be dropped",
    ),
    input(
        "test_fraction",
        InputKind::Float {
            min: Excluded(0.0),
            max: Excluded(1.0),
        },
        Fallback::Value("0.25"),
        "share of the rows that go to `test`",
    ),
    input(
        "stratify",
        InputKind::Bool,
        Fallback::Described("`true` for classification, `false` for regression"),
        "keep the share of every class alike in both parts; classification only",
    ),
    input(
        "scale",
        InputKind::Choice(SCALES),
        Fallback::Value("\"none\""),
        "`standard`: mean 0 and deviation 1; `min_max`: from 0 to 1. Columns made from categories stay 0 or 1",
    ),
    input(
        "pca",
        InputKind::Int {
            min: 1,
            max: 10_000,
        },
        Fallback::Described("no reduction"),
        "replace the features by this many principal components, `pc1`, `pc2` …",
    ),
    input(
        "seed",
        InputKind::Int {
            min: 0,
            max: i64::MAX,
        },
        Fallback::Value("0"),
        "decides which rows are drawn",
    ),
];

const fn input(
    name: &'static str,
    kind: InputKind,
    fallback: Fallback,
    doc: &'static str,
) -> Input {
    Input {
        name,
        kind,
        fallback,
        models: &[],
        doc,
    }
}

impl Component for Preprocess {
    fn name(&self) -> &'static str {
        "preprocess"
    }

    fn version(&self) -> u32 {
        1
    }

    fn summary(&self) -> &'static str {
        "Splits a data set into a training and a test part and turns it into plain numbers: text columns become one \
         0/1 column per category (an unseen category is all zeros), missing cells are filled, features are scaled and \
         reduced. All of it is fitted on the training part only. Both artifacts are CSV files with a header, features \
         first, target last."
    }

    fn inputs(&self) -> &[Input] {
        INPUTS
    }

    fn artifacts(&self) -> &[&'static str] {
        &["train", "test"]
    }

    fn values(&self) -> &[&'static str] {
        &["task", "target", "features", "train_rows", "test_rows"]
    }

    fn check(&self, with: &StaticWith) -> Vec<InputProblem> {
        let mut problems = check_inputs(INPUTS, with);
        problems.extend(one_source(with));
        problems
    }

    fn metrics(&self, _with: &StaticWith) -> Vec<String> {
        Vec::new()
    }

    fn run(&self, with: &Map<String, Json>, output: &mut dyn Output) -> Result<(), ComponentError> {
        let inputs = Inputs::read(INPUTS, with)?;
        let known = with.iter().map(|(k, v)| (k.clone(), Some(v.clone())));
        if let Some(problem) = one_source(&known.collect()) {
            return Err(ComponentError::Inputs(vec![problem]));
        }
        let prepared = prepare(&inputs, output)?;
        prepared.write(output)
    }
}

/// Exactly one of `dataset` and `csv`; a value known only at run time may turn out to be null.
fn one_source(with: &StaticWith) -> Option<InputProblem> {
    let absent = |key| matches!(with.get(key), None | Some(Some(Json::Null)));
    let certain = |key| matches!(with.get(key), Some(Some(value)) if !value.is_null());
    let message = if absent("dataset") && absent("csv") {
        "neither `dataset` nor `csv` is given"
    } else if certain("dataset") && certain("csv") {
        "`dataset` and `csv` exclude each other"
    } else {
        return None;
    };
    let help = "name a built-in data set with `dataset`, or your own file with `csv`";
    Some(InputProblem::new("dataset", message, help))
}

/// The finished parts, before they are written.
struct Prepared {
    features: Vec<String>,
    target_name: String,
    task: Task,
    train: Part,
    test: Part,
}

struct Part {
    x: Array2<f64>,
    target: Vec<String>,
}

fn prepare(inputs: &Inputs, output: &mut dyn Output) -> Result<Prepared, ComponentError> {
    let mut table = load(inputs)?;
    let target = table.target(inputs.text_if_given("target").as_deref())?;
    let columns = rows::feature_columns(&table, target, &inputs.texts("drop"))?;
    rows::drop_incomplete(
        &mut table,
        &columns,
        target,
        &inputs.text("missing"),
        output,
    )?;
    let (task, labels) = rows::target_texts(&table, target, Task::given(inputs))?;
    let (train, test) = split(inputs, task, &labels)?;

    let encoder = Encoder::fit(&table, &columns, &inputs.texts("categorical"), &train)?;
    let mut train_x = encoder.transform(&table, &train)?;
    let mut test_x = encoder.transform(&table, &test)?;
    let scaler = Scaler::fit(&inputs.text("scale"), &train_x, &encoder.numeric());
    scaler.transform(&mut train_x);
    scaler.transform(&mut test_x);
    let mut features = encoder.names();
    if let Some(count) = inputs.int_if_given("pca") {
        let reducer = Reducer::fit(&train_x, count)?;
        features = reducer.names();
        train_x = reducer.transform(&train_x);
        test_x = reducer.transform(&test_x);
    }

    let texts = |rows: &[usize]| rows.iter().map(|&row| labels[row].clone()).collect();
    Ok(Prepared {
        features,
        target_name: table.header[target].clone(),
        task,
        train: Part {
            x: train_x,
            target: texts(&train),
        },
        test: Part {
            x: test_x,
            target: texts(&test),
        },
    })
}

fn load(inputs: &Inputs) -> Result<Table, ComponentError> {
    match inputs.text_if_given("csv") {
        Some(path) => Table::read(Path::new(&path)),
        None => datasets::load(&inputs.text("dataset")),
    }
}

fn split(
    inputs: &Inputs,
    task: Task,
    labels: &[String],
) -> Result<(Vec<usize>, Vec<usize>), ComponentError> {
    if labels.len() < 2 {
        return Err(ComponentError::unfit(
            "the data has only one row",
            "a split needs at least two rows, one to train on and one to test",
        ));
    }
    let classification = task == Task::Classification;
    let stratify = inputs.bool_if_given("stratify").unwrap_or(classification);
    if stratify && !classification {
        return Err(ComponentError::unfit(
            "`stratify` is set, but the task is regression",
            "stratification needs classes; leave `stratify` out or set `task: classification`",
        ));
    }
    let groups = if stratify {
        rows::groups(labels)
    } else {
        vec![0; labels.len()]
    };
    let seed = inputs.int("seed") as u64;
    Ok(train_test(&groups, inputs.float("test_fraction"), seed))
}

impl Prepared {
    fn write(&self, output: &mut dyn Output) -> Result<(), ComponentError> {
        for (name, part) in [("train", &self.train), ("test", &self.test)] {
            let path = output.artifact_path(name);
            self.write_part(&path, part)
                .map_err(ComponentError::writing(&path))?;
        }
        let (train_rows, test_rows) = (self.train.target.len(), self.test.target.len());
        output.log(&format!(
            "{train_rows} rows to train on, {test_rows} to test, {} features, {} of `{}`",
            self.features.len(),
            self.task.name(),
            self.target_name,
        ));
        output.value("task", json!(self.task.name()));
        output.value("target", json!(self.target_name));
        output.value("features", json!(self.features.len()));
        output.value("train_rows", json!(train_rows));
        output.value("test_rows", json!(test_rows));
        Ok(())
    }

    /// Writes numbers in the shortest form that reads back as the same number.
    fn write_part(&self, path: &Path, part: &Part) -> std::io::Result<()> {
        let file = BufWriter::new(std::fs::File::create(path)?);
        let mut writer = csv::Writer::from_writer(file);
        let target = std::iter::once(&self.target_name);
        writer.write_record(self.features.iter().chain(target))?;
        for (numbers, label) in part.x.outer_iter().zip(&part.target) {
            for number in numbers {
                writer.write_field(format!("{number:?}"))?;
            }
            writer.write_field(label)?;
            writer.write_record(None::<&[u8]>)?;
        }
        writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?
            .flush()
    }
}
