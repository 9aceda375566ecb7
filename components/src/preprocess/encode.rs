//! From cells to numbers: numeric columns as they are, text columns as one 0/1 column per category.
//!
//! What stands in for a missing cell and which categories there are is learned from the training rows.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::rows::is_missing;
use crate::error::ComponentError;
use crate::table::{Table, shortened};

/// More categories than this in one column are taken for a mistake.
const MOST_CATEGORIES: usize = 1000;

const NUMBER_HELP: &str = "features must be finite numbers; an empty cell counts as missing";

/// How each column becomes numbers.
pub(super) struct Encoder {
    columns: Vec<Column>,
}

struct Column {
    position: usize,
    name: String,
    kind: Kind,
}

enum Kind {
    Number { filling: f64 },
    Categories { known: Vec<String>, filling: String },
}

impl Encoder {
    pub(super) fn fit(
        table: &Table,
        columns: &[usize],
        categorical: &[String],
        train: &[usize],
    ) -> Result<Self, ComponentError> {
        let forced = categorical
            .iter()
            .map(|name| table.column(name))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(&unused) = forced.iter().find(|column| !columns.contains(column)) {
            return Err(ComponentError::unfit(
                format!(
                    "column `{}` is in `categorical`, but it is not a feature",
                    table.header[unused]
                ),
                "`categorical` names features: neither the target nor dropped columns",
            ));
        }
        let fit = |&position: &usize| {
            let numeric = !forced.contains(&position) && holds_numbers(table, position);
            let kind = if numeric {
                fit_number(table, position, train)?
            } else {
                fit_categories(table, position, train)?
            };
            let name = table.header[position].clone();
            Ok(Column {
                position,
                name,
                kind,
            })
        };
        let columns = columns.iter().map(fit).collect::<Result<_, _>>()?;
        Ok(Self { columns })
    }

    /// Names of the resulting features; a category's is `column=category`.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.columns.iter().flat_map(|column| match &column.kind {
            Kind::Number { .. } => vec![column.name.clone()],
            Kind::Categories { known, .. } => known
                .iter()
                .map(|category| format!("{}={category}", column.name))
                .collect(),
        });
        names.collect()
    }

    /// Which of the resulting features are numbers rather than categories.
    pub(super) fn numeric(&self) -> Vec<bool> {
        let flags = self.columns.iter().flat_map(|column| match &column.kind {
            Kind::Number { .. } => vec![true],
            Kind::Categories { known, .. } => vec![false; known.len()],
        });
        flags.collect()
    }

    pub(super) fn transform(
        &self,
        table: &Table,
        rows: &[usize],
    ) -> Result<Array2<f64>, ComponentError> {
        let width = self.names().len();
        let mut x = Array2::zeros((rows.len(), width));
        for (mut numbers, &row) in x.outer_iter_mut().zip(rows) {
            let mut next = 0;
            for column in &self.columns {
                let cell = &table.rows[row][column.position];
                match &column.kind {
                    Kind::Number { filling } => {
                        numbers[next] = match is_missing(cell) {
                            true => *filling,
                            false => table.number(row, column.position, NUMBER_HELP)?,
                        };
                        next += 1;
                    }
                    Kind::Categories { known, filling } => {
                        let category = if is_missing(cell) { filling } else { cell };
                        if let Ok(found) = known.binary_search_by(|k| k.as_str().cmp(category)) {
                            numbers[next + found] = 1.0;
                        }
                        next += known.len();
                    }
                }
            }
        }
        Ok(x)
    }
}

/// Whether all cells that are not missing are numbers, be they finite or not.
fn holds_numbers(table: &Table, column: usize) -> bool {
    let mut cells = table.rows.iter().map(|row| &row[column]);
    cells.all(|cell| is_missing(cell) || cell.parse::<f64>().is_ok())
}

fn present<'a>(
    table: &'a Table,
    column: usize,
    rows: &'a [usize],
) -> impl Iterator<Item = usize> + 'a {
    let present = move |row: &usize| !is_missing(&table.rows[*row][column]);
    rows.iter().copied().filter(present)
}

fn fit_number(table: &Table, column: usize, train: &[usize]) -> Result<Kind, ComponentError> {
    let mut sum = 0.0;
    let mut count = 0.0;
    for row in present(table, column, train) {
        sum += table.number(row, column, NUMBER_HELP)?;
        count += 1.0;
    }
    if count == 0.0 {
        return Err(no_value(table, column));
    }
    Ok(Kind::Number {
        filling: sum / count,
    })
}

fn fit_categories(table: &Table, column: usize, train: &[usize]) -> Result<Kind, ComponentError> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in present(table, column, train) {
        *counts.entry(&table.rows[row][column]).or_default() += 1;
    }
    let most = counts.values().max().copied();
    let Some((filling, _)) = counts.iter().find(|(_, count)| Some(**count) == most) else {
        return Err(no_value(table, column));
    };
    if counts.len() > MOST_CATEGORIES {
        return Err(ComponentError::unfit(
            format!(
                "column `{}` holds text, such as `{}`, and has {} categories, more than {MOST_CATEGORIES}",
                table.header[column],
                shortened(filling),
                counts.len()
            ),
            "name it in `drop`; if it should hold numbers, look for cells that are none",
        ));
    }
    Ok(Kind::Categories {
        filling: (*filling).to_owned(),
        known: counts.into_keys().map(str::to_owned).collect(),
    })
}

fn no_value(table: &Table, column: usize) -> ComponentError {
    ComponentError::unfit(
        format!(
            "column `{}` has no value in the training part",
            table.header[column]
        ),
        "name it in `drop`",
    )
}
