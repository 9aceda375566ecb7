//! Opening a store wherever it is: in a directory, or in PostgreSQL, whose schema is brought up to date and whose connections replace
//! themselves when they break.

use super::commit::Kept;
use super::database::{Database, Store};
use super::open::{make_directory, migration_failed};
use super::{Location, StoreError, sql};
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// How many connections more there are for leases and commits, each of which takes a moment; one of them is kept for commits.
const PROMPT: u32 = 4;
/// How long somebody waits for a connection before the database counts as unavailable.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// A connection that was idle for longer is tried before it is used.
pub(super) const MAY_HAVE_BROKEN: Duration = Duration::from_millis(500);

/// Settings of every connection. No statement of ours gains from compiling it, and none means to read a table from end to end. A client
/// that stands still in a transaction would hold up others.
const SETTINGS: [(&str, &str); 5] = [
    ("jit", "off"),
    ("enable_seqscan", "off"),
    ("random_page_cost", "1.1"),
    ("work_mem", "32MB"),
    ("idle_in_transaction_session_timeout", "30s"),
];

/// Of the connections that write one statement at a time: planning the largest takes as long as carrying it out, and no plan of theirs is
/// better for knowing the arguments.
const PLANNED_ONCE: [(&str, &str); 1] = [("plan_cache_mode", "force_generic_plan")];

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
        let database = Database::Postgres {
            pool: pool(location.connections(), options.clone()),
            prompt: pool(PROMPT, options.options(PLANNED_ONCE)),
            kept: Kept::default(),
        };
        Ok(Self::with(location.clone(), root, database))
    }
}

fn pool(connections: u32, options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
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

#[cfg(test)]
mod tests {
    use super::super::database::Statement;
    use super::super::testing::{Kind, Place, experiment, new_experiment, on_server};
    use super::*;

    #[tokio::test]
    async fn several_that_open_a_new_store_at_once_all_find_it_whole() {
        let place = Place::new(Kind::Postgres).await;
        let stores = tokio::join!(place.open(), place.open(), place.open());
        for (store, name) in [(stores.0, "a"), (stores.1, "b"), (stores.2, "c")] {
            assert!(store.is_shared());
            assert_eq!(store.kind(), "postgres");
            store.ready().await.unwrap();
            store.create(new_experiment(name)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_database_without_a_store_is_not_made_one_for_reading() {
        let place = Place::new(Kind::Postgres).await;
        let opened = Store::connect(&place.location(), place.directory.path(), false).await;
        assert!(matches!(opened, Err(StoreError::NoStore(_))));
        place.open().await;
        let root = place.directory.path();
        let store = Store::connect(&place.location(), root, false)
            .await
            .unwrap();
        assert_eq!(store.root(), root);
    }

    #[tokio::test]
    async fn a_connection_that_broke_is_replaced() {
        let (_place, store, id) = experiment(Kind::Postgres).await;
        let own = "SELECT pg_backend_pid()::bigint";
        let mut writer = store.writer().await.unwrap();
        let row = writer.on().one(Statement::new(own)).await.unwrap().unwrap();
        let process: i64 = row.get(0).unwrap();
        on_server(format!("SELECT pg_terminate_backend({process})")).await;
        let broken = writer.on().execute(Statement::new(own)).await.unwrap_err();
        assert!(matches!(
            StoreError::from(broken),
            StoreError::Unavailable(_)
        ));
        drop(writer);
        assert!(store.experiment_by_id(id).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn readers_do_not_make_a_commit_wait() {
        let (place, store, id) = experiment(Kind::Postgres).await;
        let mut readers = Vec::new();
        for _ in 0..place.location().connections() {
            readers.push(store.reader().await.unwrap());
        }
        let driver = store.lock(id, None).await.unwrap();
        let changes = super::super::Changes::default();
        store.commit(id, changes).await.unwrap();
        driver.release().await.unwrap();
        drop(readers);
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_unavailable() {
        let directory = tempfile::TempDir::new().unwrap();
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        drop(socket);
        let location = Location::new(format!("postgres://ann:secret@127.0.0.1:{port}/tune"));
        let error = Store::connect(&location, directory.path(), true)
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)));
        assert!(!format!("{error:?}").contains("secret"));
    }

    #[tokio::test]
    async fn the_store_of_a_newer_version_is_refused() {
        let (place, store, _id) = experiment(Kind::Postgres).await;
        let later = "INSERT INTO _sqlx_migrations SELECT 7, 'later', installed_on, true, checksum, 0 FROM _sqlx_migrations LIMIT 1";
        store.write(Statement::new(later)).await.unwrap();
        for create in [true, false] {
            let opened = Store::connect(&place.location(), place.directory.path(), create).await;
            assert!(
                matches!(opened, Err(StoreError::NewerSchema { found: 7, known }) if known == known_schema())
            );
        }
        assert!(matches!(
            store.ready().await,
            Err(StoreError::NewerSchema { .. })
        ));
    }

    #[test]
    fn both_databases_have_the_same_migrations() {
        let of = |migrations: &Migrator| -> Vec<_> {
            migrations
                .iter()
                .map(|it| (it.version, it.description.clone()))
                .collect()
        };
        assert_eq!(of(&MIGRATIONS), of(&super::super::open::MIGRATIONS));
    }
}
