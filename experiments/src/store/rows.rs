//! Rows of the database back into records.

use super::database::{Column, Row};
use super::{
    ExperimentId, ExperimentRecord, MetricRecord, StepRecord, StoreError, StoredEvent, TrialRecord,
};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer, value};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Experiments with the columns that [`experiment`] reads.
macro_rules! select_experiments {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, document, directory, goal, state, reason, request, created_at, started_at, finished_at, ",
            "active_seconds, prior_trials FROM experiments ",
            $rest
        )
    };
}
pub(super) use select_experiments;

/// Takes the columns of a row one after the other.
pub(super) struct Columns<'r> {
    row: &'r Row,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: &'r Row) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: Column<'r>>(&mut self) -> Result<T, StoreError> {
        let value = self.row.get(self.next)?;
        self.next += 1;
        Ok(value)
    }

    /// A number that is never negative.
    pub(super) fn count(&mut self) -> Result<u64, StoreError> {
        let number: i64 = self.take()?;
        u64::try_from(number).map_err(damaged)
    }

    /// A whole number that has less room in its record than in the database.
    pub(super) fn small<T: TryFrom<i64, Error: fmt::Display>>(&mut self) -> Result<T, StoreError> {
        let number: i64 = self.take()?;
        T::try_from(number).map_err(damaged)
    }

    pub(super) fn optional_small<T: TryFrom<i64, Error: fmt::Display>>(
        &mut self,
    ) -> Result<Option<T>, StoreError> {
        let number: Option<i64> = self.take()?;
        number
            .map(|it| T::try_from(it).map_err(damaged))
            .transpose()
    }

    pub(super) fn optional_count(&mut self) -> Result<Option<u64>, StoreError> {
        let number: Option<i64> = self.take()?;
        number
            .map(|it| u64::try_from(it).map_err(damaged))
            .transpose()
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(self.take()?).map_err(damaged)
    }

    pub(super) fn optional_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let micros: Option<i64> = self.take()?;
        micros
            .map(|it| Timestamp::from_microsecond(it).map_err(damaged))
            .transpose()
    }

    /// A variant of an enum.
    pub(super) fn word<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        parse_word(self.take()?)
    }

    pub(super) fn optional_word<T: DeserializeOwned>(&mut self) -> Result<Option<T>, StoreError> {
        let word: Option<&str> = self.take()?;
        word.map(parse_word).transpose()
    }

    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        serde_json::from_str(self.take()?).map_err(damaged)
    }

    pub(super) fn optional_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, StoreError> {
        let text: Option<&str> = self.take()?;
        text.map(|text| serde_json::from_str(text).map_err(damaged))
            .transpose()
    }

    /// A real in which NULL stands for NaN.
    pub(super) fn real(&mut self) -> Result<f64, StoreError> {
        Ok(self.take::<Option<f64>>()?.unwrap_or(f64::NAN))
    }
}

pub(super) fn parse_word<T: DeserializeOwned>(word: &str) -> Result<T, StoreError> {
    let word: StrDeserializer<'_, value::Error> = word.into_deserializer();
    T::deserialize(word).map_err(damaged)
}

pub(super) fn damaged(error: impl fmt::Display) -> StoreError {
    StoreError::Damaged(error.to_string())
}

pub(super) fn experiment(row: &Row) -> Result<ExperimentRecord, StoreError> {
    let mut columns = Columns::of(row);
    Ok(ExperimentRecord {
        id: ExperimentId(columns.take()?),
        name: columns.take()?,
        document: columns.json()?,
        directory: columns.take::<String>()?.into(),
        goal: columns.word()?,
        state: columns.word()?,
        reason: columns.optional_word()?,
        request: columns.optional_word()?,
        created_at: columns.time()?,
        started_at: columns.optional_time()?,
        finished_at: columns.optional_time()?,
        active_seconds: columns.take()?,
        prior_trials: columns.count()?,
    })
}

/// The columns that [`trial`] reads.
macro_rules! trial_columns {
    () => {
        "number, state, reason, explanation, parameters, metrics, objective, created_at, started_at, finished_at, finished_order, enqueued, handed_out, why"
    };
}
pub(super) use trial_columns;

pub(super) fn trial(row: &Row) -> Result<TrialRecord, StoreError> {
    trial_of(&mut Columns::of(row))
}

/// From the next columns of a row.
pub(super) fn trial_of(columns: &mut Columns<'_>) -> Result<TrialRecord, StoreError> {
    Ok(TrialRecord {
        number: columns.count()?,
        state: columns.word()?,
        reason: columns.optional_word()?,
        explanation: columns.take()?,
        parameters: columns.json()?,
        metrics: reported_metrics(columns.take()?)?,
        objective: columns.take()?,
        created_at: columns.time()?,
        started_at: columns.optional_time()?,
        finished_at: columns.optional_time()?,
        finished_order: columns.optional_count()?,
        enqueued: columns.take()?,
        handed_out: columns.small()?,
        why: columns.optional_json()?,
    })
}

/// The columns that [`step`] reads.
macro_rules! step_columns {
    () => {
        "trial, step, state, explanation, attempt, failures, exit_code, started_at, finished_at, step_values, artifacts"
    };
}
pub(super) use step_columns;

pub(super) fn step(row: &Row) -> Result<StepRecord, StoreError> {
    let mut columns = Columns::of(row);
    Ok(StepRecord {
        trial: columns.count()?,
        step: columns.take()?,
        state: columns.word()?,
        explanation: columns.take()?,
        attempt: columns.small()?,
        failures: columns.small()?,
        exit_code: columns.optional_small()?,
        started_at: columns.optional_time()?,
        finished_at: columns.optional_time()?,
        values: columns.json()?,
        artifacts: columns.json()?,
    })
}

/// The columns that [`metric`] reads.
macro_rules! metric_columns {
    () => {
        "trial, step, name, level, value, at"
    };
}
pub(super) use metric_columns;

pub(super) fn metric(row: &Row) -> Result<MetricRecord, StoreError> {
    metric_of(&mut Columns::of(row))
}

/// From the next columns of a row.
pub(super) fn metric_of(columns: &mut Columns<'_>) -> Result<MetricRecord, StoreError> {
    Ok(MetricRecord {
        trial: columns.count()?,
        step: columns.take()?,
        name: columns.take()?,
        level: columns.take()?,
        value: columns.real()?,
        at: columns.time()?,
    })
}

/// From seq, experiment's name, at, kind, trial, step, data.
pub(super) fn event(row: &Row) -> Result<StoredEvent, StoreError> {
    let mut columns = Columns::of(row);
    Ok(StoredEvent {
        seq: columns.take()?,
        experiment: columns.take()?,
        at: columns.time()?,
        kind: columns.word()?,
        trial: columns.optional_count()?,
        step: columns.take()?,
        data: columns.json()?,
    })
}

/// Metrics as they are in a JSON column: NaN and ±∞ are words.
pub(super) fn reported_metrics(text: &str) -> Result<IndexMap<String, f64>, StoreError> {
    let metrics: IndexMap<String, Reported> = serde_json::from_str(text).map_err(damaged)?;
    Ok(metrics
        .into_iter()
        .map(|(name, value)| (name, value.0))
        .collect())
}

struct Reported(f64);

impl<'de> Deserialize<'de> for Reported {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReportedVisitor).map(Self)
    }
}

struct ReportedVisitor;

impl serde::de::Visitor<'_> for ReportedVisitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, `NaN`, `Infinity` or `-Infinity`")
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<f64, E> {
        match word {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
        }
    }
}
