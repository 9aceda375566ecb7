//! Reading back: experiments, counts, the best trial, step runs, metrics, events. Lists of trials are in `trials.rs`.

use super::rows::{self, Columns, metric_columns, select_experiments, step_columns, trial_columns};
use super::{
    ExperimentId, ExperimentRecord, ExperimentSummary, MetricRecord, StepRecord, Store, StoreError,
    StoredEvent, TrialRecord,
};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Sqlite, query::Query};
use std::collections::BTreeMap;
use tune_algorithms::history::Goal;

use crate::state::TrialState;

/// A trial that was better than all that finished before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Improvement {
    /// Its position among the finished trials.
    pub finished_order: u64,
    /// Its number.
    pub number: u64,
    /// Its objective.
    pub objective: f64,
}

impl Store {
    /// The experiment of that name.
    pub async fn experiment(&self, name: &str) -> Result<Option<ExperimentRecord>, StoreError> {
        let query = sqlx::query(select_experiments!("WHERE name = $1")).bind(name);
        self.one(query, rows::experiment).await
    }

    /// All experiments in the order in which they were submitted, each with counts and best trial.
    pub async fn experiments(&self) -> Result<Vec<ExperimentSummary>, StoreError> {
        let experiments = self
            .all(
                sqlx::query(select_experiments!("ORDER BY id")),
                rows::experiment,
            )
            .await?;
        let mut summaries = Vec::with_capacity(experiments.len());
        for experiment in experiments {
            let trials = self.counts(experiment.id).await?;
            let best = self.best_objective(experiment.id, experiment.goal).await?;
            summaries.push(ExperimentSummary {
                experiment,
                trials,
                best,
            });
        }
        Ok(summaries)
    }

    /// How many trials there are in each state; states without trials are absent.
    pub async fn counts(&self, id: ExperimentId) -> Result<BTreeMap<TrialState, u64>, StoreError> {
        let query = sqlx::query(
            "SELECT state, count(*) FROM trials WHERE experiment_id = $1 GROUP BY state",
        );
        let counts = self.all(query.bind(id.0), |row| {
            let mut columns = Columns::of(row);
            Ok((columns.word()?, columns.count()?))
        });
        Ok(counts.await?.into_iter().collect())
    }

    /// The trial of that number.
    pub async fn trial(
        &self,
        id: ExperimentId,
        number: u64,
    ) -> Result<Option<TrialRecord>, StoreError> {
        let query = sqlx::query(concat!(
            "SELECT ",
            trial_columns!(),
            " FROM trials WHERE experiment_id = $1 AND number = $2"
        ));
        self.one(query.bind(id.0).bind(signed(number)), rows::trial)
            .await
    }

    /// The trial with the best objective among those that succeeded; of equal ones the first.
    pub async fn best(&self, id: ExperimentId) -> Result<Option<TrialRecord>, StoreError> {
        let Some(goal) = self.goal(id).await? else {
            return Ok(None);
        };
        match self.best_objective(id, goal).await? {
            Some((number, _)) => self.trial(id, number).await,
            None => Ok(None),
        }
    }

    async fn goal(&self, id: ExperimentId) -> Result<Option<Goal>, StoreError> {
        let query = sqlx::query("SELECT goal FROM experiments WHERE id = $1").bind(id.0);
        self.one(query, |row| Columns::of(row).word()).await
    }

    async fn best_objective(
        &self,
        id: ExperimentId,
        goal: Goal,
    ) -> Result<Option<(u64, f64)>, StoreError> {
        let query = sqlx::query(match goal {
            Goal::Minimize => best_objective!("ASC"),
            Goal::Maximize => best_objective!("DESC"),
        });
        self.one(query.bind(id.0), |row| {
            let mut columns = Columns::of(row);
            Ok((columns.count()?, columns.take()?))
        })
        .await
    }

    /// The trials that were better than all that finished before them, in the order in which they finished; only trials that
    /// succeeded count.
    pub async fn improvements(&self, id: ExperimentId) -> Result<Vec<Improvement>, StoreError> {
        let query = sqlx::query(match self.goal(id).await? {
            Some(Goal::Minimize) => improvements!("min", "<"),
            Some(Goal::Maximize) => improvements!("max", ">"),
            None => return Ok(Vec::new()),
        });
        self.all(query.bind(id.0), |row| {
            let mut columns = Columns::of(row);
            Ok(Improvement {
                finished_order: columns.count()?,
                number: columns.count()?,
                objective: columns.take()?,
            })
        })
        .await
    }

    /// The step runs of a trial, in the order in which they were first written.
    pub async fn steps(&self, id: ExperimentId, trial: u64) -> Result<Vec<StepRecord>, StoreError> {
        let query = sqlx::query(concat!(
            "SELECT ",
            step_columns!(),
            " FROM step_runs WHERE experiment_id = $1 AND trial = $2 ORDER BY id"
        ));
        self.all(query.bind(id.0).bind(signed(trial)), rows::step)
            .await
    }

    /// What a trial reported, in the order of arrival: of all metrics, or of one.
    pub async fn metrics(
        &self,
        id: ExperimentId,
        trial: u64,
        name: Option<&str>,
    ) -> Result<Vec<MetricRecord>, StoreError> {
        let query = sqlx::query(concat!(
            "SELECT ",
            metric_columns!(),
            " FROM metrics WHERE experiment_id = $1 AND trial = $2 AND ($3 IS NULL OR name = $3) ORDER BY seq"
        ));
        let query = query.bind(id.0).bind(signed(trial)).bind(name);
        self.all(query, rows::metric).await
    }

    /// At most `limit` events after the one with the number `seq`, in order: of one experiment, or of all.
    pub async fn events_after(
        &self,
        id: Option<ExperimentId>,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let query = match id {
            Some(id) => sqlx::query(events_after!("AND experiment_id = $3"))
                .bind(seq)
                .bind(limit)
                .bind(id.0),
            None => sqlx::query(events_after!("")).bind(seq).bind(limit),
        };
        self.all(query, rows::event).await
    }

    pub(super) async fn one<T>(
        &self,
        query: Query<'_, Sqlite, SqliteArguments>,
        read: impl FnOnce(&SqliteRow) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let row = query.fetch_optional(&self.inner.readers).await?;
        row.as_ref().map(read).transpose()
    }

    pub(super) async fn all<T>(
        &self,
        query: Query<'_, Sqlite, SqliteArguments>,
        read: impl Fn(&SqliteRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = query.fetch_all(&self.inner.readers).await?;
        rows.iter().map(read).collect()
    }
}

/// Numbers of trials grow by one from 0: none is too large for a signed integer.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

macro_rules! best_objective {
    ($direction:literal) => {
        concat!(
            "SELECT number, objective FROM trials ",
            "WHERE experiment_id = $1 AND state = 'succeeded' AND objective IS NOT NULL ORDER BY objective ",
            $direction,
            ", number LIMIT 1"
        )
    };
}
use best_objective;

macro_rules! improvements {
    ($best:literal, $better:literal) => {
        concat!(
            "SELECT finished_order, number, objective FROM (SELECT finished_order, number, objective, ",
            $best,
            "(objective) OVER (ORDER BY finished_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM trials ",
            "WHERE experiment_id = $1 AND state = 'succeeded' AND objective IS NOT NULL AND finished_order IS NOT NULL) AS run ",
            "WHERE before IS NULL OR objective ",
            $better,
            " before ORDER BY finished_order"
        )
    };
}
use improvements;

macro_rules! events_after {
    ($of:literal) => {
        concat!(
            "SELECT seq, name, at, kind, trial, step, data FROM events JOIN experiments ON experiments.id = experiment_id ",
            "WHERE seq > $1 ",
            $of,
            " ORDER BY seq LIMIT $2"
        )
    };
}
use events_after;
