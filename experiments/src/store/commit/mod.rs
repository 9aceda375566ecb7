//! The hot path: what came about together is written together.

mod kept;
mod rows;

pub(super) use kept::Kept;

use super::database::{Database, Statement};
use super::encode::Filling;
use super::lease::Held;
use super::rows::Columns;
use super::{Changes, ExperimentId, Store, StoreError, sql};
use rows::Rows;
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
            Database::Postgres { prompt, kept, .. } => {
                self.commit_to_postgres(kept, prompt, id, changes.borrow())
                    .await
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
        kept: &Kept,
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
        let query = rows.as_arrays(id, first, held.token, commit);
        let written = written(kept, pool, query).await;
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
async fn written(
    kept: &Kept,
    pool: &PgPool,
    query: Filling<'_>,
) -> Result<Option<i64>, StoreError> {
    let mut connection = kept.take(pool).await?;
    // To the very end: the database commits after it has returned the row.
    let rows = query.fetch_all(&mut *connection).await?;
    kept.keep(connection);
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
}

#[cfg(test)]
mod tests;
