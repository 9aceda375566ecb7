//! Where servers keep what they remember: SQLite in a scratch folder; and PostgreSQL, when the environment says where there is one for
//! tests.

use super::server::Server;
use sqlx::{Connection, Executor, PgConnection};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use tune_experiments::store::{Location, Store};

/// A kind of store.
pub struct Place {
    postgres: Option<String>,
    databases: AtomicU32,
}

/// A new, empty store, and files beside it.
pub struct Scratch {
    store: String,
    directory: TempDir,
}

impl Place {
    pub async fn all() -> Vec<Self> {
        let postgres = std::env::var("TUNE_TEST_POSTGRES").ok();
        let all = std::iter::once(None).chain(postgres.map(Some));
        all.map(|postgres| Self {
            postgres,
            databases: AtomicU32::new(0),
        })
        .collect()
    }

    pub fn name(&self) -> &'static str {
        match self.postgres {
            Some(_) => "PostgreSQL",
            None => "SQLite",
        }
    }

    pub async fn scratch(&self) -> Scratch {
        let directory = TempDir::new().unwrap();
        let store = match &self.postgres {
            Some(server) => self.new_database(server).await,
            None => directory.path().join("store").display().to_string(),
        };
        Scratch { store, directory }
    }

    async fn new_database(&self, server: &str) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench_{}_{number}", std::process::id());
        let mut connection = PgConnection::connect(server).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        connection.execute(create).await.unwrap();
        let (address, _) = server.rsplit_once('/').unwrap();
        format!("{address}/{name}")
    }
}

impl Scratch {
    pub fn serve(&self) -> Server {
        Server::start(&self.store, self.directory.path())
    }

    /// The store itself, while no server uses it.
    pub async fn open(&self) -> Store {
        let location = Location::new(self.store.clone());
        Store::connect(&location, &self.root(), true).await.unwrap()
    }

    fn root(&self) -> std::path::PathBuf {
        Path::new(self.directory.path()).join(".tune")
    }
}
