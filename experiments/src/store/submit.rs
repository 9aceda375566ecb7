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
    ///
    /// # Errors
    /// [`StoreError::NoSuchExperiment`].
    pub async fn request(&self, id: ExperimentId, request: Request) -> Result<(), StoreError> {
        let mut writer = self.writer().await?;
        let changed = sqlx::query("UPDATE experiments SET request = $2 WHERE id = $1")
            .bind(id.0)
            .bind(encode::word(&request)?)
            .execute(&mut *writer)
            .await?;
        match changed.rows_affected() {
            0 => Err(StoreError::NoSuchExperiment(id)),
            _ => Ok(()),
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
        let _driver = self.lock(id)?;
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
