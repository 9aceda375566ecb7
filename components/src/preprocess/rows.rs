//! Which columns and rows take part, and the target as it will be written.

use std::collections::HashMap;

use crate::component::Output;
use crate::data::Task;
use crate::error::ComponentError;
use crate::table::Table;

/// Texts that stand for a missing value.
const MISSING: &[&str] = &["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"];

pub(super) fn is_missing(cell: &str) -> bool {
    MISSING.contains(&cell)
}

/// All columns but the target and the dropped ones.
pub(super) fn feature_columns(
    table: &Table,
    target: usize,
    dropped: &[String],
) -> Result<Vec<usize>, ComponentError> {
    let dropped = dropped
        .iter()
        .map(|name| table.column(name))
        .collect::<Result<Vec<_>, _>>()?;
    if dropped.contains(&target) {
        return Err(ComponentError::unfit(
            format!("the target `{}` is dropped", table.header[target]),
            "name another column in `target`, or take it out of `drop`",
        ));
    }
    let columns: Vec<usize> = (0..table.header.len())
        .filter(|column| *column != target && !dropped.contains(column))
        .collect();
    if columns.is_empty() {
        return Err(ComponentError::unfit(
            "no feature is left",
            "take a column out of `drop`",
        ));
    }
    Ok(columns)
}

/// With `missing: drop`, removes the rows in which a used cell is missing. Otherwise refuses rows without a target, and
/// with `missing: error` any missing cell.
pub(super) fn drop_incomplete(
    table: &mut Table,
    columns: &[usize],
    target: usize,
    missing: &str,
    output: &mut dyn Output,
) -> Result<(), ComponentError> {
    const HELP: &str = "set `missing: drop` to leave such rows out, or `missing: mean` to fill in missing features";
    if missing == "drop" {
        let before = table.rows.len();
        let used = || columns.iter().chain([&target]);
        table
            .rows
            .retain(|row| !used().any(|&column| is_missing(&row[column])));
        if table.rows.is_empty() {
            return Err(ComponentError::unfit(
                format!("every row of `{}` has a missing cell", table.source),
                "set `missing: mean`, or name columns without values in `drop`",
            ));
        }
        if before > table.rows.len() {
            output.log(&format!(
                "dropped {} of {before} rows for missing cells",
                before - table.rows.len()
            ));
        }
        return Ok(());
    }
    for (row, cells) in table.rows.iter().enumerate() {
        if is_missing(&cells[target]) {
            return Err(table.error(
                row,
                target,
                "has no value, and it is the target",
                "set `missing: drop` to leave such rows out",
            ));
        }
        let refused = columns.iter().find(|&&column| is_missing(&cells[column]));
        if let (Some(&column), "error") = (refused, missing) {
            return Err(table.error(row, column, "has no value", HELP));
        }
    }
    Ok(())
}

/// The task, and every row's target as text from which the same task follows again: regression targets always have a
/// decimal point, classes that are whole numbers never do.
pub(super) fn target_texts(
    table: &Table,
    target: usize,
    task: Option<Task>,
) -> Result<(Task, Vec<String>), ComponentError> {
    let cells = table.rows.iter().map(|row| &row[target]);
    let task = task.unwrap_or_else(|| Task::of_target(cells.clone()));
    let texts = match task {
        Task::Regression => (0..table.rows.len())
            .map(|row| {
                let help = "a regression target must be a finite number; for classes set `task: classification`";
                Ok(format!("{:?}", table.number(row, target, help)?))
            })
            .collect::<Result<_, _>>()?,
        Task::Classification => cells.map(whole_number_text).collect(),
    };
    Ok((task, texts))
}

fn whole_number_text(cell: &str) -> String {
    match cell.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && number.abs() < 9e15 => (number as i64).to_string(),
        _ => cell.to_owned(),
    }
}

/// The class of each row as a number, in order of appearance.
pub(super) fn groups(labels: &[String]) -> Vec<usize> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    labels
        .iter()
        .map(|label| {
            let next = numbers.len();
            *numbers.entry(label).or_insert(next)
        })
        .collect()
}
