//! The interface asked in the same process: what it answers, and what it refuses.

mod access;
mod events;
mod lists;
mod notes;
mod problems;
mod system;

use super::numbers::Numbers;
use super::{App, Limits, Parts, router};
use crate::components::BuiltIn;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt;
use tune_algorithms::history::Goal;
use tune_algorithms::space::{Configuration, Value};
use tune_experiments::artifacts::ArtifactStore;
use tune_experiments::controller::{NoObserver, Setup};
use tune_experiments::engine::{LocalEngine, LocalOptions};
use tune_experiments::service::Service;
use tune_experiments::state::TrialState;
use tune_experiments::store::{
    Changes, EventKind, ExperimentRecord, NewEvent, NewExperiment, Role, Store, TrialRecord,
};

/// A server without a network.
pub struct Server {
    pub app: App,
    router: Router,
    pub store: Store,
    stop: watch::Sender<bool>,
    _close: watch::Sender<bool>,
    _directory: TempDir,
}

/// What it answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// It must be a problem of that status and type.
    #[track_caller]
    pub fn is_problem(&self, status: u16, kind: &str) -> Json {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{kind}"));
        assert_eq!(problem["status"], status);
        problem
    }

    #[track_caller]
    pub fn fine(self) -> Self {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text());
        self
    }
}

impl Server {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Limits)) -> Self {
        Self::made(change, false).await
    }

    /// One on whose store another process works.
    pub async fn looking_on() -> Self {
        Self::made(|_| {}, true).await
    }

    async fn made(change: impl FnOnce(&mut Limits), looks_on: bool) -> Self {
        let directory = TempDir::new().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let mut limits = Limits {
            body: 1 << 16,
            time: Duration::from_secs(30),
            requests: 64,
            rate: NonZeroU32::new(10_000).unwrap(),
        };
        change(&mut limits);
        let (stop, stopping) = watch::channel(false);
        let (close, closing) = watch::channel(false);
        let parts = Parts {
            service: Service::new(setup(&store)),
            store: store.clone(),
            directory: directory.path().to_owned(),
            limits,
            ca_cert: None,
            numbers: Numbers::new(),
            looks_on,
            stopping,
            closing,
        };
        let app = App::new(parts).unwrap();
        Self {
            router: router(app.clone()),
            app,
            store,
            stop,
            _close: close,
            _directory: directory,
        }
    }

    /// From now on it takes no more work.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Sends a request; one without a host is for this machine.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        let host = axum::http::HeaderValue::from_static("localhost:8863");
        request.headers_mut().entry("host").or_insert(host);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.to_vec(),
        }
    }

    /// A stream's answer, not read yet.
    pub async fn open(&self, path: &str) -> Body {
        let request = request(Method::GET, path, &[("host", "localhost")], "");
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        response.into_body()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, &[], "")).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request(Method::GET, path, headers, "")).await
    }

    pub async fn post(&self, path: &str, body: &Json) -> Answer {
        let json = [("content-type", "application/json")];
        let body = body.to_string();
        self.send(request(Method::POST, path, &json, &body)).await
    }

    /// An experiment that nobody drives, with so many trials that succeeded: trial n has `loss` n / 10, and `kind` alternates.
    pub async fn with_trials(&self, count: u64) -> ExperimentRecord {
        let record = self.store.create(new_experiment("iris")).await.unwrap();
        let changes = Changes {
            trials: (0..count).map(trial).collect(),
            events: (0..count).map(event).collect(),
            ..Changes::default()
        };
        self.commit(&record, changes).await;
        record
    }

    pub async fn commit(&self, record: &ExperimentRecord, changes: Changes) {
        let _driver = self.store.lock(record.id, None).await.unwrap();
        self.store.commit(record.id, changes).await.unwrap();
    }
}

/// One that clients evaluate.
pub fn new_experiment(name: &str) -> NewExperiment {
    let document = json!({
        "name": name,
        "objective": {"metric": "loss", "goal": "minimize"},
        "max_trials": 1000,
        "parameters": {
            "x": {"type": "float", "min": 0, "max": 1},
            "kind": {"type": "categorical", "values": ["svm", "knn"]},
        },
    });
    NewExperiment {
        name: name.to_owned(),
        document,
        directory: "/".into(),
        goal: Goal::Minimize,
        created_at: Timestamp::now(),
        key: None,
        tags: Vec::new(),
        prior: Vec::new(),
    }
}

/// A token of that name for a viewer.
pub async fn token(server: &Server, name: &str) -> String {
    access::token(server, name, Role::Viewer, None).await
}

fn setup(store: &Store) -> Setup {
    let engine = LocalEngine::new(LocalOptions {
        slots: 1,
        grace: Duration::from_secs(1),
        artifacts: ArtifactStore::new(store.root().join("artifacts")),
        watchdog: None,
        open_files: None,
    });
    Setup {
        store: store.clone(),
        engine: Arc::new(engine.unwrap()),
        components: Arc::new(BuiltIn::new().unwrap()),
        slots: 1,
        address: None,
        observer: Arc::new(NoObserver),
    }
}

pub fn request(method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::from(body.to_owned())).unwrap()
}

pub fn trial(number: u64) -> TrialRecord {
    let kind = if number.is_multiple_of(2) {
        "svm"
    } else {
        "knn"
    };
    let loss = number as f64 / 10.0;
    let parameters = [
        ("x".to_owned(), Value::Float(0.5)),
        ("kind".to_owned(), Value::Text(kind.to_owned())),
    ];
    TrialRecord {
        number,
        state: TrialState::Succeeded,
        reason: None,
        explanation: None,
        parameters: Configuration::from_iter(parameters),
        enqueued: false,
        why: None,
        handed_out: 1,
        metrics: [("loss".to_owned(), loss)].into_iter().collect(),
        objective: Some(loss),
        created_at: Timestamp::UNIX_EPOCH,
        started_at: Some(Timestamp::UNIX_EPOCH),
        finished_at: Some(Timestamp::UNIX_EPOCH),
        finished_order: Some(number),
    }
}

pub fn event(number: u64) -> NewEvent {
    NewEvent {
        at: Timestamp::UNIX_EPOCH,
        kind: EventKind::Trial,
        trial: Some(number),
        step: None,
        data: json!({"state": "succeeded"}),
    }
}
