//! What the store's tests share: a store of its own for each test, in either database, and plain records to start from.

use super::*;
use crate::state::{StepState, TrialState};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, json};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use tune_algorithms::history::Goal;
use tune_algorithms::space::{Configuration, Value};

/// The database that a test runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

/// Runs each of the functions as a test over either database.
macro_rules! over_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name(super::Kind::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name(super::Kind::Postgres).await; })+
        }
    };
}
pub(super) use over_both;

/// The address of a PostgreSQL server where tests may make schemas.
const SERVER: &str = "TUNE_TEST_POSTGRES";

/// Where a test's store is; gone when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    pub directory: TempDir,
    /// The schema in which the store is, in PostgreSQL.
    schema: Option<String>,
}

impl Place {
    pub async fn new(kind: Kind) -> Self {
        let directory = TempDir::new().unwrap();
        let schema = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(new_schema().await),
        };
        Self { directory, schema }
    }

    pub fn location(&self) -> Location {
        match &self.schema {
            None => Location::new(self.directory.path().to_str().unwrap()),
            Some(schema) => {
                let server = server();
                let join = if server.contains('?') { '&' } else { '?' };
                let address = format!("{server}{join}options[search_path]={schema}");
                Location::new(address).with_connections(4)
            }
        }
    }

    /// Another handle on the store.
    pub async fn open(&self) -> Store {
        Store::connect(&self.location(), self.directory.path(), true)
            .await
            .unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(schema) = self.schema.take() else {
            return;
        };
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            // A transaction of a test that ended in its middle may hold it: nobody waits for that.
            let drop = format!("SET lock_timeout = '1s'; DROP SCHEMA {schema} CASCADE");
            runtime.unwrap().block_on(on_server(drop));
        });
        // What is left behind goes with the server.
        let _ = dropping.join();
    }
}

fn server() -> String {
    std::env::var(SERVER).unwrap_or_else(|_| {
        panic!(
            "{SERVER} is not set: `tests/postgres.sh cargo nextest run` starts a server and sets it"
        )
    })
}

async fn new_schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let schema = format!("test_{}_{number}", std::process::id());
    on_server(format!(
        "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"
    ))
    .await;
    schema
}

/// Runs a statement on the server for tests.
pub(super) async fn on_server(statement: String) {
    let options = Location::new(server()).postgres().unwrap();
    let mut connection = options.connect().await.unwrap();
    connection.execute(AssertSqlSafe(statement)).await.unwrap();
    connection.close().await.unwrap();
}

pub(super) async fn store(kind: Kind) -> (Place, Store) {
    let place = Place::new(kind).await;
    let store = place.open().await;
    (place, store)
}

/// A store with an experiment, and its id.
pub(super) async fn experiment(kind: Kind) -> (Place, Store, ExperimentId) {
    let (place, store) = store(kind).await;
    let record = store.create(new_experiment("iris")).await.unwrap();
    (place, store, record.id)
}

/// Commits as the experiment's driver, for a moment if it is not that already.
pub(super) async fn commit(
    store: &Store,
    id: ExperimentId,
    changes: Changes,
) -> Result<i64, StoreError> {
    if !store.is_shared() || store.inner.leases.get(id).is_some() {
        return store.commit(id, changes).await;
    }
    let driver = store.lock(id, None).await?;
    let committed = store.commit(id, changes).await;
    driver.release().await?;
    committed
}

pub(super) fn new_experiment(name: &str) -> NewExperiment {
    NewExperiment {
        name: name.to_owned(),
        document: json!({ "version": 1, "name": name, "max_trials": 10 }),
        directory: "/home/user/iris".into(),
        goal: Goal::Maximize,
        created_at: at(0),
        key: None,
        tags: Vec::new(),
        prior: Vec::new(),
    }
}

/// So many seconds after some fixed moment.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(super) fn trial(number: u64, state: TrialState) -> TrialRecord {
    let seconds = i64::try_from(number).unwrap();
    TrialRecord {
        number,
        state,
        reason: None,
        explanation: None,
        parameters: Configuration::from_iter([("x".to_owned(), Value::Float(0.1))]),
        enqueued: false,
        why: None,
        handed_out: 0,
        metrics: IndexMap::new(),
        objective: None,
        created_at: at(seconds),
        started_at: None,
        finished_at: None,
        finished_order: None,
    }
}

/// A trial that succeeded, after so many others had finished.
pub(super) fn succeeded(number: u64, finished_order: u64, objective: f64) -> TrialRecord {
    let created = trial(number, TrialState::Succeeded);
    TrialRecord {
        metrics: IndexMap::from([("accuracy".to_owned(), objective)]),
        objective: Some(objective),
        started_at: Some(created.created_at),
        finished_at: Some(created.created_at),
        finished_order: Some(finished_order),
        ..created
    }
}

pub(super) fn step(trial: u64, name: &str, state: StepState) -> StepRecord {
    StepRecord {
        trial,
        step: name.to_owned(),
        state,
        explanation: None,
        attempt: 1,
        failures: 1,
        exit_code: None,
        started_at: None,
        finished_at: None,
        values: Map::new(),
        artifacts: IndexMap::new(),
    }
}

pub(super) fn metric(trial: u64, name: &str, level: f64, value: f64) -> MetricRecord {
    MetricRecord {
        trial,
        step: "train".to_owned(),
        name: name.to_owned(),
        level,
        value,
        at: at(0),
    }
}

pub(super) fn trial_event(trial: u64, state: TrialState) -> NewEvent {
    NewEvent {
        at: at(0),
        kind: EventKind::Trial,
        trial: Some(trial),
        step: None,
        data: json!({ "state": state }),
    }
}
