//! What a list is sorted by, and places in that order.

use super::Found;
use crate::store::cursor::{self, Cursor, Key};
use crate::store::database::{Argument, Row};
use crate::store::encode::{self, METRIC, PARAMETER};
use crate::store::rows::{self, Columns};
use crate::store::{Field, StoreError};

/// What a list is sorted by; by number at the end.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Order {
    Number,
    Column(Column),
    Value { kind: &'static str, name: String },
}

/// A column of trials that has an index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Column {
    Objective,
    State,
    Started,
    Duration,
}

/// Where a page ended.
pub(super) struct Place {
    pub(super) keys: Option<Vec<Argument>>,
    pub(super) number: i64,
}

impl Column {
    /// As a part of the row `row`; as it is in the index.
    pub(super) fn of(self, row: &str) -> String {
        match self {
            Self::Objective => format!("{row}.objective"),
            Self::State => format!("{row}.state"),
            Self::Started => format!("{row}.started_at"),
            Self::Duration => format!("({row}.finished_at - {row}.started_at)"),
        }
    }
}

impl Order {
    pub(super) fn new(field: &Field) -> Self {
        match field {
            Field::Number => Self::Number,
            Field::Objective => Self::Column(Column::Objective),
            Field::State => Self::Column(Column::State),
            Field::Duration => Self::Column(Column::Duration),
            Field::Started => Self::Column(Column::Started),
            Field::Metric(name) => Self::value(METRIC, name),
            Field::Parameter(name) => Self::value(PARAMETER, name),
        }
    }

    fn value(kind: &'static str, name: &str) -> Self {
        let name = encode::text(name).into_owned();
        Self::Value { kind, name }
    }

    pub(super) fn may_be_absent(&self) -> bool {
        !matches!(self, Self::Number | Self::Column(Column::State))
    }

    /// The keys of the row `v`.
    pub(super) fn keys(&self) -> Vec<String> {
        match self {
            Self::Number => Vec::new(),
            Self::Column(column) => vec![column.of("v")],
            Self::Value { .. } => ["v.rank", "v.number", "v.text"].map(str::to_owned).into(),
        }
    }

    /// Whether the rows are those of `trial_values`.
    pub(super) fn is_of_values(&self, present: bool) -> bool {
        present && matches!(self, Self::Value { .. })
    }

    pub(super) fn found(&self, row: &Row, present: bool) -> Result<Found, StoreError> {
        let mut columns = Columns::of(row);
        let trial = rows::trial_of(&mut columns)?;
        let keys = match (self, present) {
            (Self::Number, _) => Some(Vec::new()),
            (_, false) => None,
            (Self::Column(Column::Objective), true) => Some(vec![real(&mut columns)?]),
            (Self::Column(Column::State), true) => Some(vec![Key::Text(columns.take()?)]),
            (Self::Column(_), true) => Some(vec![Key::Int(columns.take()?)]),
            (Self::Value { .. }, true) => Some(vec![
                Key::Int(columns.take()?),
                real(&mut columns)?,
                Key::Text(columns.take()?),
            ]),
        };
        Ok(Found { trial, keys })
    }

    /// A place in this order, unless the cursor is of another.
    pub(super) fn place(&self, cursor: &Cursor) -> Result<Place, StoreError> {
        let number = cursor.number;
        let keys = cursor.keys.as_deref();
        let keys = match (self, keys) {
            (Self::Number, Some([])) => Some(Vec::new()),
            (_, None) if self.may_be_absent() => None,
            (Self::Column(Column::Objective), Some([key @ Key::Real(_)]))
            | (Self::Column(Column::State), Some([key @ Key::Text(_)]))
            | (Self::Column(Column::Started | Column::Duration), Some([key @ Key::Int(_)])) => {
                Some(vec![argument(key)])
            }
            (Self::Value { .. }, Some(keys @ [Key::Int(_), Key::Real(_), Key::Text(_)])) => {
                Some(keys.iter().map(argument).collect())
            }
            _ => return Err(cursor::unknown()),
        };
        Ok(Place { keys, number })
    }
}

fn real(columns: &mut Columns<'_>) -> Result<Key, StoreError> {
    Ok(Key::Real(columns.take::<f64>()?.to_bits()))
}

fn argument(key: &Key) -> Argument {
    match key {
        Key::Int(value) => (*value).into(),
        Key::Real(bits) => f64::from_bits(*bits).into(),
        Key::Text(text) => text.clone().into(),
    }
}
