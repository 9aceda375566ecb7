//! Opening a store: its directory, its database file, its schema.

use super::database::{Inner, Store};
use super::{StoreError, lock, sql};
use rustix::fs::{Access, access};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// How long a writer waits for those of other processes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const READERS: u32 = 4;

impl Store {
    /// Opens the store in the directory `root`, makes it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// When the directory or the database cannot be made or opened, or the store was written by a newer version.
    pub async fn open(root: &Path) -> Result<Self, StoreError> {
        let root = make_directory(root)?;
        let _others_wait = lock::lock_opening(&root)?;
        let path = database(&root);
        let options = options(&path);
        let writing = options
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            // Fewer, larger checkpoints: each one waits for the disk.
            .pragma("wal_autocheckpoint", "4000");
        let mut writer = writing
            .connect()
            .await
            .map_err(|error| StoreError::opening(&path, error))?;
        migrate(&mut writer).await?;
        Ok(Self::with(root, options.read_only(true), Some(writer)))
    }

    /// Opens a store that is there already; where it may not be written, for reading only.
    ///
    /// # Errors
    /// [`StoreError::NoStore`] when there is none, else as [`open`](Store::open).
    pub async fn open_existing(root: &Path) -> Result<Self, StoreError> {
        if root.is_file() {
            return Err(StoreError::NotADirectory(root.to_owned()));
        }
        let path = database(root);
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(StoreError::NoStore(root.to_owned())),
            Err(error) => return Err(StoreError::at(&path, error)),
        }
        if [root, &path]
            .iter()
            .all(|it| access(*it, Access::WRITE_OK).is_ok())
        {
            Self::open(root).await
        } else {
            Self::open_read_only(root).await
        }
    }

    /// Reads beside a writer where SQLite's shared memory can be used, else the database file as it lies there.
    pub(super) async fn open_read_only(root: &Path) -> Result<Self, StoreError> {
        let root = absolute(root)?;
        let path = database(&root);
        let mut options = options(&path).read_only(true);
        let mut found = read_schema(&options).await;
        if found.is_err() && !has_log(&path) {
            options = options.immutable(true);
            found = read_schema(&options).await;
        }
        let found = found.map_err(|error| StoreError::opening(&path, error))?;
        let known = known_schema();
        match found {
            None => Err(StoreError::NotADatabase(path)),
            Some(found) if found > known => Err(StoreError::NewerSchema { found, known }),
            Some(found) if found < known => Err(StoreError::OlderSchema { found, known }),
            Some(_) => Ok(Self::with(root, options, None)),
        }
    }

    fn with(
        root: PathBuf,
        reading: SqliteConnectOptions,
        writer: Option<SqliteConnection>,
    ) -> Self {
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(BUSY_TIMEOUT)
            .test_before_acquire(false)
            .connect_lazy_with(reading);
        Self {
            inner: Arc::new(Inner {
                root,
                readers,
                writer: writer.map(tokio::sync::Mutex::new),
                metric_order: std::sync::Mutex::default(),
            }),
        }
    }
}

fn database(root: &Path) -> PathBuf {
    root.join("tune.db")
}

/// Whether there are transactions that have not been copied to the database file.
fn has_log(path: &Path) -> bool {
    path.with_extension("db-wal")
        .metadata()
        .is_ok_and(|log| log.len() > 0)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", "-16000")
        .disable_statement_logging()
}

fn absolute(root: &Path) -> Result<PathBuf, StoreError> {
    std::path::absolute(root).map_err(|error| StoreError::at(root, error))
}

/// Makes the store's directory, hidden from git.
fn make_directory(root: &Path) -> Result<PathBuf, StoreError> {
    if root.is_file() {
        return Err(StoreError::NotADirectory(root.to_owned()));
    }
    std::fs::create_dir_all(root).map_err(|error| StoreError::at(root, error))?;
    let ignore = root.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(&ignore, "*\n").map_err(|error| StoreError::at(root, error))?;
    }
    absolute(root)
}

fn known_schema() -> i64 {
    MIGRATIONS.iter().map(|it| it.version).max().unwrap_or(0)
}

async fn read_schema(options: &SqliteConnectOptions) -> Result<Option<i64>, sqlx::Error> {
    let mut connection = options.connect().await?;
    let found = schema(&mut connection).await?;
    connection.close().await?;
    Ok(found)
}

/// The store's schema; none before the first migration.
async fn schema(connection: &mut SqliteConnection) -> Result<Option<i64>, sqlx::Error> {
    let tables: i64 = sqlx::query_scalar(sql::COUNT_MIGRATION_TABLES)
        .fetch_one(&mut *connection)
        .await?;
    if tables == 0 {
        return Ok(None);
    }
    sqlx::query_scalar(sql::SCHEMA).fetch_one(connection).await
}

async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let known = known_schema();
    match schema(connection).await? {
        Some(found) if found > known => Err(StoreError::NewerSchema { found, known }),
        Some(found) if found == known => Ok(()),
        _ => MIGRATIONS.run(connection).await.map_err(migration_failed),
    }
}

fn migration_failed(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => StoreError::Damaged(other.to_string()),
    }
}
