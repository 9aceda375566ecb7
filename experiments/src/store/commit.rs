//! The hot path: what came about together is written together.

use super::database::{Database, Statement, acquire};
use super::encode::{self, EventRow, Filling, MetricRow, Row, StepRow, TrialRow, ValueRow};
use super::lease::Held;
use super::rows::Columns;
use super::{Changes, ExperimentId, ExperimentUpdate, Store, StoreError, sql};
use crate::state::ExperimentReason;
use serde::Serialize;
use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::{PgPool, Row as _};
use std::borrow::Borrow;

impl Store {
    /// Writes `changes` in one transaction and returns the sequence number of the experiment's last event.
    ///
    /// Trials and step runs are set as given, also those that are there; of several for the same row the last stands. What a trial tries,
    /// and why, stands from its first commit, and a metric that is on record of it may change and never goes. Step runs and metrics belong
    /// to trials that are there or come with them. A request of the user is taken back when the experiment finishes. If the future is
    /// dropped, all of it is written or nothing.
    ///
    /// After [`StoreError::Unavailable`] it is not known whether `changes` were written. Commit the very same again: if they were, nothing
    /// is written twice, events neither.
    ///
    /// # Errors
    /// [`StoreError::NoSuchExperiment`] when the experiment was deleted; [`StoreError::TakenOver`] when the lock is not held any more;
    /// [`StoreError::BadLevel`] for a level that is NaN; and whatever keeps the database from writing. Nothing is written then.
    pub async fn commit(
        &self,
        id: ExperimentId,
        changes: impl Borrow<Changes>,
    ) -> Result<i64, StoreError> {
        match &self.inner.database {
            Database::Sqlite { .. } => self.commit_to_sqlite(id, changes.borrow()).await,
            Database::Postgres { prompt, .. } => {
                self.commit_to_postgres(prompt, id, changes.borrow()).await
            }
        }
    }

    async fn commit_to_sqlite(
        &self,
        id: ExperimentId,
        changes: &Changes,
    ) -> Result<i64, StoreError> {
        let rows = Rows::new(changes)?;
        let first = self.reserve_order(id, rows.metrics.len()).await?;
        let statement = rows.as_json(id, first)?;
        let last_event = self.write_one(statement, |row| Columns::of(row).take::<Option<i64>>());
        match last_event.await {
            Ok(last_event) => Ok(last_event.flatten().unwrap_or(0)),
            Err(error) => Err(self.refused(id, error).await),
        }
    }

    async fn commit_to_postgres(
        &self,
        pool: &PgPool,
        id: ExperimentId,
        changes: &Changes,
    ) -> Result<i64, StoreError> {
        let Some(held) = self.inner.leases.get(id) else {
            return Err(self.not_ours(id).await?);
        };
        let rows = Rows::new(changes)?;
        let commit = rows.identity(held)?;
        let first = self.reserve_order(id, rows.metrics.len()).await?;
        let written = written(pool, rows.as_arrays(id, first, held.token, commit)).await;
        let answer = match written {
            Ok(Some(last_event)) => Ok(last_event),
            Ok(None) => self.not_written(id, held, commit).await,
            Err(error) => Err(self.refused(id, error).await),
        };
        if !matches!(&answer, Err(error) if error.leaves_doubt()) {
            self.inner.leases.answered(id, held.token);
        }
        answer
    }

    /// A commit that was there already has the same answer again.
    async fn not_written(
        &self,
        id: ExperimentId,
        held: Held,
        commit: i64,
    ) -> Result<i64, StoreError> {
        let lease = Statement::new(sql::postgres::LEASE).bind(id.0);
        let lease = self.one(lease, |row| {
            let mut columns = Columns::of(row);
            Ok((columns.take::<i64>()?, columns.take::<Option<i64>>()?))
        });
        match lease.await? {
            Some((token, Some(last))) if token == held.token && last == commit => {
                self.last_event(id).await
            }
            Some(_) => Err(StoreError::TakenOver),
            None => Err(StoreError::NoSuchExperiment(id)),
        }
    }

    async fn not_ours(&self, id: ExperimentId) -> Result<StoreError, StoreError> {
        Ok(match self.exists(id).await? {
            true => StoreError::TakenOver,
            false => StoreError::NoSuchExperiment(id),
        })
    }

    /// Takes `count` places in the order of arrival and returns the first. A gap left by a failed write does no harm.
    async fn reserve_order(&self, id: ExperimentId, count: usize) -> Result<i64, StoreError> {
        if count == 0 {
            return Ok(0);
        }
        let known = self.metric_order().get(&id).copied();
        let first = match known {
            Some(first) => first,
            None => self.next_order(id).await?,
        };
        let next = i64::try_from(count).map_or(i64::MAX, |count| first + count);
        self.metric_order().insert(id, next);
        Ok(first)
    }

    async fn next_order(&self, id: ExperimentId) -> Result<i64, StoreError> {
        let next = "SELECT coalesce(max(seq) + 1, 0) FROM metrics WHERE experiment_id = $1";
        let next = self.one(Statement::new(next).bind(id.0), |row| {
            Columns::of(row).take()
        });
        Ok(next.await?.unwrap_or(0))
    }

    /// A reference into the void: is it the experiment that is not there?
    async fn refused(&self, id: ExperimentId, error: StoreError) -> StoreError {
        let orphaned = |cause: &dyn DatabaseError| {
            cause.is_foreign_key_violation() || cause.kind() == ErrorKind::NotNullViolation
        };
        if !matches!(&error, StoreError::Database(sqlx::Error::Database(cause)) if orphaned(&**cause))
        {
            return error;
        }
        match self.exists(id).await {
            Ok(false) => StoreError::NoSuchExperiment(id),
            Ok(true) => StoreError::Unwritable(
                "a step run or a report of a trial that does not exist".to_owned(),
            ),
            Err(error) => error,
        }
    }
}

/// The number of the last event, if the statement wrote anything.
async fn written(pool: &PgPool, query: Filling<'_>) -> Result<Option<i64>, StoreError> {
    let mut connection = acquire(pool).await?;
    // To the very end: the database commits after it has returned the row.
    let rows = query.fetch_all(&mut *connection).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
}

/// A batch as rows of the tables.
#[derive(Serialize)]
struct Rows<'a> {
    #[serde(skip)]
    experiment: Option<&'a ExperimentUpdate>,
    trials: Vec<TrialRow<'a>>,
    #[serde(skip)]
    trial_values: Vec<ValueRow<'a>>,
    steps: Vec<StepRow<'a>>,
    metrics: Vec<MetricRow<'a>>,
    events: Vec<EventRow<'a>>,
}

impl<'a> Rows<'a> {
    fn new(changes: &'a Changes) -> Result<Self, StoreError> {
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
    fn identity(&self, held: Held) -> Result<i64, StoreError> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&held.commits.to_le_bytes());
        hasher.update(format!("{:?}", self.experiment).as_bytes());
        hasher.update(encode::json(self)?.as_bytes());
        let mut identity = [0; 8];
        hasher.finalize_xof().fill(&mut identity);
        Ok(i64::from_le_bytes(identity))
    }

    /// The statement of SQLite.
    fn as_json(&self, id: ExperimentId, first_order: i64) -> Result<Statement, StoreError> {
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

    /// The statement of PostgreSQL.
    fn as_arrays(
        &self,
        id: ExperimentId,
        first_order: i64,
        token: i64,
        commit: i64,
    ) -> Filling<'_> {
        let update = Update::of(self.experiment);
        let query = sqlx::query(sql::postgres::COMMIT_CHANGES)
            .bind(id.0)
            .bind(update.state)
            .bind(update.reason)
            .bind(update.started_at)
            .bind(update.finished_at)
            .bind(update.active_seconds)
            .bind(first_order)
            .bind(token)
            .bind(commit);
        let query = Row::bind_columns(&self.trials, query);
        let query = Row::bind_columns(&self.trial_values, query);
        let query = Row::bind_columns(&self.steps, query);
        let query = Row::bind_columns(&self.metrics, query);
        Row::bind_columns(&self.events, query)
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
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        Kind, commit, experiment, metric, over_both, step, succeeded, trial, trial_event,
    };
    use super::super::{MetricRecord, StepLog, StepRecord, TrialRecord};
    use super::*;
    use crate::artifacts::Artifact;
    use crate::state::{ExperimentState, StepState, TrialReason, TrialState};
    use indexmap::IndexMap;
    use serde_json::json;
    use tune_algorithms::space::{Configuration, Value};

    over_both! {
        everything_comes_back_as_it_went_in,
        reals_of_any_size_come_back_to_the_last_bit,
        a_commit_returns_the_number_of_its_last_event,
        the_last_of_several_records_stands,
        a_log_is_that_of_the_last_attempt,
        a_later_report_takes_its_place_at_the_end,
        another_handle_goes_on_with_the_order_of_reports,
        a_commit_that_fails_leaves_nothing_and_blocks_nobody,
        a_deleted_experiment_cannot_be_written,
        the_experiment_is_set_as_given_and_its_end_answers_the_request,
        a_pause_that_is_stored_answers_the_request_to_pause_alone,
    }

    async fn everything_comes_back_as_it_went_in(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
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
        commit(&store, id, changes).await.unwrap();
        assert_eq!(store.trial(id, 0).await.unwrap(), Some(trial));
        assert_eq!(store.steps(id, 0).await.unwrap(), [step]);
    }

    async fn a_log_is_that_of_the_last_attempt(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let attempt = |attempt, state, text: Option<&str>| Changes {
            trials: vec![trial(0, TrialState::Running)],
            steps: vec![StepRecord {
                attempt,
                ..step(0, "größe 'a'", state)
            }],
            logs: Vec::from_iter(text.map(|text| StepLog {
                trial: 0,
                step: "größe 'a'".to_owned(),
                attempt,
                text: text.to_owned(),
            })),
            ..Changes::default()
        };
        let log = async |attempt| store.log(id, 0, "größe 'a'", attempt).await.unwrap();
        let text = "\x1b[1mépoque\t1\r\n\\u0000 \"quoted\" ☠\n";
        let mut both = attempt(1, StepState::Running, None);
        let ended = attempt(1, StepState::Succeeded, Some(text));
        both.steps.extend(ended.steps);
        both.logs.extend(ended.logs);
        commit(&store, id, both).await.unwrap();
        assert_eq!(log(1).await.as_deref(), Some(text));
        assert_eq!((log(2).await, log(0).await), (None, None));
        let again = attempt(2, StepState::Running, None);
        commit(&store, id, again).await.unwrap();
        assert_eq!((log(1).await, log(2).await), (None, None));
        let silent = attempt(2, StepState::Succeeded, Some(""));
        commit(&store, id, silent).await.unwrap();
        assert_eq!((log(1).await, log(2).await.as_deref()), (None, Some("")));
    }

    async fn reals_of_any_size_come_back_to_the_last_bit(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
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
        commit(&store, id, changes).await.unwrap();
        let found = store.metrics(id, 0, None).await.unwrap();
        assert_eq!(levels(&found), reals);
        let values: Vec<_> = found.iter().map(|metric| metric.value).collect();
        assert_eq!(values, reals);
    }

    async fn a_commit_returns_the_number_of_its_last_event(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let submitted = store.events_after(None, 0, 10).await.unwrap()[0].seq;
        let changes = Changes {
            trials: vec![trial(0, TrialState::Queued), trial(1, TrialState::Queued)],
            events: vec![
                trial_event(0, TrialState::Queued),
                trial_event(1, TrialState::Queued),
            ],
            ..Changes::default()
        };
        let last = commit(&store, id, changes).await.unwrap();
        assert_eq!(last, submitted + 2);
        let events = store.events_after(Some(id), submitted, 10).await.unwrap();
        let told: Vec<_> = events
            .iter()
            .map(|event| (event.seq, event.trial))
            .collect();
        assert_eq!(told, [(last - 1, Some(0)), (last, Some(1))]);
        assert_eq!(commit(&store, id, Changes::default()).await.unwrap(), last);
    }

    async fn the_last_of_several_records_stands(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
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
        commit(&store, id, changes).await.unwrap();
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

    async fn a_later_report_takes_its_place_at_the_end(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let first = vec![
            metric(0, "loss", 0.0, 1.0),
            metric(0, "loss", 1.0, f64::NAN),
            metric(0, "other", 0.0, 7.0),
        ];
        let trials = vec![trial(0, TrialState::Running)];
        commit(
            &store,
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
        commit(
            &store,
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

    async fn another_handle_goes_on_with_the_order_of_reports(kind: Kind) {
        let (place, store, id) = experiment(kind).await;
        let trials = vec![trial(0, TrialState::Running)];
        let metrics = vec![metric(0, "loss", 5.0, 1.0)];
        commit(
            &store,
            id,
            Changes {
                trials,
                metrics,
                ..Changes::default()
            },
        )
        .await
        .unwrap();
        let other = place.open().await;
        for level in [4.0, 3.0] {
            let metrics = vec![metric(0, "loss", level, 1.0)];
            commit(
                &other,
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
        commit(
            &store,
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

    async fn a_commit_that_fails_leaves_nothing_and_blocks_nobody(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let orphan = Changes {
            trials: vec![trial(0, TrialState::Queued)],
            steps: vec![step(9, "train", StepState::Ready)],
            ..Changes::default()
        };
        assert!(matches!(
            commit(&store, id, orphan).await,
            Err(StoreError::Unwritable(_))
        ));
        let orphan = Changes {
            trials: vec![trial(0, TrialState::Queued)],
            metrics: vec![metric(0, "loss", 0.0, 1.0), metric(9, "loss", 0.0, 1.0)],
            ..Changes::default()
        };
        assert!(matches!(
            commit(&store, id, orphan).await,
            Err(StoreError::Unwritable(_))
        ));
        assert_eq!(store.trial(id, 0).await.unwrap(), None);
        let level = Changes {
            metrics: vec![metric(0, "loss", f64::NAN, 0.0)],
            ..Changes::default()
        };
        assert!(matches!(
            commit(&store, id, level).await,
            Err(StoreError::BadLevel(_))
        ));
        let trials = vec![trial(0, TrialState::Queued)];
        commit(
            &store,
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

    async fn a_deleted_experiment_cannot_be_written(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        store.delete(id).await.unwrap();
        let trials = vec![trial(0, TrialState::Queued)];
        let refused = commit(
            &store,
            id,
            Changes {
                trials,
                ..Changes::default()
            },
        )
        .await;
        assert!(matches!(refused, Err(StoreError::NoSuchExperiment(gone)) if gone == id));
    }

    async fn the_experiment_is_set_as_given_and_its_end_answers_the_request(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
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
        commit(&store, id, changes).await.unwrap();
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
        commit(&store, id, changes).await.unwrap();
        let record = store.experiment("iris").await.unwrap().unwrap();
        assert_eq!(
            (record.reason, record.request),
            (Some(ExperimentReason::Cancelled), None)
        );
    }

    async fn a_pause_that_is_stored_answers_the_request_to_pause_alone(kind: Kind) {
        use super::super::Request;
        let (_place, store, id) = experiment(kind).await;
        let cancel = Some(Request::Cancel);
        let pause = Some(Request::Pause);
        for (state, asked, left) in [
            (ExperimentState::Running, Request::Pause, pause),
            (ExperimentState::Paused, Request::Pause, None),
            (ExperimentState::Paused, Request::Cancel, cancel),
        ] {
            store.request(id, asked).await.unwrap();
            let changes = Changes {
                experiment: Some(ExperimentUpdate {
                    state,
                    reason: None,
                    started_at: None,
                    finished_at: None,
                    active_seconds: 0.0,
                }),
                ..Changes::default()
            };
            commit(&store, id, changes).await.unwrap();
            assert_eq!(store.requested(id).await.unwrap(), left);
        }
    }

    fn levels(metrics: &[MetricRecord]) -> Vec<f64> {
        metrics.iter().map(|metric| metric.level).collect()
    }

    /// What one connection plans in an empty store must be right when there are many trials.
    #[tokio::test]
    async fn a_young_store_plans_to_look_trials_up_one_by_one() {
        let (_place, store, _id) = experiment(Kind::Postgres).await;
        let mut writer = store.prompt_writer().await.unwrap();
        let types = "bigint, text, text, bigint, bigint, double precision, bigint, bigint, bigint";
        let commit = sql::postgres::COMMIT_CHANGES;
        let commit = format!("PREPARE planned ({types}) AS {commit}");
        let prepare = Statement::built(commit, Vec::new());
        writer.on().execute(prepare).await.unwrap();
        let explain = format!("EXPLAIN EXECUTE planned ({})", ["NULL"; 52].join(", "));
        let mut connection = writer.on();
        let rows = connection.all(Statement::built(explain, Vec::new()));
        let rows = rows.await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        let lookups = plan.iter().enumerate().filter(|(_, line)| {
            line.contains(" on trials") && line.contains("Scan") && !line.contains("CTE")
        });
        let lookups: Vec<_> = lookups.map(|(at, _)| plan[at..=at + 1].join("")).collect();
        assert_eq!(lookups.len(), 2, "{plan:#?}");
        for lookup in lookups {
            assert!(lookup.contains("using trials_pkey"), "{lookup}");
            assert!(lookup.contains("number = "), "{lookup}");
        }
    }
}
