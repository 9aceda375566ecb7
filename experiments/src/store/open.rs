//! Opening a store in a directory: the directory, the database file, its schema.

use super::database::{Database, Store};
use super::{Location, StoreError, lock, sql};
use rustix::fs::{Access, access};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// How long a writer waits for those of other processes.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const READERS: u32 = 4;

impl Store {
    /// Opens the store in the directory `root`, makes it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// When the directory or the database cannot be made or opened, or the store was written by a newer version.
    pub async fn open(root: &Path) -> Result<Self, StoreError> {
        let root = make_directory(root)?;
        let _others_wait = lock::lock_opening(&root).await?;
        let path = database(&root);
        let options = options(&path);
        let writing = options
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            // Fewer, larger checkpoints: each one waits for the disk.
            .pragma("wal_autocheckpoint", "4000")
            .pragma("temp_store", "MEMORY");
        let mut writer = writing
            .connect()
            .await
            .map_err(|error| StoreError::opening(&path, error))?;
        migrate(&mut writer).await?;
        writer.execute(sql::sqlite::PREPARE_TO_COMMIT).await?;
        Ok(Self::in_directory(
            root,
            options.read_only(true),
            Some(writer),
        ))
    }

    /// Opens a store that is there already; where it may not be written, for reading only.
    ///
    /// # Errors
    /// [`StoreError::NoStore`] when there is none, else as [`open`](Store::open).
    pub async fn open_existing(root: &Path) -> Result<Self, StoreError> {
        if is_no_directory(root) {
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
            Some(_) => Ok(Self::in_directory(root, options, None)),
        }
    }

    fn in_directory(
        root: PathBuf,
        reading: SqliteConnectOptions,
        writer: Option<SqliteConnection>,
    ) -> Self {
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(BUSY_TIMEOUT)
            .test_before_acquire(false)
            .connect_lazy_with(reading);
        let writer = writer.map(tokio::sync::Mutex::new);
        let location = Location::new(root.to_string_lossy());
        Self::with(location, root, Database::Sqlite { readers, writer })
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
        // Rows come from another thread: let it run ahead.
        .row_buffer_size(1000)
        .disable_statement_logging()
}

fn absolute(root: &Path) -> Result<PathBuf, StoreError> {
    std::path::absolute(root).map_err(|error| StoreError::at(root, error))
}

/// Whether something else is there: a file, or a device.
fn is_no_directory(root: &Path) -> bool {
    root.exists() && !root.is_dir()
}

/// Makes the store's directory, hidden from git.
pub(super) fn make_directory(root: &Path) -> Result<PathBuf, StoreError> {
    if is_no_directory(root) {
        return Err(StoreError::NotADirectory(root.to_owned()));
    }
    std::fs::create_dir_all(root).map_err(|error| StoreError::at(root, error))?;
    let ignore = root.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(&ignore, "*\n").map_err(|error| StoreError::at(root, error))?;
    }
    absolute(root)
}

pub(super) fn known_schema() -> i64 {
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
    let tables: i64 = sqlx::query_scalar(sql::sqlite::COUNT_MIGRATION_TABLES)
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

pub(super) fn migration_failed(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => StoreError::Damaged(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::database::Statement;
    use super::super::testing::{
        Kind, at, experiment, new_experiment, store, succeeded, trial, trial_event,
    };
    use super::super::{Changes, TrialQuery};
    use super::*;
    use crate::state::TrialState;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    use tempfile::TempDir;

    async fn sql(path: &Path, statement: &'static str) {
        let mut connection = SqliteConnectOptions::new()
            .filename(path)
            .connect()
            .await
            .unwrap();
        connection.execute(statement).await.unwrap();
        connection.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_store_is_made_with_its_directory_and_hidden_from_git() {
        let directory = TempDir::new().unwrap();
        let root = directory.path().join("a/b");
        let store = Store::open(&root).await.unwrap();
        assert_eq!(store.root(), root);
        assert_eq!(
            std::fs::read_to_string(root.join(".gitignore")).unwrap(),
            "*\n"
        );
        assert!(store.experiments().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_was_written_is_there_after_opening_again() {
        let (place, store, id) = experiment(Kind::Sqlite).await;
        let trials = vec![succeeded(0, 0, 0.5)];
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
        drop(store);
        let store = Store::open(place.directory.path()).await.unwrap();
        assert_eq!(
            store.trial(id, 0).await.unwrap(),
            Some(succeeded(0, 0, 0.5))
        );
    }

    #[tokio::test]
    async fn two_that_open_at_once_wait_for_each_other() {
        let directory = TempDir::new().unwrap();
        let (one, other) =
            tokio::join!(Store::open(directory.path()), Store::open(directory.path()));
        one.unwrap().create(new_experiment("a")).await.unwrap();
        other.unwrap().create(new_experiment("b")).await.unwrap();
    }

    #[tokio::test]
    async fn reading_needs_a_store() {
        let directory = TempDir::new().unwrap();
        let missing = directory.path().join("missing");
        for root in [directory.path(), &missing] {
            let error = Store::open_existing(root).await.unwrap_err();
            assert!(
                matches!(&error, StoreError::NoStore(path) if path == root),
                "{error}"
            );
        }
        assert!(!missing.exists());
    }

    #[tokio::test]
    async fn a_path_that_is_a_file_is_refused() {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(
            Store::open(&file).await,
            Err(StoreError::NotADirectory(_))
        ));
        assert!(matches!(
            Store::open_existing(&file).await,
            Err(StoreError::NotADirectory(_))
        ));
        assert!(matches!(
            Store::open(&file.join("below")).await,
            Err(StoreError::NotADirectory(_))
        ));
    }

    #[tokio::test]
    async fn another_file_in_place_of_the_database_is_refused_and_kept() {
        let directory = TempDir::new().unwrap();
        let path = database(directory.path());
        let text = "this is not a database at all, but a text that is long enough for its header; "
            .repeat(20);
        std::fs::write(&path, &text).unwrap();
        for opened in [
            Store::open(directory.path()).await,
            Store::open_read_only(directory.path()).await,
        ] {
            assert!(matches!(opened, Err(StoreError::NotADatabase(file)) if file == path));
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_opened_is_named() {
        let directory = TempDir::new().unwrap();
        let path = database(directory.path());
        std::fs::create_dir(&path).unwrap();
        assert!(
            matches!(Store::open(directory.path()).await, Err(StoreError::Unusable { path: file, .. }) if file == path)
        );
    }

    #[tokio::test]
    async fn a_damaged_database_is_said_to_be_damaged() {
        let (place, store, id) = experiment(Kind::Sqlite).await;
        for number in 0..50 {
            let trials = vec![trial(number, TrialState::Queued)];
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
        }
        drop(store);
        let path = database(place.directory.path());
        sql(&path, "PRAGMA wal_checkpoint(TRUNCATE)").await;
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[4096..].fill(0xa5);
        std::fs::write(&path, bytes).unwrap();
        let result = async {
            let store = Store::open(place.directory.path()).await?;
            store.trials(id, &TrialQuery::default()).await
        };
        assert!(matches!(result.await, Err(StoreError::Damaged(_))));
    }

    #[tokio::test]
    async fn the_store_of_a_newer_version_is_refused() {
        let (place, store, _id) = experiment(Kind::Sqlite).await;
        drop(store);
        sql(
            &database(place.directory.path()),
            "INSERT INTO _sqlx_migrations SELECT 7, 'later', installed_on, true, checksum, 0 FROM _sqlx_migrations LIMIT 1",
        )
        .await;
        let known = known_schema();
        for opened in [
            Store::open(place.directory.path()).await,
            Store::open_existing(place.directory.path()).await,
            Store::open_read_only(place.directory.path()).await,
        ] {
            let error = opened.unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "this store was written by a newer tune (schema 7, this one knows {known})"
                )
            );
            assert_eq!(error.hint(), Some("use that version"));
        }
    }

    #[tokio::test]
    async fn an_older_store_that_cannot_be_written_is_refused() {
        let (place, _store, _id) = experiment(Kind::Sqlite).await;
        sql(
            &database(place.directory.path()),
            "DELETE FROM _sqlx_migrations WHERE version > 1; UPDATE _sqlx_migrations SET version = 0",
        )
        .await;
        let opened = Store::open_read_only(place.directory.path()).await;
        assert!(matches!(
            opened,
            Err(StoreError::OlderSchema { found: 0, .. })
        ));
    }

    #[tokio::test]
    async fn a_reader_follows_a_writer() {
        let (place, store, id) = experiment(Kind::Sqlite).await;
        let reader = Store::open_read_only(place.directory.path()).await.unwrap();
        for number in 0..3 {
            let changes = Changes {
                trials: vec![trial(number, TrialState::Queued)],
                events: vec![trial_event(number, TrialState::Queued)],
                ..Changes::default()
            };
            let seq = store.commit(id, changes).await.unwrap();
            assert_eq!(
                reader.events_after(None, seq - 1, 5).await.unwrap().len(),
                1
            );
            assert!(reader.trial(id, number).await.unwrap().is_some());
        }
    }

    #[tokio::test]
    async fn a_store_for_reading_refuses_to_write() {
        let (place, _store, id) = experiment(Kind::Sqlite).await;
        let reader = Store::open_read_only(place.directory.path()).await.unwrap();
        assert!(matches!(
            reader.create(new_experiment("b")).await,
            Err(StoreError::ReadOnly)
        ));
        assert!(matches!(
            reader.commit(id, Changes::default()).await,
            Err(StoreError::ReadOnly)
        ));
        assert!(matches!(
            reader.lock(id, None).await,
            Err(StoreError::ReadOnly)
        ));
        assert!(matches!(reader.delete(id).await, Err(StoreError::ReadOnly)));
        assert_eq!(
            reader.experiment("iris").await.unwrap().unwrap().created_at,
            at(0)
        );
    }

    #[tokio::test]
    async fn a_store_whose_shared_memory_cannot_be_made_is_read_as_it_lies_there() {
        let (place, store, _id) = experiment(Kind::Sqlite).await;
        drop(store);
        let path = database(place.directory.path());
        sql(&path, "PRAGMA wal_checkpoint(TRUNCATE)").await;
        _ = std::fs::remove_file(path.with_extension("db-shm"));
        std::fs::create_dir(path.with_extension("db-shm")).unwrap();
        let reader = Store::open_read_only(place.directory.path()).await.unwrap();
        assert!(reader.experiment("iris").await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_full_disk_is_said_to_be_full_and_nothing_is_half_written() {
        let (_directory, store, id) = experiment(Kind::Sqlite).await;
        store
            .write(Statement::new("PRAGMA max_page_count = 1"))
            .await
            .unwrap();
        let trials = (0..1000)
            .map(|number| trial(number, TrialState::Queued))
            .collect();
        let full = store
            .commit(
                id,
                Changes {
                    trials,
                    ..Changes::default()
                },
            )
            .await;
        assert!(matches!(full, Err(StoreError::DiskFull)));
        assert!(store.counts(id).await.unwrap().is_empty());
        store
            .write(Statement::new("PRAGMA max_page_count = 1000000"))
            .await
            .unwrap();
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
    }

    #[tokio::test]
    async fn a_writer_that_waits_too_long_says_so() {
        let (place, store) = store(Kind::Sqlite).await;
        let other = Store::open(place.directory.path()).await.unwrap();
        let mut writer = other.writer().await.unwrap();
        let transaction = writer.begin().await.unwrap();
        store
            .write(Statement::new("PRAGMA busy_timeout = 0"))
            .await
            .unwrap();
        assert!(matches!(
            store.create(new_experiment("a")).await,
            Err(StoreError::Busy)
        ));
        transaction.commit().await.unwrap();
        store.create(new_experiment("a")).await.unwrap();
    }

    const KILLED_STORE: &str = "TUNE_TEST_KILLED_STORE";

    /// The process that is killed is this same test, told by a variable where to write.
    #[tokio::test]
    async fn what_was_acknowledged_survives_kill() {
        if let Some(root) = std::env::var_os(KILLED_STORE) {
            return write_until_killed(Path::new(&root)).await;
        }
        let (place, store, id) = experiment(Kind::Sqlite).await;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "store::open::tests::what_was_acknowledged_survives_kill",
                "--nocapture",
            ])
            .env(KILLED_STORE, place.directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let acknowledged = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("stored ")?.parse::<u64>().ok());
        let last = acknowledged.take(40).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(store.driver(id).await.unwrap().is_none());
        let _driver = store.lock(id, None).await.unwrap();
        let trials = store.counts(id).await.unwrap()[&TrialState::Queued];
        assert!(
            trials > last,
            "{trials} trials, the last acknowledged was {last}"
        );
        // Whole transactions only: a trial and its event, after the event of the submission.
        let events = store.events_after(Some(id), 0, u32::MAX).await.unwrap();
        assert_eq!(events.len() as u64, trials + 1);
    }

    async fn write_until_killed(root: &Path) {
        let store = Store::open(root).await.unwrap();
        let id = store.experiment("iris").await.unwrap().unwrap().id;
        let _driver = store.lock(id, None).await.unwrap();
        for number in 0.. {
            let changes = Changes {
                trials: vec![trial(number, TrialState::Queued)],
                events: vec![trial_event(number, TrialState::Queued)],
                ..Changes::default()
            };
            store.commit(id, changes).await.unwrap();
            println!("stored {number}");
        }
    }
}
