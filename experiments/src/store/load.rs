//! Everything that is needed to go on with an experiment after a restart.

use super::database::{Connection, Statement};
use super::rows::{self, Columns, metric_columns, select_experiments, step_columns, trial_columns};
use super::{
    ExperimentId, ExperimentRecord, MetricRecord, Point, PriorTrial, StepRecord, Store, StoreError,
    TrialRecord, blocks, prior,
};
use crate::state::TrialState;
use std::collections::BTreeMap;
use tune_algorithms::space::Configuration;

/// An experiment as its driver left it, read in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The experiment.
    pub experiment: ExperimentRecord,
    /// Every trial, by number.
    pub trials: Vec<LoadedTrial>,
    /// The trials that have not come to their end, by number.
    pub unfinished: Vec<UnfinishedTrial>,
    /// The trials of another experiment that it started from, in the order in which they finished.
    pub prior: Vec<PriorTrial>,
}

/// What an algorithm learns from a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedTrial {
    /// Its number.
    pub number: u64,
    /// Its configuration.
    pub parameters: Configuration,
    /// Where it stands.
    pub state: TrialState,
    /// Its objective.
    pub objective: Option<f64>,
    /// Whether its configuration is the user's own.
    pub enqueued: bool,
    /// Its position among the finished trials.
    pub finished_order: Option<u64>,
}

/// A trial to go on with.
#[derive(Clone, Debug, PartialEq)]
pub struct UnfinishedTrial {
    /// The trial.
    pub trial: TrialRecord,
    /// Its step runs, in the order in which they were first written.
    pub steps: Vec<StepRecord>,
    /// All its reports, in the order of arrival.
    pub metrics: Vec<MetricRecord>,
}

/// A report of one metric, without where it came from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// The trial's number.
    pub trial: u64,
    /// The level.
    pub level: f64,
    /// May be NaN or infinite.
    pub value: f64,
}

impl Store {
    /// All that a driver needs to go on.
    ///
    /// # Errors
    /// [`StoreError::NoSuchExperiment`].
    pub async fn load(&self, id: ExperimentId) -> Result<Snapshot, StoreError> {
        let mut reader = self.reader().await?;
        let mut transaction = reader.begin().await?;
        let experiment = Statement::new(select_experiments!("WHERE id = $1")).bind(id.0);
        let experiment = transaction.on().one(experiment).await?;
        let experiment = experiment.ok_or(StoreError::NoSuchExperiment(id))?;
        let experiment = rows::experiment(&experiment)?;
        let trials = trials(blocks::all(&mut transaction.on(), id).await?);
        let unfinished = unfinished_trials(&mut transaction.on(), id).await?;
        let prior = prior::load(&mut transaction.on(), id).await?;
        transaction.commit().await?;
        Ok(Snapshot {
            experiment,
            trials,
            unfinished,
            prior,
        })
    }

    /// What every trial tries and how it ended, by number, without what only its own page needs.
    pub async fn outcomes(&self, id: ExperimentId) -> Result<Vec<LoadedTrial>, StoreError> {
        Ok(trials(self.whole(id).await?))
    }

    /// Every report of the metric `name` in the experiment, in the order of arrival.
    pub async fn curves(
        &self,
        id: ExperimentId,
        name: &str,
    ) -> Result<Vec<CurvePoint>, StoreError> {
        let query = Statement::new(
            "SELECT trial, level, value FROM metrics WHERE experiment_id = $1 AND name = $2 ORDER BY seq",
        );
        self.all(query.bind(id.0).bind(name), |row| {
            let mut columns = Columns::of(row);
            Ok(CurvePoint {
                trial: columns.count()?,
                level: columns.take()?,
                value: columns.real()?,
            })
        })
        .await
    }
}

fn trials(points: Vec<Point>) -> Vec<LoadedTrial> {
    points.into_iter().map(|point| point.trial).collect()
}

/// The rows of `table` that belong to unfinished trials.
macro_rules! of_unfinished {
    ($columns:expr, $table:literal, $order:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM ",
            $table,
            " WHERE experiment_id = $1 AND trial IN (SELECT number FROM trials WHERE experiment_id = $1 AND state IN ('queued', 'running')) ",
            "ORDER BY ",
            $order
        )
    };
}

async fn unfinished_trials(
    connection: &mut Connection<'_>,
    id: ExperimentId,
) -> Result<Vec<UnfinishedTrial>, StoreError> {
    let trials = concat!(
        "SELECT ",
        trial_columns!(),
        " FROM trials WHERE experiment_id = $1 AND state IN ('queued', 'running') ORDER BY number"
    );
    let trials = Statement::new(trials).bind(id.0);
    let trials = connection.all(trials, rows::trial).await?;
    let unfinished = trials.into_iter().map(|trial| {
        let (steps, metrics) = (Vec::new(), Vec::new());
        let number = trial.number;
        (
            number,
            UnfinishedTrial {
                trial,
                steps,
                metrics,
            },
        )
    });
    let mut unfinished: BTreeMap<u64, UnfinishedTrial> = unfinished.collect();
    let steps = Statement::new(of_unfinished!(step_columns!(), "step_runs", "id")).bind(id.0);
    for step in connection.all(steps, rows::step).await? {
        if let Some(trial) = unfinished.get_mut(&step.trial) {
            trial.steps.push(step);
        }
    }
    let metrics = Statement::new(of_unfinished!(metric_columns!(), "metrics", "seq")).bind(id.0);
    for metric in connection.all(metrics, rows::metric).await? {
        if let Some(trial) = unfinished.get_mut(&metric.trial) {
            trial.metrics.push(metric);
        }
    }
    Ok(unfinished.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::super::Changes;
    use super::super::testing::{
        Kind, commit, experiment, metric, over_both, step, succeeded, trial,
    };
    use super::*;
    use crate::state::StepState;
    use indexmap::IndexMap;

    over_both! {
        a_snapshot_holds_every_trial_and_all_of_the_unfinished,
        curves_are_in_the_order_of_arrival_across_trials,
        what_is_not_there_cannot_be_loaded,
    }

    async fn a_snapshot_holds_every_trial_and_all_of_the_unfinished(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let stopped = TrialRecord {
            state: TrialState::EarlyStopped,
            metrics: IndexMap::from([
                ("loss".to_owned(), 3.0),
                ("accuracy".to_owned(), f64::INFINITY),
            ]),
            finished_order: Some(1),
            ..trial(1, TrialState::EarlyStopped)
        };
        let changes = Changes {
            trials: vec![
                succeeded(0, 0, 0.5),
                stopped,
                trial(2, TrialState::Running),
                trial(3, TrialState::Queued),
            ],
            steps: vec![
                step(0, "train", StepState::Succeeded),
                step(2, "train", StepState::Succeeded),
                step(2, "evaluate", StepState::Running),
                step(3, "train", StepState::Waiting),
            ],
            metrics: vec![
                metric(2, "loss", 1.0, 0.5),
                metric(0, "loss", 0.0, 0.25),
                metric(2, "accuracy", 0.0, 0.75),
                metric(2, "loss", 0.0, 1.0),
            ],
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        let snapshot = store.load(id).await.unwrap();
        assert_eq!(
            Some(snapshot.experiment),
            store.experiment("iris").await.unwrap()
        );
        let states: Vec<_> = snapshot
            .trials
            .iter()
            .map(|it| (it.number, it.state, it.objective, it.finished_order))
            .collect();
        assert_eq!(
            states,
            [
                (0, TrialState::Succeeded, Some(0.5), Some(0)),
                (1, TrialState::EarlyStopped, None, Some(1)),
                (2, TrialState::Running, None, None),
                (3, TrialState::Queued, None, None),
            ]
        );
        let running = UnfinishedTrial {
            trial: trial(2, TrialState::Running),
            steps: vec![
                step(2, "train", StepState::Succeeded),
                step(2, "evaluate", StepState::Running),
            ],
            metrics: vec![
                metric(2, "loss", 1.0, 0.5),
                metric(2, "accuracy", 0.0, 0.75),
                metric(2, "loss", 0.0, 1.0),
            ],
        };
        let queued = UnfinishedTrial {
            trial: trial(3, TrialState::Queued),
            steps: vec![step(3, "train", StepState::Waiting)],
            metrics: Vec::new(),
        };
        assert_eq!(snapshot.unfinished, [running, queued]);
    }

    async fn curves_are_in_the_order_of_arrival_across_trials(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let changes = Changes {
            trials: vec![trial(0, TrialState::Running), trial(1, TrialState::Running)],
            metrics: vec![
                metric(1, "loss", 0.0, 0.1),
                metric(0, "loss", 0.0, f64::NEG_INFINITY),
                metric(0, "other", 0.0, 7.0),
                metric(1, "loss", 1.0, 0.3),
            ],
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        let curves = store.curves(id, "loss").await.unwrap();
        let points: Vec<_> = curves
            .iter()
            .map(|point| (point.trial, point.level, point.value))
            .collect();
        assert_eq!(
            points,
            [(1, 0.0, 0.1), (0, 0.0, f64::NEG_INFINITY), (1, 1.0, 0.3)]
        );
    }

    async fn what_is_not_there_cannot_be_loaded(kind: Kind) {
        let (_place, store, _id) = experiment(kind).await;
        let missing = ExperimentId(99);
        assert!(
            matches!(store.load(missing).await, Err(StoreError::NoSuchExperiment(id)) if id == missing)
        );
    }
}
