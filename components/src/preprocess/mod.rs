//! Component `preprocess`: a data set in, a training and a test file of plain numbers out.
//!
//! Everything that is learned from data (fillings, categories, scales, principal components) is learned from the
//! training part alone and applied to both, so that the test part stays unseen.

mod encode;
mod parts;
mod reduce;
mod rows;
mod scale;
#[cfg(test)]
mod tests;

use std::ops::Bound::Excluded;

use serde_json::{Map, Value as Json};

use crate::component::{Component, Output, StaticWith};
use crate::data::TASKS;
use crate::datasets;
use crate::error::ComponentError;
use crate::inputs::{Fallback, Input, InputKind, InputProblem, Inputs, check_inputs};

use parts::Parts;
use scale::SCALES;

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
        Parts::prepare(&inputs, output)?.write(output)
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
