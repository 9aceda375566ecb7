//! Lists of trials: filtered, sorted and cut by the database. Names of metrics and parameters are bound, never part of the SQL.

use super::rows::{self, trial_columns};
use super::{ExperimentId, Store, StoreError, TrialRecord, encode, read::signed};
use crate::state::TrialState;
use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite};
use tune_algorithms::space::Value;

/// Which trials, in which order. The default is all of them, by number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrialQuery {
    /// In one of these states; empty for any.
    pub states: Vec<TrialState>,
    /// For which all of these hold. One on something that a trial does not have does not hold.
    pub conditions: Vec<Condition>,
    /// Trials that do not have it come last in either direction; equal ones by number.
    pub sort: Option<Sort>,
    /// How many to leave out at the beginning.
    pub offset: u64,
    /// How many at most.
    pub limit: Option<u64>,
}

/// An order of trials.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// By what.
    pub field: Field,
    /// From large to small.
    pub descending: bool,
}

/// A comparison that a trial passes or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What is compared.
    pub subject: Field,
    /// How.
    pub operator: Operator,
    /// With what. A parameter of another type than this is unequal, and neither smaller nor larger.
    pub value: Value,
}

/// A property of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Its number.
    Number,
    /// Its objective.
    Objective,
    /// Its state, as a word.
    State,
    /// Seconds from its start to its end.
    Duration,
    /// When it started: compared with a time in RFC 3339.
    Started,
    /// The last value of a metric; NaN counts as absent.
    Metric(String),
    /// A parameter's value.
    Parameter(String),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
}

impl Operator {
    fn sql(self) -> &'static str {
        match self {
            Self::Eq => " = ",
            Self::Ne => " <> ",
            Self::Lt => " < ",
            Self::Le => " <= ",
            Self::Gt => " > ",
            Self::Ge => " >= ",
        }
    }
}

impl Store {
    /// The trials that `query` asks for.
    ///
    /// # Errors
    /// [`StoreError::BadQuery`] when a value does not suit what it is compared with.
    pub async fn trials(
        &self,
        id: ExperimentId,
        query: &TrialQuery,
    ) -> Result<Vec<TrialRecord>, StoreError> {
        let mut sql = select(id, query)?;
        self.all(sql.build(), rows::trial).await
    }
}

/// Sorts and cuts the numbers alone: whole trials would be moved about for nothing.
fn select(id: ExperimentId, query: &TrialQuery) -> Result<QueryBuilder<Sqlite>, StoreError> {
    let mut sql = QueryBuilder::new(concat!(
        "SELECT ",
        trial_columns!(),
        " FROM trials WHERE experiment_id = "
    ));
    sql.push_bind(id.0);
    filter_states(&mut sql, &query.states);
    for condition in &query.conditions {
        sql.push(" AND ");
        filter(&mut sql, condition)?;
    }
    sql.push(" ORDER BY ");
    if let Some(sort) = &query.sort {
        field(&mut sql, &sort.field)?;
        sql.push(if sort.descending { " DESC" } else { " ASC" });
        sql.push(" NULLS LAST, ");
    }
    sql.push("number LIMIT ");
    sql.push_bind(query.limit.map_or(i64::MAX, signed));
    sql.push(" OFFSET ");
    sql.push_bind(signed(query.offset));
    Ok(sql)
}

fn filter_states(sql: &mut QueryBuilder<Sqlite>, states: &[TrialState]) {
    if states.is_empty() {
        return;
    }
    sql.push(" AND state IN (");
    let mut list = sql.separated(", ");
    for state in states {
        list.push_bind(state.as_str());
    }
    sql.push(")");
}

fn filter(sql: &mut QueryBuilder<Sqlite>, condition: &Condition) -> Result<(), StoreError> {
    let operator = condition.operator;
    match (&condition.subject, &condition.value) {
        (Field::Parameter(name), value) => return filter_parameter(sql, name, operator, value),
        (subject @ Field::State, Value::Text(word)) => {
            let state: TrialState = word
                .parse()
                .map_err(|error| StoreError::BadQuery(format!("{error}")))?;
            field(sql, subject)?;
            sql.push(operator.sql()).push_bind(state.as_str());
        }
        (subject @ Field::Started, Value::Text(time)) => {
            let time: Timestamp = time
                .parse()
                .map_err(|_| StoreError::BadQuery(format!("`{time}` is not a time")))?;
            field(sql, subject)?;
            sql.push(operator.sql()).push_bind(encode::micros(time));
        }
        (
            subject @ (Field::Number | Field::Objective | Field::Duration | Field::Metric(_)),
            value @ (Value::Int(_) | Value::Float(_)),
        ) => {
            field(sql, subject)?;
            sql.push(operator.sql());
            bind(sql, value);
        }
        (subject, value) => {
            return Err(StoreError::BadQuery(format!(
                "{} cannot be compared with `{value}`",
                describe(subject)
            )));
        }
    }
    Ok(())
}

/// Only values of the same kind are compared: the database has an order among texts, numbers and booleans too.
fn filter_parameter(
    sql: &mut QueryBuilder<Sqlite>,
    name: &str,
    operator: Operator,
    value: &Value,
) -> Result<(), StoreError> {
    let path = path(name)?;
    let kinds = match value {
        Value::Bool(_) => "'true', 'false'",
        Value::Int(_) | Value::Float(_) => "'integer', 'real'",
        Value::Text(_) => "'text'",
    };
    sql.push("CASE WHEN json_type(parameters, ")
        .push_bind(path.clone());
    sql.push(") IN (").push(kinds);
    sql.push(") THEN json_extract(parameters, ")
        .push_bind(path.clone());
    sql.push(")").push(operator.sql());
    bind(sql, value);
    match operator {
        Operator::Ne => sql
            .push(" ELSE json_type(parameters, ")
            .push_bind(path)
            .push(") IS NOT NULL END"),
        _ => sql.push(" ELSE false END"),
    };
    Ok(())
}

fn bind(sql: &mut QueryBuilder<Sqlite>, value: &Value) {
    match value {
        Value::Bool(value) => sql.push_bind(*value),
        Value::Int(value) => sql.push_bind(*value),
        Value::Float(value) => sql.push_bind(*value),
        Value::Text(value) => sql.push_bind(value.clone()),
    };
}

fn field(sql: &mut QueryBuilder<Sqlite>, field: &Field) -> Result<(), StoreError> {
    match field {
        Field::Number => sql.push("number"),
        Field::Objective => sql.push("objective"),
        Field::State => sql.push("state"),
        Field::Duration => sql.push("((finished_at - started_at) / 1000000.0)"),
        Field::Started => sql.push("started_at"),
        Field::Metric(name) => {
            let path = path(name)?;
            sql.push("CASE json_type(metrics, ").push_bind(path.clone());
            sql.push(") WHEN 'text' THEN CASE json_extract(metrics, ")
                .push_bind(path.clone());
            sql.push(") WHEN 'Infinity' THEN 9e999 WHEN '-Infinity' THEN -9e999 END ELSE json_extract(metrics, ");
            sql.push_bind(path).push(") END")
        }
        Field::Parameter(name) => sql
            .push("json_extract(parameters, ")
            .push_bind(path(name)?)
            .push(")"),
    };
    Ok(())
}

/// The member of that name of a JSON object.
pub(super) fn path(name: &str) -> Result<String, StoreError> {
    Ok(format!("$.{}", encode::json(&name)?))
}

fn describe(field: &Field) -> String {
    match field {
        Field::Number => "the trial's number".to_owned(),
        Field::Objective => "the objective".to_owned(),
        Field::State => "the state".to_owned(),
        Field::Duration => "the duration".to_owned(),
        Field::Started => "the start".to_owned(),
        Field::Metric(name) => format!("metric `{name}`"),
        Field::Parameter(name) => format!("parameter `{name}`"),
    }
}
