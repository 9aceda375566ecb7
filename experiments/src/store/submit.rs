//! What users do to experiments: submit, change limits, ask the driver for something, delete.

use super::database::{Connection, Row, Statement, Transaction};
use super::notes;
use super::read::signed;
use super::rows::{self, Columns, select_experiments};
use super::{
    EventKind, ExperimentId, ExperimentRecord, NewExperiment, Request, Store, StoreError, encode,
    prior, sql,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};

const CREATE: &str = "\
INSERT INTO experiments (name, goal, document, directory, state, created_at, active_seconds, submission_key, prior_trials)
VALUES ($1, $2, $3, $4, 'pending', $5, 0.0, $6, $7) ON CONFLICT DO NOTHING RETURNING id";

const REQUEST: &str = "UPDATE experiments SET request = $2 WHERE id = $1 AND state NOT IN ('succeeded', 'failed', 'cancelled')";

const ADD_EVENT: &str = "INSERT INTO events (experiment_id, at, kind, trial, data) VALUES ($1, $2, $3, $4, $5) RETURNING seq";

impl Store {
    /// Adds an experiment, `pending`, with the event that tells of it. When one with the same key is there, also one that is being added at
    /// the same time, nothing is added and that one comes back.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`]; [`StoreError::NotUnicode`] for a directory that is no text.
    pub async fn create(&self, new: NewExperiment) -> Result<ExperimentRecord, StoreError> {
        let insert = insert(&new)?;
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let Some(row) = transaction.on().one(insert).await? else {
            let same = match &new.key {
                Some(key) => with_key(&mut transaction.on(), key).await?,
                None => None,
            };
            return same.ok_or(StoreError::NameTaken(new.name));
        };
        let id = ExperimentId(Columns::of(&row).take()?);
        add_lease(&mut transaction, id).await?;
        prior::add(&mut transaction, id, &new.prior).await?;
        let pending = json!({ "state": "pending" });
        let (at, kind) = (new.created_at, EventKind::Experiment);
        add_event(&mut transaction, id, at, kind, None, &pending).await?;
        notes::begin(&mut transaction, id, &new.tags).await?;
        let created = Statement::new(select_experiments!("WHERE id = $1")).bind(id.0);
        let created = transaction.on().one(created).await?;
        let created = created.ok_or(StoreError::NoSuchExperiment(id))?;
        let created = rows::experiment(&created)?;
        transaction.commit().await?;
        Ok(created)
    }

    /// Replaces the document by one with other limits, and adds the event that tells which; returns its sequence number, and what `change`
    /// made of the stored document, which nobody else changes meanwhile: the new one, and the limits. The experiment's state stays as it
    /// is.
    ///
    /// # Errors
    /// [`StoreError::NoSuchExperiment`]; those of `change`: nothing has changed then.
    pub async fn change_limits<L: Serialize, E: From<StoreError>>(
        &self,
        id: ExperimentId,
        at: Timestamp,
        change: impl FnOnce(Json) -> Result<(Json, L), E>,
    ) -> Result<(i64, Json, L), E> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        hold(&mut transaction, id).await?;
        let stored = Statement::new(select_experiments!("WHERE id = $1")).bind(id.0);
        let stored = transaction.on().one(stored).await;
        let stored = stored.map_err(StoreError::from)?;
        let stored = stored.ok_or(StoreError::NoSuchExperiment(id))?;
        let (document, limits) = change(rows::experiment(&stored)?.document)?;
        let change = Statement::new("UPDATE experiments SET document = $2 WHERE id = $1")
            .bind(id.0)
            .bind(encode::json(&document)?);
        let changed = transaction.on().execute(change).await;
        changed.map_err(StoreError::from)?;
        let seq = add_event(
            &mut transaction,
            id,
            at,
            EventKind::Limits,
            None,
            &json!(limits),
        )
        .await?;
        transaction.commit().await?;
        Ok((seq, document, limits))
    }

    /// Asks something of the process that drives the experiment. It stays asked until the experiment finishes.
    /// False when it has finished already: then nobody is asked, now or when it goes on.
    ///
    /// # Errors
    /// [`StoreError::NoSuchExperiment`].
    pub async fn request(&self, id: ExperimentId, request: Request) -> Result<bool, StoreError> {
        let ask = Statement::new(REQUEST)
            .bind(id.0)
            .bind(encode::word(&request)?);
        if self.write(ask).await? > 0 {
            return Ok(true);
        }
        match self.exists(id).await? {
            true => Ok(false),
            false => Err(StoreError::NoSuchExperiment(id)),
        }
    }

    /// Takes back that the experiment is to pause; what was asked since then stays asked.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn withdraw_pause(&self, id: ExperimentId) -> Result<(), StoreError> {
        let withdraw = "UPDATE experiments SET request = NULL WHERE id = $1 AND request = 'pause'";
        self.write(Statement::new(withdraw).bind(id.0)).await?;
        Ok(())
    }

    /// What has been asked and not been done yet; none also when the experiment is gone.
    pub async fn requested(&self, id: ExperimentId) -> Result<Option<Request>, StoreError> {
        let statement = Statement::new("SELECT request FROM experiments WHERE id = $1").bind(id.0);
        let request = self.one(statement, |row| Columns::of(row).optional_word());
        Ok(request.await?.flatten())
    }

    /// Deletes the experiment with all its trials, step runs, metrics and events. Its files are left to the caller.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when a process drives it; [`StoreError::NoSuchExperiment`].
    pub async fn delete(&self, id: ExperimentId) -> Result<(), StoreError> {
        let driver = self.lock_of_the_living(id, None).await?;
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        self.hold_lease(&mut transaction, id).await?;
        // Quicker from the leaves to the root than by ON DELETE CASCADE, row by row.
        for table in DELETE {
            let rows = Statement::new(table).bind(id.0);
            transaction.on().execute(rows).await?;
        }
        let experiment = Statement::new("DELETE FROM experiments WHERE id = $1").bind(id.0);
        let deleted = transaction.on().execute(experiment).await?;
        transaction.commit().await?;
        drop(writer);
        driver.release().await?;
        // An id is never used again: nobody can be waiting for this lock. What is left over does no harm.
        _ = std::fs::remove_file(self.lock_path(id));
        match deleted {
            0 => Err(StoreError::NoSuchExperiment(id)),
            _ => Ok(()),
        }
    }

    pub(super) async fn exists(&self, id: ExperimentId) -> Result<bool, StoreError> {
        let statement = Statement::new("SELECT id FROM experiments WHERE id = $1").bind(id.0);
        Ok(self.one(statement, |_| Ok(())).await?.is_some())
    }

    /// Holds the experiment for the transaction, if the lease is still ours.
    async fn hold_lease(
        &self,
        transaction: &mut Transaction<'_>,
        id: ExperimentId,
    ) -> Result<(), StoreError> {
        let held = hold(transaction, id).await?;
        let ours = self.inner.leases.get(id).map(|held| held.token);
        match held == ours {
            true => Ok(()),
            false => Err(StoreError::TakenOver),
        }
    }
}

const DELETE: [&str; 9] = [
    "DELETE FROM tags WHERE experiment_id = $1",
    "DELETE FROM notes WHERE experiment_id = $1",
    "DELETE FROM metrics WHERE experiment_id = $1",
    "DELETE FROM step_runs WHERE experiment_id = $1",
    "DELETE FROM trial_values WHERE experiment_id = $1",
    "DELETE FROM trial_counts WHERE experiment_id = $1",
    "DELETE FROM trials WHERE experiment_id = $1",
    "DELETE FROM prior_trials WHERE experiment_id = $1",
    "DELETE FROM events WHERE experiment_id = $1",
];

fn insert(new: &NewExperiment) -> Result<Statement, StoreError> {
    let directory = new.directory.to_str();
    let directory = directory.ok_or_else(|| StoreError::NotUnicode(new.directory.clone()))?;
    Ok(Statement::new(CREATE)
        .bind(&*encode::text(&new.name))
        .bind(encode::word(&new.goal)?)
        .bind(encode::json(&new.document)?)
        .bind(directory)
        .bind(encode::micros(new.created_at))
        .bind(new.key.as_deref().map(|key| encode::text(key).into_owned()))
        .bind(i64::try_from(new.prior.len()).unwrap_or(i64::MAX)))
}

/// The experiment that was submitted with this mark.
pub(super) async fn with_key(
    connection: &mut Connection<'_>,
    key: &str,
) -> Result<Option<ExperimentRecord>, StoreError> {
    let statement = Statement::new(select_experiments!("WHERE submission_key = $1"));
    let row = connection.one(statement.bind(&*encode::text(key))).await?;
    row.as_ref().map(rows::experiment).transpose()
}

/// In PostgreSQL every experiment has a lease, held by nobody at first.
async fn add_lease(transaction: &mut Transaction<'_>, id: ExperimentId) -> Result<(), StoreError> {
    if let Transaction::Postgres(_) = transaction {
        let lease = Statement::new(sql::postgres::ADD_LEASE).bind(id.0);
        transaction.on().execute(lease).await?;
    }
    Ok(())
}

/// Nobody else writes anything of the experiment until the end of the transaction: in SQLite that is so anyway. The token of the lease.
pub(super) async fn hold(
    transaction: &mut Transaction<'_>,
    id: ExperimentId,
) -> Result<Option<i64>, StoreError> {
    if let Transaction::Sqlite(_) = transaction {
        return Ok(None);
    }
    let lease = Statement::new(sql::postgres::HOLD).bind(id.0);
    let row: Option<Row> = transaction.on().one(lease).await?;
    row.map(|row| Columns::of(&row).take()).transpose()
}

pub(super) async fn add_event(
    transaction: &mut Transaction<'_>,
    id: ExperimentId,
    at: Timestamp,
    kind: EventKind,
    trial: Option<u64>,
    data: &Json,
) -> Result<i64, StoreError> {
    let text = match transaction {
        Transaction::Sqlite(_) => ADD_EVENT,
        Transaction::Postgres(_) => sql::postgres::ADD_EVENT,
    };
    let statement = Statement::new(text)
        .bind(id.0)
        .bind(encode::micros(at))
        .bind(kind.as_str())
        .bind(trial.map(signed))
        .bind(encode::json(data)?);
    let row = transaction.on().one(statement).await?;
    let row = row.ok_or_else(|| StoreError::Unwritable("an event".to_owned()))?;
    Columns::of(&row).take()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        Kind, at, commit, experiment, metric, new_experiment, over_both, step, store, succeeded,
        trial_event,
    };
    use super::super::{Changes, ExperimentUpdate};
    use super::*;
    use crate::state::{ExperimentState, StepState, TrialState};
    use tune_algorithms::history::Goal;

    over_both! {
        a_submission_comes_back_to_the_last_bit,
        a_name_is_taken_once,
        limits_change_with_an_event,
        limits_that_change_at_once_all_do,
        a_request_is_seen_by_the_driver,
        nothing_is_asked_of_an_experiment_that_has_ended,
        deleting_takes_everything_of_one_experiment_and_its_id_never_comes_back,
    }

    async fn a_submission_comes_back_to_the_last_bit(kind: Kind) {
        let (_place, store) = store(kind).await;
        let text = r#"{ "z": 0.1, "a": 1e300, "b": [1, 1.0, 9223372036854775807], "c": 2.2250738585072014e-308, "d": "'; --" }"#;
        let new = NewExperiment {
            name: "a \"quoted\" % 'name'; DROP TABLE experiments -- ☠".to_owned(),
            document: serde_json::from_str(text).unwrap(),
            goal: Goal::Minimize,
            ..new_experiment("")
        };
        let record = store.create(new.clone()).await.unwrap();
        assert_eq!(record.document.to_string(), new.document.to_string());
        assert_eq!(
            (&record.name, &record.directory),
            (&new.name, &new.directory)
        );
        assert_eq!(
            (record.goal, record.state),
            (Goal::Minimize, ExperimentState::Pending)
        );
        assert_eq!(record.created_at, new.created_at);
        assert_eq!(store.experiment(&new.name).await.unwrap(), Some(record));
        let events = store.events_after(None, 0, 10).await.unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!(
            (&events[0].experiment, events[0].kind),
            (&new.name, EventKind::Experiment)
        );
        assert_eq!(events[0].data, json!({ "state": "pending" }));
    }

    async fn a_name_is_taken_once(kind: Kind) {
        let (_place, store, _id) = experiment(kind).await;
        let taken = store.create(new_experiment("iris")).await;
        assert!(matches!(taken, Err(StoreError::NameTaken(name)) if name == "iris"));
        store.create(new_experiment("Iris")).await.unwrap();
        assert_eq!(store.events_after(None, 0, 10).await.unwrap().len(), 2);
    }

    /// Sets a limit to 20 in what is stored.
    async fn change(store: &Store, id: ExperimentId, limit: &str) -> Result<i64, StoreError> {
        let change = |mut document: Json| {
            document[limit] = json!(20);
            Ok::<_, StoreError>((document, json!({ limit: 20 })))
        };
        Ok(store.change_limits(id, at(5), change).await?.0)
    }

    async fn limits_that_change_at_once_all_do(kind: Kind) {
        let (place, store, id) = experiment(kind).await;
        let other = place.open().await;
        let (one, another) = tokio::join!(
            change(&store, id, "max_trials"),
            change(&other, id, "priority")
        );
        assert_ne!(one.unwrap(), another.unwrap());
        let document = store.experiment("iris").await.unwrap().unwrap().document;
        assert_eq!(
            (&document["max_trials"], &document["priority"]),
            (&json!(20), &json!(20))
        );
    }

    async fn limits_change_with_an_event(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let seq = change(&store, id, "max_trials").await.unwrap();
        let record = store.experiment("iris").await.unwrap().unwrap();
        let document = json!({ "version": 1, "name": "iris", "max_trials": 20 });
        assert_eq!(
            (record.document, record.state),
            (document, ExperimentState::Pending)
        );
        let events = store.events_after(Some(id), seq - 1, 10).await.unwrap();
        assert_eq!(
            (events[0].kind, events[0].at, events[0].seq),
            (EventKind::Limits, at(5), seq)
        );
        assert_eq!(events[0].data, json!({ "max_trials": 20 }));
        let gone = ExperimentId(99);
        assert!(matches!(
            change(&store, gone, "max_trials").await,
            Err(StoreError::NoSuchExperiment(id)) if id == gone
        ));
    }

    async fn a_request_is_seen_by_the_driver(kind: Kind) {
        let (place, store, id) = experiment(kind).await;
        assert_eq!(store.requested(id).await.unwrap(), None);
        let other = place.open().await;
        assert!(other.request(id, Request::Cancel).await.unwrap());
        assert_eq!(store.requested(id).await.unwrap(), Some(Request::Cancel));
        let gone = ExperimentId(99);
        assert!(matches!(
            store.request(gone, Request::Cancel).await,
            Err(StoreError::NoSuchExperiment(_))
        ));
        assert_eq!(store.requested(gone).await.unwrap(), None);
    }

    async fn nothing_is_asked_of_an_experiment_that_has_ended(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let ended = ExperimentUpdate {
            state: ExperimentState::Succeeded,
            reason: None,
            started_at: None,
            finished_at: None,
            active_seconds: 0.0,
        };
        let changes = Changes {
            experiment: Some(ended),
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        assert!(!store.request(id, Request::Cancel).await.unwrap());
        assert_eq!(store.requested(id).await.unwrap(), None);
    }

    async fn deleting_takes_everything_of_one_experiment_and_its_id_never_comes_back(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let kept = store.create(new_experiment("kept")).await.unwrap().id;
        for id in [id, kept] {
            let changes = Changes {
                trials: vec![succeeded(0, 0, 0.5)],
                steps: vec![step(0, "train", StepState::Succeeded)],
                metrics: vec![metric(0, "loss", 0.0, 0.5)],
                events: vec![trial_event(0, TrialState::Succeeded)],
                ..Changes::default()
            };
            commit(&store, id, changes).await.unwrap();
        }
        store.delete(kept).await.unwrap();
        assert!(!store.lock_path(kept).exists());
        assert_eq!(store.experiment("kept").await.unwrap(), None);
        assert!(store.trial(kept, 0).await.unwrap().is_none());
        assert!(store.steps(kept, 0).await.unwrap().is_empty());
        assert!(store.metrics(kept, 0, None).await.unwrap().is_empty());
        let last = store
            .events_after(None, 0, 10)
            .await
            .unwrap()
            .last()
            .unwrap()
            .seq;
        assert!(store.trial(id, 0).await.unwrap().is_some());
        assert_eq!(store.metrics(id, 0, None).await.unwrap().len(), 1);
        assert!(matches!(
            store.delete(kept).await,
            Err(StoreError::NoSuchExperiment(_))
        ));
        let again = store.create(new_experiment("kept")).await.unwrap();
        assert!(again.id > kept);
        let events = store.events_after(Some(again.id), 0, 10).await.unwrap();
        // Two events of the deleted experiment were numbered after `last`.
        assert!(events[0].seq > last + 1);
    }
}
