//! Opening a store wherever it is: in a directory, or in PostgreSQL, whose schema is brought up to date and whose connections replace
//! themselves when they break.

use super::database::{Database, Store};
use super::open::{make_directory, migration_failed};
use super::{Location, StoreError, open, sql};
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// How long somebody waits for a connection before the database counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// A connection that was idle for longer is tried before it is used.
const MAY_HAVE_BROKEN: Duration = Duration::from_millis(500);

/// Settings of every connection. No statement of ours gains from compiling it, and none means to read a table from end to end. A client
/// that stands still in a transaction would hold up others.
const SETTINGS: [(&str, &str); 4] = [
    ("jit", "off"),
    ("enable_seqscan", "off"),
    ("random_page_cost", "1.1"),
    ("idle_in_transaction_session_timeout", "30s"),
];

impl Store {
    /// Opens the store at `location`. Files of a store in PostgreSQL are in the directory `root`, which is made if it is not there. With
    /// `create`, the store is made where there is none; without, it may be one that can only be read.
    ///
    /// # Errors
    /// As [`open`](Store::open) and [`open_existing`](Store::open_existing); [`StoreError::Unavailable`], [`StoreError::Refused`] and
    /// [`StoreError::BadAddress`] for a database server.
    pub async fn connect(
        location: &Location,
        root: &Path,
        create: bool,
    ) -> Result<Self, StoreError> {
        match (location.is_postgres(), create) {
            (true, _) => Self::connect_postgres(location, root, create).await,
            (false, true) => Self::open(&location.directory()).await,
            (false, false) => Self::open_existing(&location.directory()).await,
        }
    }

    async fn connect_postgres(
        location: &Location,
        root: &Path,
        create: bool,
    ) -> Result<Self, StoreError> {
        let options = location.postgres()?.options(SETTINGS);
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("tune"),
        };
        prepare(location, &options, create).await?;
        let root = make_directory(root)?;
        let pool = pool(location, options);
        Ok(Self::with(location.clone(), root, Database::Postgres(pool)))
    }
}

fn pool(location: &Location, options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(location.connections())
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, last| Box::pin(works(connection, last)))
        .connect_lazy_with(options)
}

/// An error here throws the connection away, and another takes its place.
async fn works(
    connection: &mut PgConnection,
    last: PoolConnectionMetadata,
) -> Result<bool, sqlx::Error> {
    if last.idle_for > MAY_HAVE_BROKEN {
        connection.ping().await?;
    }
    Ok(true)
}

/// Sees to it that there is a schema that this program knows.
async fn prepare(
    location: &Location,
    options: &PgConnectOptions,
    create: bool,
) -> Result<(), StoreError> {
    let connected = options.connect().await;
    let mut connection = connected.map_err(|error| StoreError::connecting(location, error))?;
    let known = known_schema();
    match schema(&mut connection).await? {
        None if !create => return Err(StoreError::NoStore(PathBuf::from(location.to_string()))),
        Some(found) if found > known => return Err(StoreError::NewerSchema { found, known }),
        Some(found) if found == known => {}
        // The migrator makes others that come at the same time wait.
        _ => MIGRATIONS
            .run(&mut connection)
            .await
            .map_err(migration_failed)?,
    }
    connection.close().await?;
    Ok(())
}

pub(super) fn known_schema() -> i64 {
    MIGRATIONS.iter().map(|it| it.version).max().unwrap_or(0)
}

/// The store's schema; none before the first migration.
async fn schema(connection: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
    let tables: i64 = sqlx::query_scalar(sql::postgres::COUNT_MIGRATION_TABLES)
        .fetch_one(&mut *connection)
        .await?;
    if tables == 0 {
        return Ok(None);
    }
    sqlx::query_scalar(sql::SCHEMA).fetch_one(connection).await
}
