//! Records as rows of JSON, the form in which the statements that commit take them.
//!
//! Of records that appear twice the last stands, so that no statement writes a row twice.

use super::{MetricRecord, NewEvent, PriorTrial, StepLog, StepRecord, StoreError, TrialRecord};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;
use tune_algorithms::space::Value;

/// For which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// A real as a database reads it exactly: NaN as NULL, ±∞ as text. For SQLite, what is very large or very small is `[y, s]`, which
/// stands for y·s·s·s·s: it reads decimals exactly only between about 1e-80 and 1e80; `s` is a power of two within, so that no
/// product is rounded. A column knows no -0.
struct Real(f64, Dialect);

const EXACTLY_READ: std::ops::Range<f64> = 1e-60..1e60;

impl Serialize for Real {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (f64::INFINITY, Dialect::Sqlite) => serializer.serialize_str("9e999"),
            (f64::NEG_INFINITY, Dialect::Sqlite) => serializer.serialize_str("-9e999"),
            (f64::INFINITY, Dialect::Postgres) => serializer.serialize_str("Infinity"),
            (f64::NEG_INFINITY, Dialect::Postgres) => serializer.serialize_str("-Infinity"),
            (0.0, _) => serializer.serialize_f64(0.0),
            (real, dialect)
                if dialect == Dialect::Postgres
                    || real.is_nan()
                    || EXACTLY_READ.contains(&real.abs()) =>
            {
                serializer.serialize_f64(real)
            }
            (extreme, _) => {
                #[expect(clippy::cast_possible_truncation, reason = "between -269 and 256")]
                let quarter = (extreme.abs().log2() / 4.0).round() as i32;
                let scale = 2f64.powi(quarter);
                (extreme / scale / scale / scale / scale, scale).serialize(serializer)
            }
        }
    }
}

/// A metric in a JSON column: NaN and ±∞ as words.
struct Reported(f64);

impl Serialize for Reported {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            nan if nan.is_nan() => serializer.serialize_str("NaN"),
            f64::INFINITY => serializer.serialize_str("Infinity"),
            f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
            finite => serializer.serialize_f64(finite),
        }
    }
}

pub(super) fn trials(records: &[TrialRecord], dialect: Dialect) -> Result<String, StoreError> {
    let rows = last_of_each(records, |trial| trial.number).map(|trial| {
        let metrics = trial.metrics.iter();
        let metrics: IndexMap<_, _> = metrics
            .map(|(name, value)| (name, Reported(*value)))
            .collect();
        Ok((
            trial.number,
            trial.state,
            trial.reason,
            trial.explanation.as_deref().map(text),
            &trial.parameters,
            metrics,
            trial.objective.map(|value| Real(value, dialect)),
            micros(trial.created_at),
            trial.started_at.map(micros),
            trial.finished_at.map(micros),
            trial.finished_order,
            trial.enqueued,
            trial.handed_out,
            trial.why.as_ref().map(json).transpose()?,
        ))
    });
    let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
    json(&rows)
}

/// What an experiment starts from, each with its place.
pub(super) fn prior_trials(trials: &[PriorTrial], dialect: Dialect) -> Result<String, StoreError> {
    let rows = trials.iter().enumerate().map(|(place, trial)| {
        let objective = Real(trial.objective, dialect);
        (place, &trial.parameters, objective, trial.early_stopped)
    });
    json(&rows.collect::<Vec<_>>())
}

/// The parameters and metrics of trials, in the form in which lists are filtered and sorted by them.
pub(super) fn trial_values(
    records: &[TrialRecord],
    dialect: Dialect,
) -> Result<String, StoreError> {
    let mut rows = Vec::new();
    for trial in last_of_each(records, |trial| trial.number) {
        let parameters = trial.parameters.iter();
        let parameters = parameters.map(|(name, value)| (PARAMETER, name, Sortable::of(value)));
        let metrics = trial.metrics.iter();
        let metrics =
            metrics.map(|(name, value)| (METRIC, name.as_str(), Sortable::of_metric(*value)));
        for (kind, name, value) in parameters.chain(metrics) {
            let number = Real(value.number, dialect);
            rows.push((
                trial.number,
                kind,
                text(name),
                value.rank,
                number,
                value.text,
            ));
        }
    }
    json(&rows)
}

/// The kinds of values of a trial.
pub(super) const PARAMETER: &str = "p";
pub(super) const METRIC: &str = "m";

/// A value as it is compared: by type, then by number or text. Whole numbers beyond 2^53 are compared as the nearest real.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sortable {
    pub rank: i64,
    pub number: f64,
    pub text: String,
}

/// No index takes a text of any length: a longer one is cut, and stays apart from others by its hash.
const SORTED_BYTES: usize = 256;

impl Sortable {
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Bool(value) => Self::new(1, f64::from(u8::from(*value)), String::new()),
            #[expect(clippy::cast_precision_loss, reason = "as documented")]
            Value::Int(value) => Self::new(2, *value as f64, String::new()),
            Value::Float(value) => Self::of_metric(*value),
            Value::Text(value) => Self::new(3, 0.0, sorted_text(value)),
        }
    }

    pub fn of_metric(value: f64) -> Self {
        match value {
            nan if nan.is_nan() => Self::new(0, 0.0, String::new()),
            value => Self::new(2, value, String::new()),
        }
    }

    fn new(rank: i64, number: f64, text: String) -> Self {
        Self { rank, number, text }
    }
}

fn sorted_text(value: &str) -> String {
    let value = text(value);
    if value.len() <= SORTED_BYTES {
        return value.into_owned();
    }
    let cut = value.floor_char_boundary(SORTED_BYTES);
    format!(
        "{}{}",
        &value[..cut],
        blake3::hash(value.as_bytes()).to_hex()
    )
}

/// Step runs, each with what its attempt printed if that is among `logs`.
pub(super) fn steps(records: &[StepRecord], logs: &[StepLog]) -> Result<String, StoreError> {
    let logs = logs.iter().map(|log| (log.attempt(), text(&log.text)));
    let logs: HashMap<_, _> = logs.collect();
    let rows = last_of_each(records, |step| (step.trial, &step.step)).map(|step| {
        (
            step.trial,
            text(&step.step),
            step.state,
            step.explanation.as_deref().map(text),
            step.attempt,
            step.failures,
            step.exit_code,
            step.started_at.map(micros),
            step.finished_at.map(micros),
            &step.values,
            &step.artifacts,
            logs.get(&(step.trial, &*step.step, step.attempt)),
        )
    });
    json(&rows.collect::<Vec<_>>())
}

/// Reports keep their order; one that is replaced by a later one of the same batch is left out.
pub(super) fn metrics(records: &[MetricRecord], dialect: Dialect) -> Result<String, StoreError> {
    if let Some(bad) = records.iter().find(|metric| metric.level.is_nan()) {
        return Err(StoreError::BadLevel(bad.name.clone()));
    }
    let mut last = IndexMap::new();
    for metric in records.iter().rev() {
        // The database holds -0 and 0 to be equal.
        let level = (metric.level + 0.0).to_bits();
        let identity = (metric.trial, &metric.step, &metric.name, level);
        last.entry(identity).or_insert(metric);
    }
    let rows = last.into_values().rev().map(|metric| {
        (
            metric.trial,
            text(&metric.step),
            text(&metric.name),
            Real(metric.level, dialect),
            Real(metric.value, dialect),
            micros(metric.at),
        )
    });
    json(&rows.collect::<Vec<_>>())
}

pub(super) fn events(records: &[NewEvent]) -> Result<String, StoreError> {
    let rows = records.iter().map(|event| {
        (
            micros(event.at),
            event.kind,
            event.trial,
            event.step.as_deref().map(text),
            &event.data,
        )
    });
    json(&rows.collect::<Vec<_>>())
}

/// The last record of each key, in the order in which the keys first appear.
fn last_of_each<'a, T, K: Hash + Eq>(
    records: &'a [T],
    key: impl Fn(&'a T) -> K,
) -> impl Iterator<Item = &'a T> {
    let keyed = records.iter().map(|record| (key(record), record));
    keyed.collect::<IndexMap<_, _>>().into_values()
}

/// Microseconds since 1970.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// What a user's program wrote may hold NUL characters, which no database takes in text.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

pub(super) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    let json =
        serde_json::to_string(value).map_err(|error| StoreError::Unwritable(error.to_string()))?;
    Ok(match json.contains("\\u0000") {
        true => without_nul(&json),
        false => json,
    })
}

/// PostgreSQL refuses JSON with U+0000, also escaped.
fn without_nul(json: &str) -> String {
    let mut replaced = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        replaced.push_str(before);
        // Two characters at least: what was serialized is whole. An escaped backslash escapes nothing after it.
        let (kept, length) = match escape.strip_prefix("\\u0000") {
            Some(_) => ("\u{fffd}", 6),
            None => (&escape[..2], 2),
        };
        replaced.push_str(kept);
        rest = &escape[length..];
    }
    replaced.push_str(rest);
    replaced
}

/// The word that stands for a variant in the database.
pub(super) fn word(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(other) => Err(StoreError::Unwritable(format!("`{other}` is not a word"))),
        Err(error) => Err(StoreError::Unwritable(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_replaced_where_it_is_one() {
        let value = serde_json::json!({ "a\0": ["\0", "\\u0000", "\\\0é\n"] });
        let expected = serde_json::json!({ "a\u{fffd}": ["\u{fffd}", "\\u0000", "\\\u{fffd}é\n"] });
        assert_eq!(json(&value).unwrap(), expected.to_string());
    }

    #[test]
    fn long_texts_are_compared_by_a_short_form_that_stays_apart() {
        let long = "ö".repeat(1000);
        let (one, other) = (sorted_text(&long), sorted_text(&format!("{long}x")));
        assert_ne!(one, other);
        assert!(one.len() < 400);
        assert_eq!(sorted_text("short\0"), "short\u{fffd}");
    }
}
