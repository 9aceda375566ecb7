//! The hot path: what came about together is written together.

use super::{Changes, ExperimentId, ExperimentUpdate, Store, StoreError, encode, sql};
use crate::state::ExperimentReason;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Row, Sqlite, SqliteConnection, query::Query};

impl Store {
    /// Writes `changes` in one transaction and returns the sequence number of the experiment's last event.
    ///
    /// Trials and step runs are set as given, also those that are there; of several for the same row the last stands. Step runs and
    /// metrics belong to trials that are there or come with them. A request of the user is taken back when the experiment
    /// finishes. If the future is dropped, all of it is written or nothing.
    ///
    /// # Errors
    /// [`StoreError::NoSuchExperiment`] when the experiment was deleted; [`StoreError::BadLevel`] for a level that is NaN; and
    /// whatever keeps the database from writing. Nothing is written then.
    pub async fn commit(&self, id: ExperimentId, changes: Changes) -> Result<i64, StoreError> {
        let encoded = Encoded::new(&changes)?;
        let mut writer = self.writer().await?;
        let first = self
            .reserve_order(id, &mut writer, encoded.metric_count)
            .await?;
        // To the very end: the database commits after it has returned the row.
        let rows = encoded.query(id, first).fetch_all(&mut *writer).await;
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => return Err(refused(id, &mut writer, error).await),
        };
        let last_event: Option<i64> = match rows.first() {
            Some(row) => row.try_get(0)?,
            None => None,
        };
        Ok(last_event.unwrap_or(0))
    }

    /// Takes `count` places in the order of arrival and returns the first. A gap left by a failed write does no harm.
    async fn reserve_order(
        &self,
        id: ExperimentId,
        writer: &mut SqliteConnection,
        count: i64,
    ) -> Result<i64, StoreError> {
        if count == 0 {
            return Ok(0);
        }
        let known = self.metric_order().get(&id).copied();
        let first = match known {
            Some(first) => first,
            None => next_order(id, writer).await?,
        };
        self.metric_order().insert(id, first + count);
        Ok(first)
    }
}

/// A reference into the void: is it the experiment that is not there?
async fn refused(
    id: ExperimentId,
    writer: &mut SqliteConnection,
    error: sqlx::Error,
) -> StoreError {
    if !matches!(&error, sqlx::Error::Database(cause) if cause.is_foreign_key_violation()) {
        return error.into();
    }
    let found = sqlx::query("SELECT id FROM experiments WHERE id = $1")
        .bind(id.0)
        .fetch_optional(writer)
        .await;
    match found {
        Ok(None) => StoreError::NoSuchExperiment(id),
        Ok(Some(_)) => StoreError::Unwritable(
            "a step run or a report of a trial that does not exist".to_owned(),
        ),
        Err(error) => error.into(),
    }
}

async fn next_order(id: ExperimentId, writer: &mut SqliteConnection) -> Result<i64, StoreError> {
    let next = sqlx::query_scalar(
        "SELECT coalesce(max(seq) + 1, 0) FROM metrics WHERE experiment_id = $1",
    )
    .bind(id.0)
    .fetch_one(writer)
    .await?;
    Ok(next)
}

/// A batch in the form in which the database takes it.
struct Encoded {
    experiment: Option<ExperimentUpdate>,
    trials: String,
    steps: String,
    metrics: String,
    metric_count: i64,
    events: String,
}

impl Encoded {
    fn new(changes: &Changes) -> Result<Self, StoreError> {
        Ok(Self {
            experiment: changes.experiment.clone(),
            trials: encode::trials(&changes.trials)?,
            steps: encode::steps(&changes.steps)?,
            metrics: encode::metrics(&changes.metrics)?,
            metric_count: changes.metrics.len().try_into().unwrap_or(i64::MAX),
            events: encode::events(&changes.events)?,
        })
    }

    fn query(self, id: ExperimentId, first_order: i64) -> Query<'static, Sqlite, SqliteArguments> {
        let update = self.experiment.as_ref();
        sqlx::query(sql::COMMIT_CHANGES)
            .bind(id.0)
            .bind(update.map(|it| it.state.as_str()))
            .bind(
                update
                    .and_then(|it| it.reason)
                    .map(ExperimentReason::as_str),
            )
            .bind(update.and_then(|it| it.started_at).map(encode::micros))
            .bind(update.and_then(|it| it.finished_at).map(encode::micros))
            .bind(update.map(|it| it.active_seconds))
            .bind(self.trials)
            .bind(self.steps)
            .bind(self.metrics)
            .bind(first_order)
            .bind(self.events)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{experiment, metric, step, succeeded, trial, trial_event};
    use super::super::{MetricRecord, StepRecord, TrialRecord};
    use super::*;
    use crate::artifacts::Artifact;
    use crate::state::{ExperimentState, StepState, TrialReason, TrialState};
    use indexmap::IndexMap;
    use serde_json::json;
    use tune_algorithms::space::{Configuration, Value};

    #[tokio::test]
    async fn everything_comes_back_as_it_went_in() {
        let (_directory, store, id) = experiment().await;
        let trial = TrialRecord {
            reason: Some(TrialReason::StepFailed),
            explanation: Some("step `train` \"failed\" with\nexit code 3 — ☠".to_owned()),
            parameters: Configuration::from_iter([
                ("whole".to_owned(), Value::Int(i64::MIN)),
                ("float".to_owned(), Value::Float(1.0)),
                ("tiny".to_owned(), Value::Float(5e-324)),
                ("huge".to_owned(), Value::Float(f64::MAX)),
                ("flag".to_owned(), Value::Bool(true)),
                (
                    "1 or 'two'; DROP TABLE trials --".to_owned(),
                    Value::Text("3".to_owned()),
                ),
            ]),
            metrics: IndexMap::from([
                ("up".to_owned(), f64::INFINITY),
                ("down".to_owned(), f64::NEG_INFINITY),
                ("a \"quoted\" \\ name".to_owned(), 0.1 + 0.2),
            ]),
            ..succeeded(0, 0, 0.1 + 0.2)
        };
        let step = StepRecord {
            explanation: Some("exit code 3".to_owned()),
            attempt: 2,
            failures: 1,
            exit_code: Some(-3),
            started_at: Some(trial.created_at),
            finished_at: Some(trial.created_at),
            values: json!({ "z": [1, 1.0, null], "a": { "b": "ü" } })
                .as_object()
                .unwrap()
                .clone(),
            artifacts: IndexMap::from([(
                "model".to_owned(),
                Artifact {
                    hash: "abc".to_owned(),
                    size: u64::from(u32::MAX) + 1,
                    path: "ab/c/model".into(),
                },
            )]),
            ..step(0, "train", StepState::Failed)
        };
        let changes = Changes {
            trials: vec![trial.clone()],
            steps: vec![step.clone()],
            ..Changes::default()
        };
        store.commit(id, changes).await.unwrap();
        assert_eq!(store.trial(id, 0).await.unwrap(), Some(trial));
        assert_eq!(store.steps(id, 0).await.unwrap(), [step]);
    }

    #[tokio::test]
    async fn reals_of_any_size_come_back_to_the_last_bit() {
        let (_directory, store, id) = experiment().await;
        let mut reals = vec![
            f64::MAX,
            f64::MIN_POSITIVE,
            -2.851_725_494_539_481_3e-244,
            0.1 + 0.2,
        ];
        // Four thirds, with every exponent that a double has.
        reals.extend((-1074..1022).map(|exponent| {
            4.0 / 3.0 * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2)
        }));
        let metrics = reals.iter().map(|real| metric(0, "loss", *real, *real));
        let changes = Changes {
            trials: vec![trial(0, TrialState::Running)],
            metrics: metrics.collect(),
            ..Changes::default()
        };
        store.commit(id, changes).await.unwrap();
        let found = store.metrics(id, 0, None).await.unwrap();
        assert_eq!(levels(&found), reals);
        let values: Vec<_> = found.iter().map(|metric| metric.value).collect();
        assert_eq!(values, reals);
    }

    #[tokio::test]
    async fn a_commit_returns_the_number_of_its_last_event() {
        let (_directory, store, id) = experiment().await;
        let submitted = store.events_after(None, 0, 10).await.unwrap()[0].seq;
        let changes = Changes {
            trials: vec![trial(0, TrialState::Queued), trial(1, TrialState::Queued)],
            events: vec![
                trial_event(0, TrialState::Queued),
                trial_event(1, TrialState::Queued),
            ],
            ..Changes::default()
        };
        let last = store.commit(id, changes).await.unwrap();
        assert_eq!(last, submitted + 2);
        let events = store.events_after(Some(id), submitted, 10).await.unwrap();
        let told: Vec<_> = events
            .iter()
            .map(|event| (event.seq, event.trial))
            .collect();
        assert_eq!(told, [(last - 1, Some(0)), (last, Some(1))]);
        assert_eq!(store.commit(id, Changes::default()).await.unwrap(), last);
    }

    #[tokio::test]
    async fn the_last_of_several_records_stands() {
        let (_directory, store, id) = experiment().await;
        let changes = Changes {
            trials: vec![
                trial(0, TrialState::Queued),
                trial(1, TrialState::Queued),
                trial(0, TrialState::Running),
            ],
            steps: vec![
                step(0, "b", StepState::Ready),
                step(0, "a", StepState::Waiting),
                step(0, "b", StepState::Running),
            ],
            metrics: vec![
                metric(0, "loss", 0.0, 1.0),
                metric(0, "loss", 1.0, 2.0),
                metric(0, "loss", -0.0, 3.0),
            ],
            ..Changes::default()
        };
        store.commit(id, changes).await.unwrap();
        assert_eq!(
            store.trial(id, 0).await.unwrap(),
            Some(trial(0, TrialState::Running))
        );
        let steps = store.steps(id, 0).await.unwrap();
        assert_eq!(
            steps,
            [
                step(0, "b", StepState::Running),
                step(0, "a", StepState::Waiting)
            ]
        );
        let metrics = store.metrics(id, 0, None).await.unwrap();
        assert_eq!(
            metrics,
            [metric(0, "loss", 1.0, 2.0), metric(0, "loss", 0.0, 3.0)]
        );
    }

    #[tokio::test]
    async fn a_later_report_takes_its_place_at_the_end() {
        let (_directory, store, id) = experiment().await;
        let first = vec![
            metric(0, "loss", 0.0, 1.0),
            metric(0, "loss", 1.0, f64::NAN),
            metric(0, "other", 0.0, 7.0),
        ];
        let trials = vec![trial(0, TrialState::Running)];
        store
            .commit(
                id,
                Changes {
                    trials,
                    metrics: first,
                    ..Changes::default()
                },
            )
            .await
            .unwrap();
        let second = vec![metric(0, "loss", 0.0, f64::NEG_INFINITY)];
        store
            .commit(
                id,
                Changes {
                    metrics: second,
                    ..Changes::default()
                },
            )
            .await
            .unwrap();
        let metrics = store.metrics(id, 0, Some("loss")).await.unwrap();
        assert_eq!(levels(&metrics), [1.0, 0.0]);
        assert!(metrics[0].value.is_nan());
        assert_eq!(metrics[1].value, f64::NEG_INFINITY);
        assert_eq!(store.metrics(id, 0, None).await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn another_handle_goes_on_with_the_order_of_reports() {
        let (directory, store, id) = experiment().await;
        let trials = vec![trial(0, TrialState::Running)];
        let metrics = vec![metric(0, "loss", 5.0, 1.0)];
        store
            .commit(
                id,
                Changes {
                    trials,
                    metrics,
                    ..Changes::default()
                },
            )
            .await
            .unwrap();
        let other = Store::open(directory.path()).await.unwrap();
        for level in [4.0, 3.0] {
            let metrics = vec![metric(0, "loss", level, 1.0)];
            other
                .commit(
                    id,
                    Changes {
                        metrics,
                        ..Changes::default()
                    },
                )
                .await
                .unwrap();
        }
        let _driver = store.lock(id, None).await.unwrap();
        let metrics = vec![metric(0, "loss", 2.0, 1.0)];
        store
            .commit(
                id,
                Changes {
                    metrics,
                    ..Changes::default()
                },
            )
            .await
            .unwrap();
        let metrics = store.metrics(id, 0, None).await.unwrap();
        assert_eq!(levels(&metrics), [5.0, 4.0, 3.0, 2.0]);
    }

    #[tokio::test]
    async fn a_commit_that_fails_leaves_nothing_and_blocks_nobody() {
        let (_directory, store, id) = experiment().await;
        let orphan = Changes {
            trials: vec![trial(0, TrialState::Queued)],
            steps: vec![step(9, "train", StepState::Ready)],
            ..Changes::default()
        };
        assert!(matches!(
            store.commit(id, orphan).await,
            Err(StoreError::Unwritable(_))
        ));
        assert_eq!(store.trial(id, 0).await.unwrap(), None);
        let level = Changes {
            metrics: vec![metric(0, "loss", f64::NAN, 0.0)],
            ..Changes::default()
        };
        assert!(matches!(
            store.commit(id, level).await,
            Err(StoreError::BadLevel(_))
        ));
        let trials = vec![trial(0, TrialState::Queued)];
        store
            .commit(
                id,
                Changes {
                    trials,
                    ..Changes::default()
                },
            )
            .await
            .unwrap();
        assert!(store.trial(id, 0).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_deleted_experiment_cannot_be_written() {
        let (_directory, store, id) = experiment().await;
        store.delete(id).await.unwrap();
        let trials = vec![trial(0, TrialState::Queued)];
        let refused = store
            .commit(
                id,
                Changes {
                    trials,
                    ..Changes::default()
                },
            )
            .await;
        assert!(matches!(refused, Err(StoreError::NoSuchExperiment(gone)) if gone == id));
    }

    #[tokio::test]
    async fn the_experiment_is_set_as_given_and_its_end_answers_the_request() {
        let (_directory, store, id) = experiment().await;
        store
            .request(id, super::super::Request::Cancel)
            .await
            .unwrap();
        let mut update = ExperimentUpdate {
            state: ExperimentState::Running,
            reason: None,
            started_at: Some(super::super::testing::at(1)),
            finished_at: None,
            active_seconds: 0.1 + 0.2,
        };
        let changes = Changes {
            experiment: Some(update.clone()),
            ..Changes::default()
        };
        store.commit(id, changes).await.unwrap();
        let record = store.experiment("iris").await.unwrap().unwrap();
        assert_eq!(
            (record.state, record.started_at),
            (update.state, update.started_at)
        );
        assert_eq!(record.active_seconds, 0.1 + 0.2);
        assert!(record.request.is_some());
        update.state = ExperimentState::Cancelled;
        update.reason = Some(ExperimentReason::Cancelled);
        let changes = Changes {
            experiment: Some(update),
            ..Changes::default()
        };
        store.commit(id, changes).await.unwrap();
        let record = store.experiment("iris").await.unwrap().unwrap();
        assert_eq!(
            (record.reason, record.request),
            (Some(ExperimentReason::Cancelled), None)
        );
    }

    fn levels(metrics: &[MetricRecord]) -> Vec<f64> {
        metrics.iter().map(|metric| metric.level).collect()
    }
}
