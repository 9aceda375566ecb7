//! What users do to experiments: submit, change limits, ask the driver for something, delete.

use super::rows::{self, Columns, select_experiments};
use super::{
    EventKind, ExperimentId, ExperimentRecord, NewExperiment, Request, Store, StoreError, encode,
    sql,
};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sqlx::{Connection, SqliteConnection};

const CREATE: &str = "INSERT INTO experiments (name, goal, document, directory, state, created_at, active_seconds) \
    VALUES ($1, $2, $3, $4, 'pending', $5, 0.0) ON CONFLICT (name) DO NOTHING RETURNING id";

const REQUEST: &str = "UPDATE experiments SET request = $2 WHERE id = $1 AND state NOT IN ('succeeded', 'failed', 'cancelled')";

const ADD_EVENT: &str =
    "INSERT INTO events (experiment_id, at, kind, data) VALUES ($1, $2, $3, $4) RETURNING seq";

impl Store {
    /// Adds an experiment, `pending`, with the event that tells of it.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`]; [`StoreError::NotUnicode`] for a directory that is no text.
    pub async fn create(&self, new: NewExperiment) -> Result<ExperimentRecord, StoreError> {
        let directory = new.directory.to_str();
        let directory = directory.ok_or_else(|| StoreError::NotUnicode(new.directory.clone()))?;
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin_with(sql::BEGIN).await?;
        let id = sqlx::query_scalar(CREATE)
            .bind(&new.name)
            .bind(encode::word(&new.goal)?)
            .bind(encode::json(&new.document)?)
            .bind(directory)
            .bind(encode::micros(new.created_at))
            .fetch_optional(&mut *transaction)
            .await?
            .map(ExperimentId);
        let Some(id) = id else {
            return Err(StoreError::NameTaken(new.name));
        };
        let pending = json!({ "state": "pending" });
        add_event(
            &mut transaction,
            id,
            new.created_at,
            EventKind::Experiment,
            &pending,
        )
        .await?;
        let row = sqlx::query(select_experiments!("WHERE id = $1"))
            .bind(id.0)
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        rows::experiment(&row)
    }

    /// Replaces the document by one with other limits, and adds the event that tells which; returns its sequence number. The
    /// experiment's state stays as it is.
    ///
    /// # Errors
    /// [`StoreError::NoSuchExperiment`].
    pub async fn change_limits(
        &self,
        id: ExperimentId,
        document: &Json,
        at: Timestamp,
        limits: Json,
    ) -> Result<i64, StoreError> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin_with(sql::BEGIN).await?;
        let changed = sqlx::query("UPDATE experiments SET document = $2 WHERE id = $1")
            .bind(id.0)
            .bind(encode::json(document)?)
            .execute(&mut *transaction)
            .await?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::NoSuchExperiment(id));
        }
        let seq = add_event(&mut transaction, id, at, EventKind::Limits, &limits).await?;
        transaction.commit().await?;
        Ok(seq)
    }

    /// Asks something of the process that drives the experiment. It stays asked until the experiment finishes.
    /// False when it has finished already: then nobody is asked, now or when it goes on.
    ///
    /// # Errors
    /// [`StoreError::NoSuchExperiment`].
    pub async fn request(&self, id: ExperimentId, request: Request) -> Result<bool, StoreError> {
        let mut writer = self.writer().await?;
        let changed = sqlx::query(REQUEST)
            .bind(id.0)
            .bind(encode::word(&request)?)
            .execute(&mut *writer)
            .await?;
        if changed.rows_affected() > 0 {
            return Ok(true);
        }
        let exists = sqlx::query("SELECT id FROM experiments WHERE id = $1").bind(id.0);
        match exists.fetch_optional(&mut *writer).await? {
            Some(_) => Ok(false),
            None => Err(StoreError::NoSuchExperiment(id)),
        }
    }

    /// What has been asked and not been done yet; none also when the experiment is gone.
    pub async fn requested(&self, id: ExperimentId) -> Result<Option<Request>, StoreError> {
        let row = sqlx::query("SELECT request FROM experiments WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.inner.readers)
            .await?;
        match row {
            Some(row) => Columns::of(&row).optional_word(),
            None => Ok(None),
        }
    }

    /// Deletes the experiment with all its trials, step runs, metrics and events. Its files are left to the caller.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when a process drives it; [`StoreError::NoSuchExperiment`].
    pub async fn delete(&self, id: ExperimentId) -> Result<(), StoreError> {
        let _driver = self.lock(id, None).await?;
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin_with(sql::BEGIN).await?;
        // Quicker from the leaves to the root than by ON DELETE CASCADE, row by row.
        for table in DELETE {
            sqlx::query(table)
                .bind(id.0)
                .execute(&mut *transaction)
                .await?;
        }
        let deleted = sqlx::query("DELETE FROM experiments WHERE id = $1")
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        // An id is never used again: nobody can be waiting for this lock. What is left over does no harm.
        _ = std::fs::remove_file(self.lock_path(id));
        match deleted.rows_affected() {
            0 => Err(StoreError::NoSuchExperiment(id)),
            _ => Ok(()),
        }
    }
}

const DELETE: [&str; 4] = [
    "DELETE FROM metrics WHERE experiment_id = $1",
    "DELETE FROM step_runs WHERE experiment_id = $1",
    "DELETE FROM trials WHERE experiment_id = $1",
    "DELETE FROM events WHERE experiment_id = $1",
];

async fn add_event(
    connection: &mut SqliteConnection,
    id: ExperimentId,
    at: Timestamp,
    kind: EventKind,
    data: &Json,
) -> Result<i64, StoreError> {
    let seq = sqlx::query_scalar(ADD_EVENT)
        .bind(id.0)
        .bind(encode::micros(at))
        .bind(encode::word(&kind)?)
        .bind(encode::json(data)?)
        .fetch_one(connection)
        .await?;
    Ok(seq)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        at, experiment, metric, new_experiment, step, store, succeeded, trial_event,
    };
    use super::super::{Changes, ExperimentUpdate};
    use super::*;
    use crate::state::{ExperimentState, StepState, TrialState};
    use tune_algorithms::history::Goal;

    #[tokio::test]
    async fn a_submission_comes_back_to_the_last_bit() {
        let (_directory, store) = store().await;
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

    #[tokio::test]
    async fn a_name_is_taken_once() {
        let (_directory, store, _id) = experiment().await;
        let taken = store.create(new_experiment("iris")).await;
        assert!(matches!(taken, Err(StoreError::NameTaken(name)) if name == "iris"));
        store.create(new_experiment("Iris")).await.unwrap();
        assert_eq!(store.events_after(None, 0, 10).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn limits_change_with_an_event() {
        let (_directory, store, id) = experiment().await;
        let document = json!({ "max_trials": 20 });
        let seq = store
            .change_limits(id, &document, at(5), json!({ "max_trials": 20 }))
            .await
            .unwrap();
        let record = store.experiment("iris").await.unwrap().unwrap();
        assert_eq!(
            (record.document, record.state),
            (document.clone(), ExperimentState::Pending)
        );
        let events = store.events_after(Some(id), seq - 1, 10).await.unwrap();
        assert_eq!(
            (events[0].kind, events[0].at, events[0].seq),
            (EventKind::Limits, at(5), seq)
        );
        assert_eq!(events[0].data, document);
        let gone = ExperimentId(99);
        assert!(matches!(
            store.change_limits(gone, &document, at(5), json!({})).await,
            Err(StoreError::NoSuchExperiment(id)) if id == gone
        ));
    }

    #[tokio::test]
    async fn a_request_is_seen_by_the_driver() {
        let (directory, store, id) = experiment().await;
        assert_eq!(store.requested(id).await.unwrap(), None);
        let other = Store::open_existing(directory.path()).await.unwrap();
        assert!(other.request(id, Request::Cancel).await.unwrap());
        assert_eq!(store.requested(id).await.unwrap(), Some(Request::Cancel));
        let gone = ExperimentId(99);
        assert!(matches!(
            store.request(gone, Request::Cancel).await,
            Err(StoreError::NoSuchExperiment(_))
        ));
        assert_eq!(store.requested(gone).await.unwrap(), None);
    }

    #[tokio::test]
    async fn nothing_is_asked_of_an_experiment_that_has_ended() {
        let (_directory, store, id) = experiment().await;
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
        store.commit(id, changes).await.unwrap();
        assert!(!store.request(id, Request::Cancel).await.unwrap());
        assert_eq!(store.requested(id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn deleting_takes_everything_of_one_experiment_and_its_id_never_comes_back() {
        let (_directory, store, id) = experiment().await;
        let kept = store.create(new_experiment("kept")).await.unwrap().id;
        for id in [id, kept] {
            let changes = Changes {
                trials: vec![succeeded(0, 0, 0.5)],
                steps: vec![step(0, "train", StepState::Succeeded)],
                metrics: vec![metric(0, "loss", 0.0, 0.5)],
                events: vec![trial_event(0, TrialState::Succeeded)],
                ..Changes::default()
            };
            store.commit(id, changes).await.unwrap();
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
