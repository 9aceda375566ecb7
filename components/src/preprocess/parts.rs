//! The two parts in the making: from a table through encoding, scaling and reduction to the files.

use std::io::{BufWriter, Write};
use std::path::Path;

use ndarray::Array2;
use serde_json::json;

use super::encode::Encoder;
use super::reduce::Reducer;
use super::rows;
use super::scale::Scaler;
use crate::component::Output;
use crate::data::Task;
use crate::datasets;
use crate::error::ComponentError;
use crate::inputs::Inputs;
use crate::split::train_test;
use crate::table::Table;

/// The finished parts, before they are written.
pub(super) struct Parts {
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

/// Both parts as numbers, by what the training rows say.
struct Numbers {
    features: Vec<String>,
    train: Array2<f64>,
    test: Array2<f64>,
}

impl Parts {
    pub(super) fn prepare(
        inputs: &Inputs,
        output: &mut dyn Output,
    ) -> Result<Self, ComponentError> {
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
        let numbers = Numbers::make(inputs, &table, &columns, &train, &test)?;
        let part = |rows: &[usize], x| Part {
            x,
            target: rows.iter().map(|&row| labels[row].clone()).collect(),
        };
        Ok(Self {
            features: numbers.features,
            target_name: table.header[target].clone(),
            task,
            train: part(&train, numbers.train),
            test: part(&test, numbers.test),
        })
    }

    /// Writes both artifacts and reports the values.
    pub(super) fn write(&self, output: &mut dyn Output) -> Result<(), ComponentError> {
        for (name, part) in [("train", &self.train), ("test", &self.test)] {
            let path = output.artifact_path(name);
            self.write_part(&path, part)
                .map_err(ComponentError::writing(&path))?;
        }
        self.tell(output);
        output.value("task", json!(self.task.name()));
        output.value("target", json!(self.target_name));
        output.value("features", json!(self.features.len()));
        output.value("train_rows", json!(self.train.target.len()));
        output.value("test_rows", json!(self.test.target.len()));
        Ok(())
    }

    fn tell(&self, output: &mut dyn Output) {
        let task = self.task.name();
        output.log(&format!(
            "{} rows to train on, {} to test, {} features, {task} of `{}`",
            self.train.target.len(),
            self.test.target.len(),
            self.features.len(),
            self.target_name,
        ));
        if Task::of_target(self.train.target.iter().map(String::as_str)) != self.task {
            output.log(&format!(
                "set `task: {task}` for `train` too: the target looks otherwise"
            ));
        }
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

impl Numbers {
    fn make(
        inputs: &Inputs,
        table: &Table,
        columns: &[usize],
        train: &[usize],
        test: &[usize],
    ) -> Result<Self, ComponentError> {
        let encoder = Encoder::fit(table, columns, &inputs.texts("categorical"), train)?;
        let mut encoded = Self {
            features: encoder.names(),
            train: encoder.transform(table, train)?,
            test: encoder.transform(table, test)?,
        };
        let scaler = Scaler::fit(&inputs.text("scale"), &encoded.train, &encoder.numeric());
        scaler.transform(&mut encoded.train);
        scaler.transform(&mut encoded.test);
        let Some(count) = inputs.int_if_given("pca") else {
            return Ok(encoded);
        };
        let reducer = Reducer::fit(&encoded.train, count)?;
        Ok(Self {
            features: reducer.names(),
            train: reducer.transform(&encoded.train),
            test: reducer.transform(&encoded.test),
        })
    }
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
