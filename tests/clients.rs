//! Clients that ask and tell while servers come and go, and what was acknowledged to them. Whoever gets no connection, or 503, tries again;
//! any other answer that is no success fails the test.

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How many clients there are at once.
pub const CLIENTS: u64 = 16;
/// How long a client waits before it tries again.
const AGAIN: Duration = Duration::from_millis(20);
/// How long something may take that must happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// All clients of one experiment.
pub struct Clients {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

struct Shared {
    http: Client,
    path: String,
    servers: Mutex<Vec<String>>,
    acknowledged: Mutex<Acknowledged>,
    progress: watch::Sender<Progress>,
}

/// What the clients have been told is so.
#[derive(Default)]
struct Acknowledged {
    /// Who was handed which trial.
    handed_out: HashMap<u64, u64>,
    told: HashMap<u64, f64>,
}

/// How often something has happened.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    tells: u64,
    /// 503, with `Retry-After`.
    refused: u64,
}

impl Clients {
    /// Lets them begin on the experiment `name`, at these servers in turn.
    pub fn start(name: &str, servers: &[&str]) -> Self {
        // Another test of the process may have chosen it.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().timeout(PATIENCE).build();
        let shared = Arc::new(Shared {
            http: http.expect("a client"),
            path: format!("/api/v1/experiments/{name}"),
            servers: Mutex::default(),
            acknowledged: Mutex::default(),
            progress: watch::Sender::default(),
        });
        let mut clients = Self {
            shared,
            tasks: JoinSet::new(),
        };
        clients.move_to(servers);
        for client in 0..CLIENTS {
            clients.tasks.spawn(work(clients.shared.clone(), client));
        }
        clients
    }

    /// From now on the servers are there.
    pub fn move_to(&self, servers: &[&str]) {
        *lock(&self.shared.servers) = servers.iter().map(|&url| url.to_owned()).collect();
    }

    /// How many tells have been acknowledged.
    pub fn tells(&self) -> u64 {
        self.shared.progress.borrow().tells
    }

    /// Waits until so many tells have been acknowledged.
    pub async fn reach(&mut self, tells: u64) {
        self.wait_for(|progress| progress.tells >= tells).await;
    }

    /// Waits until something has been acknowledged that was asked for after this moment: each client has one request under way at most.
    pub async fn go_on(&mut self) {
        self.reach(self.tells() + CLIENTS + 1).await;
    }

    /// Waits until so many more requests have been refused.
    pub async fn be_refused(&mut self, times: u64) {
        let refused = self.shared.progress.borrow().refused + times;
        self.wait_for(|progress| progress.refused >= refused).await;
    }

    async fn wait_for(&mut self, so: impl FnMut(&Progress) -> bool) {
        let mut progress = self.shared.progress.subscribe();
        let happened = async {
            tokio::select! {
                biased;
                so = progress.wait_for(so) => drop(so.expect("the clients hold it")),
                ended = self.tasks.join_next() => panic!("a client has ended too early: {ended:?}"),
            }
        };
        let in_time = timeout(PATIENCE, happened).await;
        in_time.unwrap_or_else(|_| panic!("no more than {:?}", *self.shared.progress.borrow()));
    }

    /// Waits until nobody gets a trial any more, then tells those that were handed out by answers that got lost. What was told, by trial.
    pub async fn finish(mut self) -> HashMap<u64, f64> {
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("a client without complaint");
        }
        while let Some(number) = self.shared.orphan().await {
            self.shared.tell(CLIENTS, number).await;
        }
        std::mem::take(&mut lock(&self.shared.acknowledged).told)
    }
}

/// One client, until it gets no trial any more.
async fn work(shared: Arc<Shared>, client: u64) {
    loop {
        let ask = json!({ "count": 1 });
        let asked = shared.request(client, "ask", Some(&ask)).await;
        let trials = asked["trials"].as_array().expect("a list");
        let Some(trial) = trials.first() else {
            return;
        };
        let number = trial["number"].as_u64().expect("a number");
        let before = lock(&shared.acknowledged).handed_out.insert(number, client);
        assert_eq!(
            before, None,
            "trial {number} was handed out to {client} too"
        );
        shared.tell(client, number).await;
    }
}

impl Shared {
    /// Tells a result that no other client tells of that trial.
    async fn tell(&self, client: u64, number: u64) {
        let loss = (number * 100 + client) as f64;
        let told = json!({ "metrics": { "loss": loss } });
        self.request(client, &format!("trials/{number}/tell"), Some(&told))
            .await;
        let before = lock(&self.acknowledged).told.insert(number, loss);
        assert_eq!(before, None, "trial {number} was told twice");
        self.progress.send_modify(|progress| progress.tells += 1);
    }

    /// A trial that some answer handed out which nobody got.
    async fn orphan(&self) -> Option<u64> {
        let running = self.request(0, "trials?state=running&limit=1", None).await;
        let first = running["trials"].as_array().expect("a list").first();
        match first {
            Some(trial) => trial["number"].as_u64(),
            None => {
                let asked = self.request(0, "ask", Some(&json!({}))).await;
                asked["trials"][0]["number"].as_u64()
            }
        }
    }

    /// Asks until there is an answer, at one server after the other.
    async fn request(&self, client: u64, path: &str, body: Option<&Json>) -> Json {
        for attempt in client.. {
            let url = {
                let servers = lock(&self.servers);
                let count = servers.len() as u64;
                format!(
                    "{}{}/{path}",
                    servers[(attempt % count) as usize],
                    self.path
                )
            };
            let request = match body {
                Some(body) => self.http.post(url).json(body),
                None => self.http.get(url),
            };
            match request.send().await {
                Ok(answer) if answer.status() == StatusCode::SERVICE_UNAVAILABLE => {
                    self.refused(&answer);
                }
                Ok(answer) => {
                    if let Some(answer) = answered(answer).await {
                        return answer;
                    }
                }
                Err(error) => assert!(!error.is_timeout(), "{error:?}"),
            }
            sleep(AGAIN).await;
        }
        unreachable!("it would take for ever")
    }

    fn refused(&self, answer: &Response) {
        let again = answer.headers().get("retry-after");
        assert!(
            again.is_some(),
            "it is not said when to try again: {answer:?}"
        );
        self.progress.send_modify(|progress| progress.refused += 1);
    }
}

/// The body; none when the connection broke in the middle of it.
async fn answered(answer: Response) -> Option<Json> {
    let status = answer.status();
    let body = answer.text().await.ok()?;
    assert!(status.is_success(), "{status}: {body}");
    Some(serde_json::from_str(&body).expect("JSON"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
