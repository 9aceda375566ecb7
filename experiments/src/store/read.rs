//! Reading back: experiments, counts, the best trial, step runs, metrics. Lists of trials are in `trials.rs`, events in `events.rs`.

use super::database::Statement;
use super::rows::{self, Columns, metric_columns, select_experiments, step_columns, trial_columns};
use super::{
    ExperimentId, ExperimentRecord, ExperimentSummary, MetricRecord, StepRecord, Store, StoreError,
    TrialRecord, sql,
};
use std::collections::BTreeMap;
use tune_algorithms::history::Goal;

use crate::state::TrialState;

impl Store {
    /// The experiment of that name.
    pub async fn experiment(&self, name: &str) -> Result<Option<ExperimentRecord>, StoreError> {
        let query = Statement::new(select_experiments!("WHERE name = $1")).bind(name);
        self.one(query, rows::experiment).await
    }

    /// All experiments in the order in which they were submitted, each with counts and best trial.
    pub async fn experiments(&self) -> Result<Vec<ExperimentSummary>, StoreError> {
        let all = Statement::new(select_experiments!("ORDER BY id"));
        let experiments = self.all(all, rows::experiment).await?;
        self.summaries(experiments).await
    }

    pub(super) async fn summaries(
        &self,
        experiments: Vec<ExperimentRecord>,
    ) -> Result<Vec<ExperimentSummary>, StoreError> {
        let mut summaries = Vec::with_capacity(experiments.len());
        for experiment in experiments {
            let trials = self.counts(experiment.id).await?;
            let best = self.best_objective(experiment.id, experiment.goal).await?;
            let tags = self.tags(experiment.id).await?;
            summaries.push(ExperimentSummary {
                tags,
                experiment,
                trials,
                best,
            });
        }
        Ok(summaries)
    }

    /// How many trials there are in each state; states without trials are absent.
    pub async fn counts(&self, id: ExperimentId) -> Result<BTreeMap<TrialState, u64>, StoreError> {
        let query = Statement::new(
            "SELECT state, trials FROM trial_counts WHERE experiment_id = $1 AND trials > 0",
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
        let query = Statement::new(concat!(
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
        let query = Statement::new("SELECT goal FROM experiments WHERE id = $1").bind(id.0);
        self.one(query, |row| Columns::of(row).word()).await
    }

    async fn best_objective(
        &self,
        id: ExperimentId,
        goal: Goal,
    ) -> Result<Option<(u64, f64)>, StoreError> {
        let query = Statement::new(match goal {
            Goal::Minimize => best_objective!("ASC"),
            Goal::Maximize => best_objective!("DESC"),
        });
        self.one(query.bind(id.0), |row| {
            let mut columns = Columns::of(row);
            Ok((columns.count()?, columns.take()?))
        })
        .await
    }

    /// The step runs of a trial, in the order in which they were first written.
    pub async fn steps(&self, id: ExperimentId, trial: u64) -> Result<Vec<StepRecord>, StoreError> {
        let query = Statement::new(concat!(
            "SELECT ",
            step_columns!(),
            " FROM step_runs WHERE experiment_id = $1 AND trial = $2 ORDER BY id"
        ));
        self.all(query.bind(id.0).bind(signed(trial)), rows::step)
            .await
    }

    /// What an attempt printed, if the store keeps it: it is the step run's last, succeeded, and printed little. Else it is in a file.
    pub async fn log(
        &self,
        id: ExperimentId,
        trial: u64,
        step: &str,
        attempt: u32,
    ) -> Result<Option<String>, StoreError> {
        let query = Statement::new(
            "SELECT log FROM step_runs WHERE experiment_id = $1 AND trial = $2 AND step = $3 AND attempt = $4",
        );
        let query = query.bind(id.0).bind(signed(trial)).bind(step);
        let found = self.one(query.bind(attempt), |row| Columns::of(row).take());
        Ok(found.await?.flatten())
    }

    /// What a trial reported, in the order of arrival: of all metrics, or of one.
    pub async fn metrics(
        &self,
        id: ExperimentId,
        trial: u64,
        name: Option<&str>,
    ) -> Result<Vec<MetricRecord>, StoreError> {
        let query = Statement::new(concat!(
            "SELECT ",
            metric_columns!(),
            " FROM metrics WHERE experiment_id = $1 AND trial = $2 AND (name = $3 OR $3 IS NULL) ORDER BY seq"
        ));
        let query = query.bind(id.0).bind(signed(trial)).bind(name);
        self.all(query, rows::metric).await
    }

    /// The report of a metric at its highest level so far; of several steps that report it, of the one that did last. Costs
    /// the same however much was reported.
    pub async fn latest_metric(
        &self,
        id: ExperimentId,
        trial: u64,
        name: &str,
    ) -> Result<Option<MetricRecord>, StoreError> {
        let query = Statement::new(LATEST_METRIC)
            .bind(id.0)
            .bind(signed(trial))
            .bind(name);
        self.one(query, |row| rows::metric_of(&mut Columns::of(row)))
            .await
    }

    /// The names of all metrics that some trial has, sorted.
    pub async fn metric_names(&self, id: ExperimentId) -> Result<Vec<String>, StoreError> {
        let query = Statement::new(sql::METRIC_NAMES).bind(id.0);
        let mut names: Vec<String> = self.all(query, |row| Columns::of(row).take()).await?;
        names.sort();
        Ok(names)
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

/// Through the primary key alone: step by step, each at its highest level. What clients report is of no step.
const LATEST_METRIC: &str = "\
SELECT latest.trial, latest.step, latest.name, latest.level, latest.value, latest.at FROM (SELECT step FROM step_runs WHERE experiment_id = $1 AND trial = $2 UNION ALL SELECT '') AS run
 CROSS JOIN metrics AS latest
 WHERE latest.experiment_id = $1 AND latest.trial = $2 AND latest.step = run.step AND latest.name = $3
   AND latest.level = (SELECT max(level) FROM metrics
                        WHERE experiment_id = $1 AND trial = $2 AND step = run.step AND name = $3)
 ORDER BY latest.seq DESC LIMIT 1";

#[cfg(test)]
mod tests {
    use super::super::testing::{
        Kind, commit, experiment, metric, new_experiment, over_both, step, store, succeeded, trial,
        trial_event,
    };
    use super::super::{Changes, NewExperiment};
    use super::*;
    use crate::state::StepState;

    over_both! {
        experiments_are_listed_with_counts_and_best_trial,
        of_equal_trials_the_first_is_best_and_only_success_counts,
        the_latest_metric_is_at_the_highest_level_of_the_step_that_reported_last,
        the_latest_metric_of_a_client_is_found_without_a_step,
        metric_names_are_those_of_all_trials,
        events_are_read_page_by_page,
    }

    async fn commit_trials(store: &Store, id: ExperimentId, trials: Vec<TrialRecord>) {
        let changes = Changes {
            trials,
            ..Changes::default()
        };
        commit(store, id, changes).await.unwrap();
    }

    async fn experiments_are_listed_with_counts_and_best_trial(kind: Kind) {
        let (_place, store) = store(kind).await;
        let maximize = store.create(new_experiment("b")).await.unwrap();
        let new = NewExperiment {
            goal: Goal::Minimize,
            ..new_experiment("a")
        };
        let minimize = store.create(new).await.unwrap();
        let empty = store.create(new_experiment("c")).await.unwrap();
        for experiment in [&maximize, &minimize] {
            let trials = vec![
                succeeded(0, 1, 0.25),
                succeeded(1, 0, 0.75),
                trial(2, TrialState::Failed),
            ];
            commit_trials(&store, experiment.id, trials).await;
        }
        let counts = BTreeMap::from([(TrialState::Succeeded, 2), (TrialState::Failed, 1)]);
        let listed = store.experiments().await.unwrap();
        let expected = [
            (maximize, counts.clone(), Some((1, 0.75))),
            (minimize, counts, Some((0, 0.25))),
            (empty, BTreeMap::new(), None),
        ];
        let expected = expected.map(|(experiment, trials, best)| ExperimentSummary {
            experiment,
            trials,
            best,
            tags: Vec::new(),
        });
        assert_eq!(listed, expected);
    }

    async fn of_equal_trials_the_first_is_best_and_only_success_counts(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        assert_eq!(store.best(id).await.unwrap(), None);
        let stopped = TrialRecord {
            state: TrialState::EarlyStopped,
            ..succeeded(0, 0, 0.9)
        };
        let without = TrialRecord {
            objective: None,
            ..succeeded(1, 1, 0.9)
        };
        commit_trials(&store, id, vec![stopped, without]).await;
        assert_eq!(store.best(id).await.unwrap(), None);
        commit_trials(
            &store,
            id,
            vec![
                succeeded(3, 2, 0.5),
                succeeded(2, 3, 0.5),
                succeeded(4, 4, 0.4),
            ],
        )
        .await;
        assert_eq!(store.best(id).await.unwrap(), Some(succeeded(2, 3, 0.5)));
        assert_eq!(store.best(ExperimentId(99)).await.unwrap(), None);
    }

    async fn the_latest_metric_is_at_the_highest_level_of_the_step_that_reported_last(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        assert_eq!(store.latest_metric(id, 0, "loss").await.unwrap(), None);
        let of = |step: &str, level, value| MetricRecord {
            step: step.to_owned(),
            ..metric(0, "loss", level, value)
        };
        let changes = Changes {
            trials: vec![trial(0, TrialState::Running)],
            steps: vec![
                step(0, "train", StepState::Running),
                step(0, "test", StepState::Running),
            ],
            metrics: vec![
                of("test", 9.0, 0.9),
                of("train", 1.0, 0.5),
                of("train", 3.0, 0.3),
                metric(0, "other", 7.0, 7.0),
            ],
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        let latest = store.latest_metric(id, 0, "loss").await.unwrap();
        assert_eq!(latest, Some(of("train", 3.0, 0.3)));
    }

    async fn the_latest_metric_of_a_client_is_found_without_a_step(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let of = |level, value| MetricRecord {
            step: String::new(),
            ..metric(0, "loss", level, value)
        };
        let changes = Changes {
            trials: vec![trial(0, TrialState::Running)],
            metrics: vec![of(0.0, 0.5), of(1.0, 0.3)],
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        let latest = store.latest_metric(id, 0, "loss").await.unwrap();
        assert_eq!(latest, Some(of(1.0, 0.3)));
    }

    #[tokio::test]
    async fn the_latest_metric_never_reads_all_reports() {
        let (_place, store, _id) = experiment(Kind::Sqlite).await;
        let plan = format!("EXPLAIN QUERY PLAN {LATEST_METRIC}");
        let query = Statement::built(plan, Vec::new())
            .bind(1i64)
            .bind(0i64)
            .bind("loss");
        let steps: Vec<String> = store.all(query, |row| Ok(row.get(3)?)).await.unwrap();
        let metrics = steps.iter().filter(|step| step.contains("PRIMARY KEY"));
        let metrics: Vec<_> = metrics.collect();
        assert_eq!(metrics.len(), 2, "{steps:?}");
        for step in metrics {
            assert!(step.contains("step=? AND name=?"), "{steps:?}");
        }
    }

    async fn metric_names_are_those_of_all_trials(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        assert!(store.metric_names(id).await.unwrap().is_empty());
        let of = |number, name: &str| TrialRecord {
            metrics: [(name.to_owned(), 0.5)].into_iter().collect(),
            ..trial(number, TrialState::Failed)
        };
        let trials = vec![
            succeeded(0, 0, 0.9),
            of(1, "f1 \"größe\""),
            of(2, "accuracy"),
        ];
        commit_trials(&store, id, trials).await;
        let names = store.metric_names(id).await.unwrap();
        assert_eq!(names, ["accuracy", "f1 \"größe\""]);
    }

    async fn events_are_read_page_by_page(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let other = store.create(new_experiment("other")).await.unwrap().id;
        for number in 0..6 {
            let changes = Changes {
                trials: vec![trial(number, TrialState::Queued)],
                events: vec![trial_event(number, TrialState::Queued)],
                ..Changes::default()
            };
            commit(&store, if number % 2 == 0 { id } else { other }, changes)
                .await
                .unwrap();
        }
        let mut seen = Vec::new();
        let mut cursor = 0;
        loop {
            let page = store.events_after(None, cursor, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            cursor = last.seq;
            seen.extend(page.iter().filter_map(|event| event.trial));
        }
        assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
        let of_one = store.events_after(Some(other), 0, 10).await.unwrap();
        assert_eq!(
            of_one
                .iter()
                .filter_map(|event| event.trial)
                .collect::<Vec<_>>(),
            [1, 3, 5]
        );
        assert!(of_one.iter().all(|event| event.experiment == "other"));
    }
}
