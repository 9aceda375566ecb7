//! A store in a folder of its own, and services on it.

use crate::engine::{FakeEngine, Steps};
use indexmap::IndexMap;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use tune_experiments::controller::{NoObserver, Setup, Submitted};
use tune_experiments::metrics::ClientReport;
use tune_experiments::pipeline::{ComponentInfo, ComponentProblem, Components, With};
use tune_experiments::service::{Service, Told};
use tune_experiments::spec::{self, Source, Submission};
use tune_experiments::state::ExperimentState;
use tune_experiments::store::{ExperimentId, ExperimentRecord, Location, Store};

/// The database that a test runs over.
#[derive(Clone, Copy)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// Runs each of the functions as a test over either database.
macro_rules! over_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() { super::$name(super::Kind::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() { super::$name(super::Kind::Postgres).await; })+
        }
    };
}
pub(crate) use over_both;

/// A folder with a store, or with the files of one in PostgreSQL.
pub struct Place {
    directory: TempDir,
    pub store: Store,
}

/// A process that serves.
pub struct Server {
    pub service: Service,
    pub engine: Arc<FakeEngine>,
    pub setup: Setup,
}

impl Place {
    pub async fn new(kind: Kind) -> Self {
        let directory = TempDir::new().unwrap();
        let location = match kind {
            Kind::Sqlite => directory.path().display().to_string(),
            Kind::Postgres => new_schema().await,
        };
        let location = Location::new(location).with_connections(4);
        let store = Store::connect(&location, directory.path(), true);
        let store = store.await.unwrap();
        Self { directory, store }
    }

    pub fn server(&self, slots: usize, steps: Steps) -> Server {
        let engine = Arc::new(FakeEngine::new(steps));
        let setup = Setup {
            store: self.store.clone(),
            engine: engine.clone(),
            components: Arc::new(NoComponents),
            slots,
            address: None,
            observer: Arc::new(NoObserver),
        };
        Server {
            service: Service::new(setup.clone()),
            engine,
            setup,
        }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub async fn record(&self, id: ExperimentId) -> ExperimentRecord {
        self.store.experiment_by_id(id).await.unwrap().unwrap()
    }

    /// Waits until the experiment is in that state.
    pub async fn reaches(&self, server: &Server, id: ExperimentId, state: ExperimentState) {
        let mut news = server.service.news();
        while self.record(id).await.state != state {
            news.changed().await.unwrap();
        }
    }
}

/// The address of a new schema on the server for tests, with which it goes.
async fn new_schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let schema = format!("service_{}_{number}", std::process::id());
    let server = std::env::var("TUNE_TEST_POSTGRES").expect(
        "`tests/postgres.sh cargo nextest run` starts a server and sets TUNE_TEST_POSTGRES",
    );
    let mut connection = PgConnection::connect(&server).await.unwrap();
    let create = AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
    connection.execute(create).await.unwrap();
    format!("{server}?options[search_path]={schema}")
}

impl Server {
    pub async fn submit(&self, place: &Place, text: &str) -> ExperimentRecord {
        let submitted = self
            .service
            .submit(&read(text), place.path(), None, false)
            .await
            .unwrap();
        match submitted {
            Submitted::Created(record)
            | Submitted::Continues(record)
            | Submitted::LimitsChanged(record)
            | Submitted::Finished(record) => record,
        }
    }
}

pub fn read(text: &str) -> Submission {
    let source = Source {
        name: "experiment.yaml".to_owned(),
        text: text.to_owned(),
    };
    spec::read(&source, &[], &NoComponents).unwrap_or_else(|error| panic!("{:?}", error.problems))
}

/// An ask-and-tell experiment, with more keys.
pub fn clients(name: &str, more: &str) -> String {
    format!(
        "name: {name}\nobjective: {{ metric: score, goal: maximize }}\nalgorithm: random\n\
         parameters:\n  x: {{ type: float, min: 0, max: 1 }}\n{more}\n"
    )
}

/// An experiment with one step, with more keys.
pub fn pipeline(name: &str, more: &str) -> String {
    format!(
        "{}\npipeline:\n  only: {{ run: [anything] }}\n",
        clients(name, more)
    )
}

pub fn score(value: f64) -> Told {
    Told::Succeeded(vec![report(0.0, value)])
}

pub fn report(level: f64, value: f64) -> ClientReport {
    ClientReport {
        level: Some(level),
        ..next(value)
    }
}

/// A report that names no level.
pub fn next(value: f64) -> ClientReport {
    ClientReport {
        name: "score".to_owned(),
        level: None,
        value,
    }
}

/// The pipelines here use none.
struct NoComponents;

impl Components for NoComponents {
    fn all(&self) -> Vec<ComponentInfo> {
        Vec::new()
    }

    fn check(&self, _: &str, _: &With) -> Vec<ComponentProblem> {
        Vec::new()
    }

    fn metrics(&self, _: &str, _: &With) -> Vec<String> {
        Vec::new()
    }

    fn artifacts(&self, _: &str) -> IndexMap<String, String> {
        IndexMap::new()
    }

    fn command(&self, _: &str, _: &Path) -> Vec<String> {
        Vec::new()
    }
}
