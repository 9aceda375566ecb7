//! The events of one experiment as they come, from a store that is looked at or from a server that sends them.

use super::backend::Backend;
use crate::client::{ClientError, Events, Piece};
use anyhow::Result;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tune_experiments::store::{ExperimentId, ExperimentRecord, Store, StoredEvent};

/// Events that are read at once.
const BATCH: u32 = 2000;
/// Between two looks at a store that another process writes to.
const PAUSE: Duration = Duration::from_millis(200);
/// Pieces of a server's stream that may wait to be shown.
const PIECES: usize = 64;

/// Brings events after those that were there at the beginning.
pub struct Feed {
    source: Source,
    /// The number of the last event that was taken.
    cursor: i64,
}

enum Source {
    Store {
        store: Store,
        id: ExperimentId,
        /// Tells of new events when this process drives the experiment.
        news: Option<watch::Receiver<i64>>,
    },
    Server {
        pieces: mpsc::Receiver<Piece>,
        /// What has come and was not taken.
        waiting: Option<Piece>,
    },
}

/// What came.
#[derive(Debug, Default)]
pub struct News {
    /// Events, in order.
    pub events: Vec<StoredEvent>,
    /// Whether the server went away (true) or came back.
    pub away: Option<bool>,
    /// Why nothing more comes.
    pub refused: Option<ClientError>,
}

impl Feed {
    /// Of that experiment, from the event after `cursor` on; `news` tells when to look where this process drives it.
    pub fn new(
        backend: &Backend,
        record: &ExperimentRecord,
        cursor: i64,
        news: Option<watch::Receiver<i64>>,
    ) -> Self {
        let source = match backend {
            Backend::Store(store) => Source::Store {
                store: store.clone(),
                id: record.id,
                news,
            },
            Backend::Server(client) => {
                let (sender, pieces) = mpsc::channel(PIECES);
                let events = Events::new(client.clone(), &record.name, cursor);
                // It ends when nobody takes its pieces any more.
                tokio::spawn(events.send(sender));
                Source::Server {
                    pieces,
                    waiting: None,
                }
            }
        };
        Self { source, cursor }
    }

    /// Waits until something may have come.
    pub async fn changed(&mut self) {
        match &mut self.source {
            Source::Store {
                news: Some(news), ..
            } => {
                if news.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
            Source::Store { news: None, .. } => tokio::time::sleep(PAUSE).await,
            Source::Server { pieces, waiting } => {
                if waiting.is_none() {
                    *waiting = pieces.recv().await;
                }
                if waiting.is_none() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// What came since the last time.
    pub async fn take(&mut self) -> Result<News> {
        let mut taken = News::default();
        match &mut self.source {
            Source::Store { store, id, .. } => loop {
                let events = store.events_after(Some(*id), self.cursor, BATCH).await?;
                let is_last = events.len() < BATCH as usize;
                self.cursor = events.last().map_or(self.cursor, |event| event.seq);
                taken.events.extend(events);
                if is_last {
                    break;
                }
            },
            Source::Server { pieces, waiting } => {
                while let Some(piece) = waiting.take().or_else(|| pieces.try_recv().ok()) {
                    match piece {
                        Piece::Events(events) => taken.events.extend(events),
                        Piece::Away => taken.away = Some(true),
                        Piece::Back => taken.away = Some(false),
                        Piece::Refused(error) => taken.refused = Some(error),
                    }
                }
            }
        }
        Ok(taken)
    }
}
