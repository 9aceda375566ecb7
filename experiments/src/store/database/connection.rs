//! Connections to either database, and transactions on them.

use super::super::{StoreError, sql};
use super::{Row, Statement};
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgConnection, Postgres, Sqlite, SqliteConnection};
use tokio::sync::MutexGuard;

/// A connection, borrowed for a statement or some.
pub(in super::super) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Connection<'_> {
    /// All rows of the answer, read.
    pub(in super::super) async fn all<T>(
        &mut self,
        statement: Statement,
        mut read: impl FnMut(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.rows(statement).await?.iter().map(&mut read).collect()
    }

    async fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => {
                let rows = statement.sqlite().fetch_all(&mut **connection).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(connection) => {
                let rows = statement.postgres().fetch_all(&mut **connection).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row of the answer. To the very end: the database commits after it has returned the row.
    pub(in super::super) async fn one(
        &mut self,
        statement: Statement,
    ) -> Result<Option<Row>, sqlx::Error> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    /// How many rows the statement changed.
    pub(in super::super) async fn execute(
        &mut self,
        statement: Statement,
    ) -> Result<u64, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => {
                let done = statement.sqlite().execute(&mut **connection).await?;
                Ok(done.rows_affected())
            }
            Self::Postgres(connection) => {
                let done = statement.postgres().execute(&mut **connection).await?;
                Ok(done.rows_affected())
            }
        }
    }
}

/// A connection that may write: in SQLite the only one.
pub(in super::super) enum Writer<'a> {
    Sqlite(MutexGuard<'a, SqliteConnection>),
    Postgres(PoolConnection<Postgres>),
}

impl Writer<'_> {
    pub(in super::super) fn on(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }

    /// Begins a transaction that is going to write.
    pub(in super::super) async fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(match self {
            Self::Sqlite(connection) => {
                Transaction::Sqlite(connection.begin_with(sql::sqlite::BEGIN).await?)
            }
            Self::Postgres(connection) => Transaction::Postgres(connection.begin().await?),
        })
    }
}

/// A connection for reading.
pub(in super::super) enum Reader {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Reader {
    pub(in super::super) fn on(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }

    /// Begins a transaction that sees the database as it is now, whatever is written meanwhile.
    pub(in super::super) async fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(match self {
            Self::Sqlite(connection) => Transaction::Sqlite(connection.begin().await?),
            Self::Postgres(connection) => {
                Transaction::Postgres(connection.begin_with(sql::postgres::SNAPSHOT).await?)
            }
        })
    }
}

/// Rolled back when it is dropped before [`commit`](Transaction::commit).
pub(in super::super) enum Transaction<'c> {
    Sqlite(sqlx::Transaction<'c, Sqlite>),
    Postgres(sqlx::Transaction<'c, Postgres>),
}

impl Transaction<'_> {
    pub(in super::super) fn on(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(transaction) => Connection::Sqlite(transaction),
            Self::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    pub(in super::super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}
