//! Data that can be learned from: a matrix of finite numbers and a target, read from a CSV file.
//!
//! The target decides the task. A column of numbers is a regression target when any of them is written with a decimal
//! point or an exponent, or when more than [`MOST_CLASSES`] different ones occur; everything else names classes.
//! `preprocess` writes its files such that this rule finds the task that it worked for, as far as that is possible.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::error::ComponentError;
use crate::inputs::Inputs;
use crate::table::Table;

/// With more different whole numbers than this, a target is taken for a quantity.
const MOST_CLASSES: usize = 20;

/// More classes than this are a mistake: models grow with every class.
const MOST_LABELS: usize = 1000;

/// The words that `task:` accepts.
pub(crate) const TASKS: &[&str] = &["auto", "classification", "regression"];

/// What is to be learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Task {
    Classification,
    Regression,
}

impl Task {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Regression => "regression",
        }
    }

    /// The task that input `task` names; none for `auto`.
    pub(crate) fn given(inputs: &Inputs) -> Option<Self> {
        match inputs.text("task").as_str() {
            "classification" => Some(Self::Classification),
            "regression" => Some(Self::Regression),
            _ => None,
        }
    }

    /// The task that the texts of a target column speak of.
    pub(crate) fn of_target<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let cells: BTreeSet<&str> = cells.collect();
        let numeric = |cell: &&str| cell.parse::<f64>().is_ok_and(f64::is_finite);
        let fraction = |cell: &&str| cell.contains(['.', 'e', 'E']);
        let quantity = cells.len() > MOST_CLASSES || cells.iter().any(fraction);
        if quantity && cells.iter().all(numeric) {
            Self::Regression
        } else {
            Self::Classification
        }
    }
}

/// What belongs to each row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    /// `labels[row]` is the position in `classes`, which are sorted.
    Classes {
        labels: Vec<usize>,
        classes: Vec<String>,
    },
    /// One finite number per row.
    Numbers(Vec<f64>),
}

/// A data set: `x` is rows × features.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Data {
    pub features: Vec<String>,
    pub target_name: String,
    pub x: Array2<f64>,
    pub target: Target,
}

impl Data {
    /// Reads a CSV file of numbers. `target` is the last column unless named, the task follows from it unless given.
    pub(crate) fn read(
        path: &Path,
        target: Option<&str>,
        task: Option<Task>,
    ) -> Result<Self, ComponentError> {
        let table = Table::read(path)?;
        let target = table.target(target)?;
        let columns: Vec<usize> = (0..table.header.len()).filter(|&c| c != target).collect();
        Self::from_table(&table, &columns, target, task)
    }

    /// Reads the columns called `features` and `target`, in this order, wherever they stand in the file.
    pub(crate) fn read_columns(
        path: &Path,
        features: &[String],
        target: &str,
        task: Task,
    ) -> Result<Self, ComponentError> {
        let table = Table::read(path)?;
        let columns = features
            .iter()
            .map(|name| table.column(name))
            .collect::<Result<Vec<_>, _>>()?;
        let target = table.column(target)?;
        Self::from_table(&table, &columns, target, Some(task))
    }

    fn from_table(
        table: &Table,
        columns: &[usize],
        target: usize,
        task: Option<Task>,
    ) -> Result<Self, ComponentError> {
        const HELP: &str =
            "features must be finite numbers: `preprocess` encodes text and fills what is missing";
        let mut x = Array2::zeros((table.rows.len(), columns.len()));
        for (row, mut numbers) in x.axis_iter_mut(Axis(0)).enumerate() {
            for (number, &column) in numbers.iter_mut().zip(columns) {
                *number = table.number(row, column, HELP)?;
            }
        }
        let cells = table.rows.iter().map(|row| &row[target]);
        let target_values = match task.unwrap_or_else(|| Task::of_target(cells)) {
            Task::Classification => classes(table, target)?,
            Task::Regression => Target::Numbers(numbers(table, target)?),
        };
        Ok(Self {
            features: columns.iter().map(|&c| table.header[c].clone()).collect(),
            target_name: table.header[target].clone(),
            x,
            target: target_values,
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.x.nrows()
    }

    pub(crate) fn task(&self) -> Task {
        match self.target {
            Target::Classes { .. } => Task::Classification,
            Target::Numbers(_) => Task::Regression,
        }
    }

    /// The rows at these positions, with only those classes that remain.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        let target = match &self.target {
            Target::Classes { labels, classes } => select_classes(labels, classes, rows),
            Target::Numbers(numbers) => {
                Target::Numbers(rows.iter().map(|&row| numbers[row]).collect())
            }
        };
        Self {
            features: self.features.clone(),
            target_name: self.target_name.clone(),
            x: self.x.select(Axis(0), rows),
            target,
        }
    }
}

fn select_classes(labels: &[usize], classes: &[String], rows: &[usize]) -> Target {
    let remaining: BTreeSet<usize> = rows.iter().map(|&row| labels[row]).collect();
    let renumbered: HashMap<usize, usize> = remaining.iter().copied().zip(0..).collect();
    Target::Classes {
        labels: rows.iter().map(|&row| renumbered[&labels[row]]).collect(),
        classes: remaining
            .into_iter()
            .map(|old| classes[old].clone())
            .collect(),
    }
}

fn numbers(table: &Table, target: usize) -> Result<Vec<f64>, ComponentError> {
    const HELP: &str =
        "a regression target must be a finite number; for classes set `task: classification`";
    (0..table.rows.len())
        .map(|row| table.number(row, target, HELP))
        .collect()
}

fn classes(table: &Table, target: usize) -> Result<Target, ComponentError> {
    if let Some(row) = table.rows.iter().position(|row| row[target].is_empty()) {
        return Err(table.error(row, target, "is empty", "every row needs a class"));
    }
    let cells = table.rows.iter().map(|row| &row[target]);
    let classes = sorted_classes(cells.clone());
    if classes.len() > MOST_LABELS {
        return Err(ComponentError::unfit(
            format!(
                "target `{}` has {} different classes, more than {MOST_LABELS}",
                table.header[target],
                classes.len()
            ),
            "for a quantity set `task: regression`; otherwise name the right column in `target`",
        ));
    }
    let numbers: HashMap<&str, usize> = classes.iter().map(String::as_str).zip(0..).collect();
    let labels = cells.map(|cell| numbers[cell]).collect();
    Ok(Target::Classes { labels, classes })
}

/// The different labels: in numeric order if all are numbers, else in alphabetic order.
pub(crate) fn sorted_classes<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<String> {
    let classes: BTreeSet<&str> = cells.collect();
    let mut classes: Vec<String> = classes.into_iter().map(str::to_owned).collect();
    let numbers: Result<Vec<f64>, _> = classes.iter().map(|class| class.parse()).collect();
    if numbers.is_ok() {
        let number = |class: &String| class.parse::<f64>().unwrap_or(f64::NAN);
        classes.sort_by(|a, b| number(a).total_cmp(&number(b)));
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(cells: &[&str]) -> Task {
        Task::of_target(cells.iter().copied())
    }

    fn parse(text: &str, target: Option<&str>, task: Option<Task>) -> Result<Data, ComponentError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Data::read(file.path(), target, task)
    }

    #[test]
    fn the_target_decides_the_task() {
        assert_eq!(task(&["1", "2", "10"]), Task::Classification);
        assert_eq!(task(&["1.5", "2"]), Task::Regression);
        assert_eq!(task(&["1.0", "2.0"]), Task::Regression);
        assert_eq!(task(&["1.0", "a"]), Task::Classification);
        assert_eq!(task(&["1", "nan"]), Task::Classification);
        let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
        assert_eq!(
            Task::of_target(many.iter().map(String::as_str)),
            Task::Regression
        );
    }

    #[test]
    fn classes_are_sorted_as_numbers_or_as_words() {
        assert_eq!(sorted_classes(["10", "9", "9"].into_iter()), ["9", "10"]);
        assert_eq!(
            sorted_classes(["b", "a", "10"].into_iter()),
            ["10", "a", "b"]
        );
    }

    #[test]
    fn the_target_may_stand_anywhere() {
        let data = parse("y,a\nno,1\nyes,2.5\n", Some("y"), None).unwrap();
        assert_eq!(data.features, ["a"]);
        assert_eq!(data.x, ndarray::array![[1.0], [2.5]]);
        assert_eq!(
            data.target,
            Target::Classes {
                labels: vec![0, 1],
                classes: vec!["no".to_owned(), "yes".to_owned()]
            }
        );
    }

    #[test]
    fn a_selection_has_only_the_classes_that_remain() {
        let data = parse("a,y\n1,x\n2,y\n3,z\n4,z\n", None, None).unwrap();
        let target = data.select(&[3, 0]).target;
        let classes = vec!["x".to_owned(), "z".to_owned()];
        assert_eq!(
            target,
            Target::Classes {
                labels: vec![1, 0],
                classes
            }
        );
    }

    #[test]
    fn what_is_no_finite_number_is_named_with_its_place() {
        for (cell, problem) in [
            ("abc", "not a number"),
            ("", "not a number"),
            ("inf", "not finite"),
            ("1e999", "not finite"),
            ("NaN", "not finite"),
            ("1e101", "too large"),
        ] {
            let error = parse(&format!("a,y\n1,x\n{cell},y\n"), None, None).unwrap_err();
            let message = error.to_string();
            assert!(message.contains("line 3: column `a`"), "{message}");
            assert!(message.contains(problem), "{message}");
        }
        let error = parse("a,y\n1,x\n", None, Some(Task::Regression)).unwrap_err();
        assert!(error.help().unwrap().contains("task: classification"));
    }
}
