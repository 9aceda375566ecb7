//! Records as rows for the statements that commit.
//!
//! Of records that appear twice the last stands, so that no statement writes a row twice.

mod row;
mod sortable;

pub(super) use row::{Filling, Row};
pub(super) use sortable::Sortable;

use super::{MetricRecord, NewEvent, PriorTrial, StepLog, StepRecord, StoreError, TrialRecord};
use crate::state::TrialReason;
use indexmap::IndexMap;
use jiff::Timestamp;
use row::{Cell, row};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;

row! {
    /// A trial.
    TrialRow<'a> {
        number: i64,
        state: &'static str,
        reason: Option<&'static str>,
        explanation: Option<Cow<'a, str>>,
        parameters: Box<RawValue>,
        metrics: Box<RawValue>,
        objective: Option<Real>,
        created_at: i64,
        started_at: Option<i64>,
        finished_at: Option<i64>,
        finished_order: Option<i64>,
        enqueued: bool,
        handed_out: i64,
        why: Option<Cow<'a, str>>,
    }
}

row! {
    /// A parameter or metric of a trial, in the form in which lists are filtered and sorted by it.
    ValueRow<'a> {
        trial: i64,
        kind: &'static str,
        name: Cow<'a, str>,
        rank: i64,
        number: Real,
        text: Cow<'a, str>,
    }
}

row! {
    /// A step run.
    StepRow<'a> {
        trial: i64,
        step: Cow<'a, str>,
        state: &'static str,
        explanation: Option<Cow<'a, str>>,
        attempt: i64,
        failures: i64,
        exit_code: Option<i64>,
        started_at: Option<i64>,
        finished_at: Option<i64>,
        values: Box<RawValue>,
        artifacts: Box<RawValue>,
        log: Option<Cow<'a, str>>,
    }
}

row! {
    /// A report.
    MetricRow<'a> {
        trial: i64,
        step: Cow<'a, str>,
        name: Cow<'a, str>,
        level: Real,
        value: Real,
        at: i64,
    }
}

row! {
    /// An event.
    EventRow<'a> {
        at: i64,
        kind: &'static str,
        trial: Option<i64>,
        step: Option<Cow<'a, str>>,
        data: Box<RawValue>,
    }
}

row! {
    /// A trial that an experiment starts from.
    PriorRow {
        place: i64,
        parameters: Box<RawValue>,
        objective: Real,
        early_stopped: bool,
    }
}

/// A real as a database keeps it exactly: NaN as NULL. For SQLite, which reads it from JSON, ±∞ is text, and what is very large or very
/// small is `[y, s]`, which stands for y·s·s·s·s: it reads decimals exactly only between about 1e-80 and 1e80; `s` is a power of two
/// within, so that no product is rounded. A column knows no -0.
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

pub(super) fn trials(records: &[TrialRecord]) -> Result<Vec<TrialRow<'_>>, StoreError> {
    last_of_each(records, |trial| trial.number)
        .map(trial)
        .collect()
}

fn trial(trial: &TrialRecord) -> Result<TrialRow<'_>, StoreError> {
    let metrics = trial.metrics.iter();
    let metrics: IndexMap<_, _> = metrics
        .map(|(name, value)| (name, Reported(*value)))
        .collect();
    Ok(TrialRow {
        number: whole(trial.number),
        state: trial.state.as_str(),
        reason: trial.reason.map(TrialReason::as_str),
        explanation: trial.explanation.as_deref().map(text),
        parameters: document(&trial.parameters)?,
        metrics: document(&metrics)?,
        objective: trial.objective.map(Real),
        created_at: micros(trial.created_at),
        started_at: trial.started_at.map(micros),
        finished_at: trial.finished_at.map(micros),
        finished_order: trial.finished_order.map(whole),
        enqueued: trial.enqueued,
        handed_out: trial.handed_out.into(),
        why: trial.why.as_ref().map(json).transpose()?.map(Cow::Owned),
    })
}

/// What an experiment starts from, each with its place.
pub(super) fn prior_trials(trials: &[PriorTrial]) -> Result<Vec<PriorRow>, StoreError> {
    let placed = (0..).zip(trials);
    let rows = placed.map(|(place, trial)| {
        Ok(PriorRow {
            place,
            parameters: document(&trial.parameters)?,
            objective: Real(trial.objective),
            early_stopped: trial.early_stopped,
        })
    });
    rows.collect()
}

pub(super) fn trial_values(records: &[TrialRecord]) -> Vec<ValueRow<'_>> {
    let mut rows = Vec::new();
    for trial in last_of_each(records, |trial| trial.number) {
        let parameters = trial.parameters.iter();
        let parameters = parameters.map(|(name, value)| (PARAMETER, name, Sortable::of(value)));
        let metrics = trial.metrics.iter();
        let metrics =
            metrics.map(|(name, value)| (METRIC, name.as_str(), Sortable::of_metric(*value)));
        let values = parameters.chain(metrics);
        rows.extend(values.map(|(kind, name, value)| ValueRow {
            trial: whole(trial.number),
            kind,
            name: text(name),
            rank: value.rank,
            number: Real(value.number),
            text: value.text.into(),
        }));
    }
    rows
}

/// The kinds of values of a trial.
pub(super) const PARAMETER: &str = "p";
pub(super) const METRIC: &str = "m";

/// Step runs, each with what its attempt printed if that is among `logs`.
pub(super) fn steps<'a>(
    records: &'a [StepRecord],
    logs: &'a [StepLog],
) -> Result<Vec<StepRow<'a>>, StoreError> {
    let logs: HashMap<_, _> = logs.iter().map(|log| (log.attempt(), &*log.text)).collect();
    let rows = last_of_each(records, |step| (step.trial, &step.step)).map(|record| {
        let log = logs.get(&(record.trial, &*record.step, record.attempt));
        step(record, log.copied())
    });
    rows.collect()
}

fn step<'a>(step: &'a StepRecord, log: Option<&'a str>) -> Result<StepRow<'a>, StoreError> {
    Ok(StepRow {
        trial: whole(step.trial),
        step: text(&step.step),
        state: step.state.as_str(),
        explanation: step.explanation.as_deref().map(text),
        attempt: step.attempt.into(),
        failures: step.failures.into(),
        exit_code: step.exit_code.map(i64::from),
        started_at: step.started_at.map(micros),
        finished_at: step.finished_at.map(micros),
        values: document(&step.values)?,
        artifacts: document(&step.artifacts)?,
        log: log.map(text),
    })
}

/// Reports keep their order; one that is replaced by a later one of the same batch is left out.
pub(super) fn metrics(records: &[MetricRecord]) -> Result<Vec<MetricRow<'_>>, StoreError> {
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
    let rows = last.into_values().rev().map(|metric| MetricRow {
        trial: whole(metric.trial),
        step: text(&metric.step),
        name: text(&metric.name),
        level: Real(metric.level),
        value: Real(metric.value),
        at: micros(metric.at),
    });
    Ok(rows.collect())
}

pub(super) fn events(records: &[NewEvent]) -> Result<Vec<EventRow<'_>>, StoreError> {
    let rows = records.iter().map(|event| {
        Ok(EventRow {
            at: micros(event.at),
            kind: event.kind.as_str(),
            trial: event.trial.map(whole),
            step: event.step.as_deref().map(text),
            data: document(&event.data)?,
        })
    });
    rows.collect()
}

/// The last record of each key, in the order in which the keys first appear.
fn last_of_each<'a, T, K: Hash + Eq>(
    records: &'a [T],
    key: impl Fn(&'a T) -> K,
) -> impl Iterator<Item = &'a T> {
    let keyed = records.iter().map(|record| (key(record), record));
    keyed.collect::<IndexMap<_, _>>().into_values()
}

/// A count or number of ours, none of which comes near what a database can hold.
fn whole(number: u64) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
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

/// What is kept as JSON, as [`json`] writes it.
fn document(value: &impl Serialize) -> Result<Box<RawValue>, StoreError> {
    let written = to_raw_value(value).and_then(|raw| match raw.get().contains("\\u0000") {
        true => RawValue::from_string(without_nul(raw.get())),
        false => Ok(raw),
    });
    written.map_err(|error| StoreError::Unwritable(error.to_string()))
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
}
