//! Records as rows of JSON, the form in which [`COMMIT_CHANGES`](super::sql::COMMIT_CHANGES) takes them.
//!
//! Of records that appear twice the last stands, so that no statement writes a row twice.

use super::{MetricRecord, NewEvent, StepRecord, StoreError, TrialRecord};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::hash::Hash;

/// A real as [`real!`](super::sql) reads it: NaN as NULL, ±∞ as text, and what is very large or very small as `[y, s]`, which
/// stands for y·s·s·s·s. SQLite reads decimals exactly only between about 1e-80 and 1e80; `s` is a power of two within, so that
/// no product is rounded. A column knows no -0.
struct Real(f64);

const EXACTLY_READ: std::ops::Range<f64> = 1e-60..1e60;

impl Serialize for Real {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            f64::INFINITY => serializer.serialize_str("9e999"),
            f64::NEG_INFINITY => serializer.serialize_str("-9e999"),
            0.0 => serializer.serialize_f64(0.0),
            real if real.is_nan() || EXACTLY_READ.contains(&real.abs()) => {
                serializer.serialize_f64(real)
            }
            extreme => {
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

pub(super) fn trials(records: &[TrialRecord]) -> Result<String, StoreError> {
    let rows = last_of_each(records, |trial| trial.number).map(|trial| {
        let metrics = trial.metrics.iter();
        let metrics: IndexMap<_, _> = metrics
            .map(|(name, value)| (name, Reported(*value)))
            .collect();
        (
            trial.number,
            trial.state,
            trial.reason,
            trial.explanation.as_deref().map(text),
            &trial.parameters,
            metrics,
            trial.objective.map(Real),
            micros(trial.created_at),
            trial.started_at.map(micros),
            trial.finished_at.map(micros),
            trial.finished_order,
        )
    });
    json(&rows.collect::<Vec<_>>())
}

pub(super) fn steps(records: &[StepRecord]) -> Result<String, StoreError> {
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
        )
    });
    json(&rows.collect::<Vec<_>>())
}

/// Reports keep their order; one that is replaced by a later one of the same batch is left out.
pub(super) fn metrics(records: &[MetricRecord]) -> Result<String, StoreError> {
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
            Real(metric.level),
            Real(metric.value),
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
    serde_json::to_string(value).map_err(|error| StoreError::Unwritable(error.to_string()))
}

/// The word that stands for a variant in the database.
pub(super) fn word(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(other) => Err(StoreError::Unwritable(format!("`{other}` is not a word"))),
        Err(error) => Err(StoreError::Unwritable(error.to_string())),
    }
}
