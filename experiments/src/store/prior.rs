//! What an experiment knows of another one: the finished trials of the one, and the copy of them that the other keeps.

use super::database::{Connection, Row, Statement, Transaction};
use super::encode;
use super::rows::{self, Columns};
use super::{ExperimentId, Store, StoreError, sql};
use indexmap::IndexMap;
use tune_algorithms::history::Outcome;
use tune_algorithms::space::Configuration;

/// A trial that succeeded or was stopped early, with all that others may learn from it.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedTrial {
    /// Its number.
    pub number: u64,
    /// Its configuration.
    pub parameters: Configuration,
    /// Whether it was stopped early.
    pub early_stopped: bool,
    /// Its objective.
    pub objective: Option<f64>,
    /// The last value of every metric that it reported; may be NaN or infinite.
    pub metrics: IndexMap<String, f64>,
}

/// A trial of another experiment that an experiment starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorTrial {
    /// Its configuration, one of the space of the experiment that knows it.
    pub parameters: Configuration,
    /// The value of that experiment's metric; finite.
    pub objective: f64,
    /// Whether it was stopped early.
    pub early_stopped: bool,
}

impl PriorTrial {
    /// How it ended, as an algorithm sees it.
    pub fn outcome(&self) -> Outcome {
        match self.early_stopped {
            true => Outcome::EarlyStopped(Some(self.objective)),
            false => Outcome::Succeeded(self.objective),
        }
    }
}

const FINISHED: &str = "\
SELECT number, parameters, state, objective, metrics FROM trials
 WHERE experiment_id = $1 AND state IN ('succeeded', 'early_stopped') ORDER BY finished_order";

const PRIOR: &str = "\
SELECT parameters, objective, early_stopped FROM prior_trials WHERE experiment_id = $1 ORDER BY place";

impl Store {
    /// The trials of an experiment that succeeded or were stopped early, in the order in which they finished.
    pub async fn finished_trials(
        &self,
        id: ExperimentId,
    ) -> Result<Vec<FinishedTrial>, StoreError> {
        self.all(Statement::new(FINISHED).bind(id.0), finished)
            .await
    }
}

fn finished(row: &Row) -> Result<FinishedTrial, StoreError> {
    let mut columns = Columns::of(row);
    Ok(FinishedTrial {
        number: columns.count()?,
        parameters: columns.json()?,
        early_stopped: columns.take::<&str>()? == "early_stopped",
        objective: columns.take()?,
        metrics: rows::reported_metrics(columns.take()?)?,
    })
}

/// What an experiment starts from, in the order in which it finished.
pub(super) async fn load(
    connection: &mut Connection<'_>,
    id: ExperimentId,
) -> Result<Vec<PriorTrial>, StoreError> {
    connection
        .all(Statement::new(PRIOR).bind(id.0), prior)
        .await
}

fn prior(row: &Row) -> Result<PriorTrial, StoreError> {
    let mut columns = Columns::of(row);
    Ok(PriorTrial {
        parameters: columns.json()?,
        objective: columns.take()?,
        early_stopped: columns.take()?,
    })
}

/// Keeps what a new experiment starts from.
pub(super) async fn add(
    transaction: &mut Transaction<'_>,
    id: ExperimentId,
    trials: &[PriorTrial],
) -> Result<(), StoreError> {
    if trials.is_empty() {
        return Ok(());
    }
    let rows = encode::prior_trials(trials)?;
    match transaction {
        Transaction::Sqlite(_) => {
            let statement = Statement::new(sql::sqlite::ADD_PRIOR);
            let statement = statement.bind(id.0).bind(encode::json(&rows)?);
            transaction.on().execute(statement).await?;
        }
        Transaction::Postgres(transaction) => {
            let query = sqlx::query(sql::postgres::ADD_PRIOR).bind(id.0);
            let query = encode::Row::bind_columns(&rows, query);
            query.execute(&mut **transaction).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Kind, Place, commit, new_experiment, over_both, succeeded, trial};
    use super::super::{Changes, NewExperiment};
    use super::*;
    use crate::state::TrialState;
    use tune_algorithms::space::Value;

    over_both! {
        what_an_experiment_starts_from_comes_back_as_it_was,
        what_has_finished_comes_in_the_order_of_finishing,
    }

    async fn what_an_experiment_starts_from_comes_back_as_it_was(kind: Kind) {
        let place = Place::new(kind).await;
        let store = place.open().await;
        let known = |x: f64, objective: f64, early_stopped| PriorTrial {
            parameters: Configuration::from_iter([("x".to_owned(), Value::Float(x))]),
            objective,
            early_stopped,
        };
        let prior = vec![
            known(0.5, 0.1 + 0.2, false),
            known(5e-324, -1e300, true),
            known(0.5, f64::MAX, false),
        ];
        let new = NewExperiment {
            prior: prior.clone(),
            ..new_experiment("b")
        };
        let created = store.create(new).await.unwrap();
        assert_eq!(created.prior_trials, 3);
        assert_eq!(store.load(created.id).await.unwrap().prior, prior);
        let other = store.create(new_experiment("c")).await.unwrap();
        assert_eq!(other.prior_trials, 0);
        assert_eq!(store.load(other.id).await.unwrap().prior, []);
        store.delete(created.id).await.unwrap();
        let left = store
            .one(Statement::new("SELECT count(*) FROM prior_trials"), |row| {
                Columns::of(row).take::<i64>()
            })
            .await;
        assert_eq!(left.unwrap(), Some(0));
    }

    async fn what_has_finished_comes_in_the_order_of_finishing(kind: Kind) {
        let place = Place::new(kind).await;
        let store = place.open().await;
        let id = store.create(new_experiment("a")).await.unwrap().id;
        let stopped = super::super::TrialRecord {
            state: TrialState::EarlyStopped,
            ..succeeded(1, 0, 0.25)
        };
        let changes = Changes {
            trials: vec![
                succeeded(0, 2, 0.5),
                stopped,
                trial(2, TrialState::Failed),
                trial(3, TrialState::Running),
            ],
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        let found = store.finished_trials(id).await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|trial| (trial.number, trial.early_stopped, trial.objective))
            .collect();
        assert_eq!(found, [(1, true, Some(0.25)), (0, false, Some(0.5))]);
    }
}
