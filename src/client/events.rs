//! The events of an experiment as they happen: a stream that goes on where it was when the connection breaks or the server starts anew.

use super::sse::Parser;
use super::{Client, ClientError};
use reqwest::{Method, Response};
use std::time::Duration;
use tokio::sync::mpsc;
use tune_experiments::store::StoredEvent;

/// A server that says nothing for so long, not even that it is there, has gone away.
const SILENCE: Duration = Duration::from_secs(60);
/// Between two attempts to reach a server that has gone away.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// What a stream of events brings.
#[derive(Debug)]
pub enum Piece {
    /// Events, in order.
    Events(Vec<StoredEvent>),
    /// The server does not answer any more; it is tried again.
    Away,
    /// It answers again.
    Back,
    /// It refuses: the experiment was deleted, say. Nothing more comes.
    Refused(ClientError),
}

/// A stream of events.
pub struct Events {
    client: Client,
    name: String,
    /// The number of the last event that came.
    cursor: i64,
    failures: usize,
}

impl Events {
    /// Of the experiment of that name, from the event after `cursor` on.
    pub fn new(client: Client, name: &str, cursor: i64) -> Self {
        Self {
            client,
            name: name.to_owned(),
            cursor,
            failures: 0,
        }
    }

    /// Sends what comes until nobody listens any more, or the server refuses.
    pub async fn send(mut self, pieces: mpsc::Sender<Piece>) {
        while !pieces.is_closed() {
            match self.connect().await {
                Ok(response) => {
                    if self.failures > 0 && pieces.send(Piece::Back).await.is_err() {
                        return;
                    }
                    self.failures = 0;
                    self.copy(response, &pieces).await;
                    // A server that ends every stream at once is not asked in a loop.
                    tokio::time::sleep(PAUSES[0]).await;
                }
                Err(error) if is_for_good(&error) => {
                    let _ = pieces.send(Piece::Refused(error)).await;
                    return;
                }
                Err(_) => {
                    if self.failures == 1 && pieces.send(Piece::Away).await.is_err() {
                        return;
                    }
                    let pause = self.failures.min(PAUSES.len() - 1);
                    self.failures += 1;
                    tokio::time::sleep(PAUSES[pause]).await;
                }
            }
        }
    }

    async fn connect(&self) -> Result<Response, ClientError> {
        let url = self.client.experiment_at(&self.name, &["events"]);
        let request = self.client.request(Method::GET, url);
        let request = request.header("last-event-id", self.cursor.to_string());
        self.client.patiently(request).await
    }

    /// Reads one connection to its end, however that comes.
    async fn copy(&mut self, mut response: Response, pieces: &mpsc::Sender<Piece>) {
        let mut parser = Parser::default();
        while let Ok(Ok(Some(bytes))) = tokio::time::timeout(SILENCE, response.chunk()).await {
            let Ok(events) = parser.push(&bytes) else {
                return;
            };
            let Some(last) = events.last() else { continue };
            self.cursor = last.seq;
            let events = events.into_iter().map(StoredEvent::from).collect();
            if pieces.send(Piece::Events(events)).await.is_err() {
                return;
            }
        }
    }
}

/// Whether asking again cannot help.
fn is_for_good(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. } => false,
        ClientError::Strange { .. } => true,
        ClientError::Refused(problem) => !matches!(problem.status, 429 | 500..),
    }
}
