//! What a trial must pass: conditions, understood.

use super::order::{Column, Order};
use crate::state::TrialState;
use crate::store::database::Argument;
use crate::store::encode::{self, METRIC, PARAMETER, Sortable};
use crate::store::{Condition, Field, Operator, StoreError};
use jiff::Timestamp;
use tune_algorithms::space::Value;

/// What a trial must pass.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Number(Operator, i64),
    Column(Column, Operator, Argument),
    States(Vec<TrialState>),
    Tag(String),
    Value {
        kind: &'static str,
        name: String,
        operator: Operator,
        value: Sortable,
    },
}

impl Test {
    pub(super) fn new(condition: &Condition) -> Result<Self, StoreError> {
        let Condition {
            subject,
            operator,
            value,
        } = condition;
        let operator = *operator;
        Ok(match (subject, value) {
            (Field::Parameter(name), value) => {
                Self::value(PARAMETER, name, operator, Sortable::of(value))
            }
            (Field::State, Value::Text(word)) => {
                let state: TrialState = word
                    .parse()
                    .map_err(|error| StoreError::BadQuery(format!("{error}")))?;
                Self::Column(Column::State, operator, state.as_str().into())
            }
            (Field::Started, Value::Text(time)) => {
                let time: Timestamp = time
                    .parse()
                    .map_err(|_| StoreError::BadQuery(format!("`{time}` is not a time")))?;
                Self::Column(Column::Started, operator, encode::micros(time).into())
            }
            (subject, Value::Int(_) | Value::Float(_)) => {
                Self::of_number(subject, operator, value)?
            }
            (subject, value) => return Err(senseless(subject, value)),
        })
    }

    fn of_number(subject: &Field, operator: Operator, value: &Value) -> Result<Self, StoreError> {
        let sortable = Sortable::of(value);
        Ok(match subject {
            Field::Number => {
                let (operator, number) = whole(operator, sortable.number);
                Self::Number(operator, number)
            }
            Field::Objective => Self::Column(Column::Objective, operator, sortable.number.into()),
            Field::Duration => {
                let (operator, micros) = whole(operator, micros(sortable.number));
                Self::Column(Column::Duration, operator, micros.into())
            }
            Field::Metric(name) => Self::value(METRIC, name, operator, sortable),
            _ => return Err(senseless(subject, value)),
        })
    }

    fn value(kind: &'static str, name: &str, operator: Operator, value: Sortable) -> Self {
        let name = encode::text(name).into_owned();
        Self::Value {
            kind,
            name,
            operator,
            value,
        }
    }

    /// Whether it is about what the list is sorted by.
    pub(super) fn is_of(&self, order: &Order) -> bool {
        match (self, order) {
            (Self::Number(..), Order::Number) | (Self::States(_), Order::Column(Column::State)) => {
                true
            }
            (Self::Column(column, ..), Order::Column(other)) => column == other,
            (
                Self::Value { kind, name, .. },
                Order::Value {
                    kind: other_kind,
                    name: other,
                },
            ) => kind == other_kind && name == other,
            _ => false,
        }
    }
}

/// A comparison of whole numbers that says the same as one with `bound`.
pub(super) fn whole(operator: Operator, bound: f64) -> (Operator, i64) {
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    let (below, above) = (bound.floor() as i64, bound.ceil() as i64);
    match operator {
        Operator::Lt | Operator::Ge => (operator, above),
        Operator::Gt | Operator::Le => (operator, below),
        // No number is the smallest of all.
        Operator::Eq | Operator::Ne if below != above => (operator, i64::MIN),
        Operator::Eq | Operator::Ne => (operator, below),
    }
}

/// Seconds in microseconds; what is one but for rounding is one.
fn micros(seconds: f64) -> f64 {
    let micros = seconds * 1e6;
    let rounded = micros.round();
    if (micros - rounded).abs() < 1e-3 {
        rounded
    } else {
        micros
    }
}

fn senseless(subject: &Field, value: &Value) -> StoreError {
    let subject = match subject {
        Field::Number => "the trial's number".to_owned(),
        Field::Objective => "the objective".to_owned(),
        Field::State => "the state".to_owned(),
        Field::Duration => "the duration".to_owned(),
        Field::Started => "the start".to_owned(),
        Field::Metric(name) => format!("metric `{name}`"),
        Field::Parameter(name) => format!("parameter `{name}`"),
    };
    StoreError::BadQuery(format!("{subject} cannot be compared with `{value}`"))
}
