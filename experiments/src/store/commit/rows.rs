//! A batch in the form in which each database takes it: one statement, and what is bound to it.

use super::super::database::Statement;
use super::super::encode::{self, EventRow, Filling, MetricRow, Row, StepRow, TrialRow, ValueRow};
use super::super::lease::Held;
use super::super::sql::postgres::Parts;
use super::super::{Changes, ExperimentId, ExperimentUpdate, StoreError, sql};
use crate::state::ExperimentReason;
use serde::Serialize;

/// How many metrics are inserted without finding out first which of them are new.
const FEW_METRICS: usize = 20;

/// A batch as rows of the tables.
#[derive(Serialize)]
pub(super) struct Rows<'a> {
    #[serde(skip)]
    experiment: Option<&'a ExperimentUpdate>,
    trials: Vec<TrialRow<'a>>,
    #[serde(skip)]
    trial_values: Vec<ValueRow<'a>>,
    steps: Vec<StepRow<'a>>,
    pub(super) metrics: Vec<MetricRow<'a>>,
    events: Vec<EventRow<'a>>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(changes: &'a Changes) -> Result<Self, StoreError> {
        Ok(Self {
            experiment: changes.experiment.as_ref(),
            trials: encode::trials(&changes.trials)?,
            trial_values: encode::trial_values(&changes.trials),
            steps: encode::steps(&changes.steps, &changes.logs)?,
            metrics: encode::metrics(&changes.metrics)?,
            events: encode::events(&changes.events)?,
        })
    }

    /// What tells this commit from every other under the same lease: its place among them and its content.
    pub(super) fn identity(&self, held: Held) -> Result<i64, StoreError> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&held.commits.to_le_bytes());
        hasher.update(format!("{:?}", self.experiment).as_bytes());
        hasher.update(encode::json(self)?.as_bytes());
        let mut identity = [0; 8];
        hasher.finalize_xof().fill(&mut identity);
        Ok(i64::from_le_bytes(identity))
    }

    /// The statement of SQLite.
    pub(super) fn as_json(
        &self,
        id: ExperimentId,
        first_order: i64,
    ) -> Result<Statement, StoreError> {
        let update = Update::of(self.experiment);
        Ok(Statement::new(sql::sqlite::COMMIT_CHANGES)
            .bind(id.0)
            .bind(update.state)
            .bind(update.reason)
            .bind(update.started_at)
            .bind(update.finished_at)
            .bind(update.active_seconds)
            .bind(encode::json(&self.trials)?)
            .bind(encode::json(&self.trial_values)?)
            .bind(encode::json(&self.steps)?)
            .bind(encode::json(&self.metrics)?)
            .bind(first_order)
            .bind(encode::json(&self.events)?))
    }

    /// The statement of PostgreSQL, with the parts that this batch needs.
    pub(super) fn as_arrays(
        &self,
        id: ExperimentId,
        first_order: i64,
        token: i64,
        commit: i64,
    ) -> Filling<'_> {
        let parts = self.parts();
        let mut query = sqlx::query(sql::postgres::commit_changes(parts))
            .bind(id.0)
            .bind(token)
            .bind(commit)
            .bind(first_order);
        if parts.experiment {
            query = Update::of(self.experiment).bind(query);
        }
        if parts.trials {
            query = Row::bind_columns(&self.trials, query);
            query = Row::bind_columns(&self.trial_values, query);
        }
        if parts.steps {
            query = Row::bind_columns(&self.steps, query);
        }
        if parts.metrics {
            query = Row::bind_columns(&self.metrics, query);
        }
        if parts.events {
            query = Row::bind_columns(&self.events, query);
        }
        query
    }

    fn parts(&self) -> Parts {
        Parts {
            experiment: self.experiment.is_some(),
            trials: !self.trials.is_empty(),
            steps: !self.steps.is_empty(),
            metrics: !self.metrics.is_empty(),
            events: !self.events.is_empty(),
            many: self.metrics.len() > FEW_METRICS,
        }
    }
}

/// The columns of an experiment's row that an update sets; without one all are NULL.
#[derive(Default)]
struct Update {
    state: Option<&'static str>,
    reason: Option<&'static str>,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    active_seconds: Option<f64>,
}

impl Update {
    fn of(update: Option<&ExperimentUpdate>) -> Self {
        update.map_or_else(Self::default, |update| Self {
            state: Some(update.state.as_str()),
            reason: update.reason.map(ExperimentReason::as_str),
            started_at: update.started_at.map(encode::micros),
            finished_at: update.finished_at.map(encode::micros),
            active_seconds: Some(update.active_seconds),
        })
    }

    fn bind(self, query: Filling<'_>) -> Filling<'_> {
        query
            .bind(self.state)
            .bind(self.reason)
            .bind(self.started_at)
            .bind(self.finished_at)
            .bind(self.active_seconds)
    }
}
