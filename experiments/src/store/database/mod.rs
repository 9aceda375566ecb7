//! The store and its contract, over either database. The methods are in the files beside this folder, by what they are for; what they share
//! is written once, as [`Statement`]s that both databases understand. Where the two differ, the folder `sql` has a text for each.

mod builder;
mod connection;
mod row;
mod statement;

pub(super) use builder::Builder;
pub(super) use connection::{Connection, Reader, Transaction, Writer};
pub(super) use row::{Column, Row};
pub(super) use statement::{Argument, Statement};

use super::commit::Kept;
use super::{ExperimentId, Location, StoreError};
use sqlx::{PgPool, SqliteConnection, SqlitePool};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Everything `tune` remembers: experiments, trials, step runs, metrics and events. Cheap to clone.
///
/// **Two databases.** SQLite in a directory, for the processes of one machine; PostgreSQL, for servers on several that share it
/// ([`is_shared`](Store::is_shared)). What is said here holds for both.
///
/// **What is durable when.** A method that writes is one transaction: when it returns `Ok`, all of it is stored and survives the
/// death of the process at any moment (`kill -9` included); when it returns an error, nothing of it is, with one exception:
/// after [`StoreError::Unavailable`] the connection broke, and all of it or nothing is stored. A power failure or a crash of the
/// operating system loses nothing that PostgreSQL has acknowledged; SQLite may lose the last transactions, but never leaves half of
/// one. If the future of a method that writes is dropped, all of it is written or nothing.
///
/// **Who may write.** Only the holder of the experiment's [`DriverLock`](super::DriverLock) commits. Anyone may
/// [`create`](Store::create) and [`request`](Store::request); [`delete`](Store::delete) takes the lock itself. The holder of the
/// lock, or whoever has found that nobody drives the experiment, may [`change_limits`](Store::change_limits). Writers take
/// turns: in SQLite all of them, in PostgreSQL those of one experiment. Readers never wait for a writer and see every transaction whole.
///
/// **Fencing.** In SQLite the lock is one on a file, which the system takes away from a process when it dies, and never before. In
/// PostgreSQL it is a lease: a holder that was too slow to renew it may find that another has taken it. Then its commits write nothing
/// and return [`StoreError::TakenOver`], however late they arrive: each is checked against the lease in the statement that writes.
///
/// **Events.** Those of one experiment are numbered in the order in which they were committed. A reader that goes on after the last number
/// it has seen, of one experiment or of all, misses none.
///
/// **Numbers and texts.** Parameters, documents, objectives, levels and values come back to the last bit, NaN and ±∞ included; only
/// -0 becomes 0. Times are kept to the microsecond. The character U+0000, which not every database can hold, becomes U+FFFD.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    /// What the operator calls it.
    pub(super) location: Location,
    /// Where files are.
    pub(super) root: PathBuf,
    pub(super) database: Database,
    /// The place in the order of arrival that the next report of an experiment takes, once known.
    pub(super) metric_order: Mutex<HashMap<ExperimentId, i64>>,
    /// The leases that are held through this store.
    pub(super) leases: super::lease::Leases,
}

#[derive(Debug)]
pub(super) enum Database {
    Sqlite {
        readers: SqlitePool,
        /// None when the store can only be read.
        writer: Option<tokio::sync::Mutex<SqliteConnection>>,
    },
    Postgres {
        pool: PgPool,
        /// For writing with one statement, as leases and commits do: whoever reads or deletes much never makes them wait.
        prompt: PgPool,
        /// One of these, for commits.
        kept: Kept,
    },
}

impl Store {
    pub(super) fn with(location: Location, root: PathBuf, database: Database) -> Self {
        Self {
            inner: Arc::new(Inner {
                location,
                root,
                database,
                metric_order: Mutex::default(),
                leases: super::lease::Leases::default(),
            }),
        }
    }

    /// The directory of the store's files.
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// Which database it is, in one word.
    pub fn kind(&self) -> &'static str {
        match self.inner.database {
            Database::Sqlite { .. } => "sqlite",
            Database::Postgres { .. } => "postgres",
        }
    }

    /// Where the database is, for the operator; without its password.
    pub fn describe(&self) -> String {
        self.inner.location.to_string()
    }

    /// Whether servers on other machines may use it too.
    pub fn is_shared(&self) -> bool {
        matches!(self.inner.database, Database::Postgres { .. })
    }

    /// Whether nothing can be written to it.
    pub fn is_read_only(&self) -> bool {
        matches!(self.inner.database, Database::Sqlite { writer: None, .. })
    }

    /// A connection that may write.
    pub(super) async fn writer(&self) -> Result<Writer<'_>, StoreError> {
        match &self.inner.database {
            Database::Sqlite {
                writer: Some(writer),
                ..
            } => Ok(Writer::Sqlite(writer.lock().await)),
            Database::Sqlite { writer: None, .. } => Err(StoreError::ReadOnly),
            Database::Postgres { pool, .. } => Ok(Writer::Postgres(acquire(pool).await?)),
        }
    }

    /// A connection that writes for a moment.
    pub(super) async fn prompt_writer(&self) -> Result<Writer<'_>, StoreError> {
        match &self.inner.database {
            Database::Postgres { prompt, .. } => Ok(Writer::Postgres(acquire(prompt).await?)),
            Database::Sqlite { .. } => self.writer().await,
        }
    }

    /// A connection for reading.
    pub(super) async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match &self.inner.database {
            Database::Sqlite { readers, .. } => Reader::Sqlite(readers.acquire().await?),
            Database::Postgres { pool, .. } => Reader::Postgres(acquire(pool).await?),
        })
    }

    /// The first row of the answer to a question.
    pub(super) async fn one<T>(
        &self,
        statement: Statement,
        read: impl FnOnce(&Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut reader = self.reader().await?;
        let row = reader.on().one(statement).await?;
        row.as_ref().map(read).transpose()
    }

    /// All rows of the answer to a question.
    pub(super) async fn all<T>(
        &self,
        statement: Statement,
        read: impl FnMut(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut reader = self.reader().await?;
        reader.on().all(statement, read).await
    }

    /// Writes with one statement; how many rows it changed.
    pub(super) async fn write(&self, statement: Statement) -> Result<u64, StoreError> {
        Ok(self.prompt_writer().await?.on().execute(statement).await?)
    }

    /// Writes with one statement that answers with a row.
    pub(super) async fn write_one<T>(
        &self,
        statement: Statement,
        read: impl FnOnce(&Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let row = self.prompt_writer().await?.on().one(statement).await?;
        row.as_ref().map(read).transpose()
    }

    /// Another process may have driven the experiment since: look up the order of its reports again.
    pub(super) fn forget_metric_order(&self, id: ExperimentId) {
        self.metric_order().remove(&id);
    }

    pub(super) fn metric_order(&self) -> std::sync::MutexGuard<'_, HashMap<ExperimentId, i64>> {
        self.inner
            .metric_order
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection of a pool; that there is none in time means that the database cannot be reached.
pub(super) async fn acquire(
    pool: &PgPool,
) -> Result<sqlx::pool::PoolConnection<sqlx::Postgres>, StoreError> {
    pool.acquire().await.map_err(|error| match error {
        error @ (sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) => {
            StoreError::Unavailable(error)
        }
        other => other.into(),
    })
}
