//! Live events for any number of readers. The table is read once, by a pump for each subject (one experiment, or all), and what it found is
//! handed to all its readers as one piece of ready-made text. A reader begins at the place it names, from the table; one that falls behind
//! what is kept for all is cut off, and comes back with the number of the last event it saw.

use super::numbers::{Counted, Numbers};
use crate::wire;
use axum::body::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, watch};
use tune_experiments::store::{EventKind, ExperimentId, Store, StoreError, StoredEvent};

/// How many events one piece holds at the most.
const EVENTS_TOGETHER: u32 = 1000;
/// How many pieces are kept for readers that are behind.
const PIECES_KEPT: usize = 64;
/// How long to wait for news before looking anyway: another process on the same store sends none.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The shortest time between two pieces: what happens meanwhile is told together.
const PAUSE: Duration = Duration::from_millis(20);
/// And by how much each reader lengthens it: a thousand readers must not keep the machine from its work.
const PAUSE_FOR_EACH: Duration = Duration::from_micros(200);

/// Of one experiment, or of all.
pub type Subject = Option<ExperimentId>;

/// Consecutive events of a subject, as they go to the readers.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The number of the event before the first of these, as far as the pump knows.
    pub after: i64,
    /// The number of the last of these.
    pub last: i64,
    /// In the format of server-sent events.
    pub text: Bytes,
}

/// The pumps. Cheap to clone.
#[derive(Clone)]
pub struct Feed {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    news: watch::Receiver<i64>,
    numbers: Numbers,
    pumps: Mutex<HashMap<Subject, broadcast::Sender<Piece>>>,
}

impl Feed {
    /// No pump runs yet.
    pub fn new(store: Store, news: watch::Receiver<i64>, numbers: Numbers) -> Self {
        let inner = Inner {
            store,
            news,
            numbers,
            pumps: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// A reader of the events after the one with that number.
    pub fn reader(&self, subject: Subject, after: i64) -> Reader {
        Reader {
            feed: self.clone(),
            subject,
            pieces: None,
            at: after,
            from_table: true,
            _counted: self.inner.numbers.reader(),
        }
    }

    /// The pieces of a subject from now on; its pump, if there is none yet, begins after `at`.
    fn subscribe(&self, subject: Subject, at: i64) -> broadcast::Receiver<Piece> {
        let mut pumps = self.pumps();
        if let Some(pump) = pumps.get(&subject) {
            return pump.subscribe();
        }
        let (sender, receiver) = broadcast::channel(PIECES_KEPT);
        pumps.insert(subject, sender.clone());
        tokio::spawn(self.clone().pump(subject, at, sender));
        receiver
    }

    fn pumps(&self) -> MutexGuard<'_, HashMap<Subject, broadcast::Sender<Piece>>> {
        self.inner
            .pumps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the table as long as somebody wants to know.
    async fn pump(self, subject: Subject, mut at: i64, sender: broadcast::Sender<Piece>) {
        let mut news = self.inner.news.clone();
        let mut looked = Instant::now();
        while !self.is_unwanted(subject, &sender) {
            news.borrow_and_update();
            match self.read(subject, at).await {
                Ok(Some(piece)) => {
                    at = piece.last;
                    // Without readers it is dropped, and so is the pump.
                    let _ = sender.send(piece);
                    tokio::time::sleep(pause(sender.receiver_count())).await;
                }
                Ok(None) => {
                    if looked.elapsed() >= LOOK_EVERY {
                        if self.is_gone(subject).await {
                            break;
                        }
                        looked = Instant::now();
                    }
                    // News of other experiments come in quick succession too.
                    tokio::time::sleep(pause(sender.receiver_count())).await;
                    wait(&mut news).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "events cannot be read for now");
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
    }

    /// Whether the experiment has been deleted: its readers have nothing to wait for.
    async fn is_gone(&self, subject: Subject) -> bool {
        let Some(id) = subject else { return false };
        let gone = matches!(self.inner.store.experiment_by_id(id).await, Ok(None));
        if gone {
            self.pumps().remove(&subject);
        }
        gone
    }

    /// Forgets a pump without readers; under the lock, so that nobody subscribes to one that has just stopped.
    fn is_unwanted(&self, subject: Subject, sender: &broadcast::Sender<Piece>) -> bool {
        let mut pumps = self.pumps();
        let unwanted = sender.receiver_count() == 0;
        if unwanted {
            pumps.remove(&subject);
        }
        unwanted
    }

    async fn read(&self, subject: Subject, after: i64) -> Result<Option<Piece>, StoreError> {
        let events = self
            .inner
            .store
            .events_after(subject, after, EVENTS_TOGETHER)
            .await?;
        let last = events.last().map(|event| event.seq);
        Ok(last.map(|last| Piece {
            after,
            last,
            text: text(events),
        }))
    }
}

/// Between two pieces.
fn pause(readers: usize) -> Duration {
    let readers = u32::try_from(readers).unwrap_or(u32::MAX);
    PAUSE.max(PAUSE_FOR_EACH.saturating_mul(readers))
}

async fn wait(news: &mut watch::Receiver<i64>) {
    tokio::select! {
        Ok(()) = news.changed() => {}
        () = tokio::time::sleep(LOOK_EVERY) => {}
    }
}

/// The format of server-sent events: number, kind, and the event as JSON.
fn text(events: Vec<StoredEvent>) -> Bytes {
    let mut text = String::new();
    for event in events {
        let seq = event.seq;
        let event = wire::Event::from(event);
        let json = serde_json::to_string(&event).expect("events are plain data");
        let kind = word(event.kind);
        text += &format!("id: {seq}\nevent: {kind}\ndata: {json}\n\n");
    }
    text.into()
}

fn word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Experiment => "experiment",
        EventKind::Limits => "limits",
        EventKind::Trial => "trial",
        EventKind::Step => "step",
        EventKind::Notes => "notes",
    }
}

/// Somebody who follows.
pub struct Reader {
    feed: Feed,
    subject: Subject,
    /// From the pump; `None` until the reader has had what was stored when it came.
    pieces: Option<broadcast::Receiver<Piece>>,
    /// The number of the last event it was given.
    at: i64,
    /// There may be events in the table that it has not had and no piece will bring.
    from_table: bool,
    _counted: Counted,
}

impl Reader {
    /// The next events, once there are some; `None` when the reader was too slow, or the store fails: it may begin again where it is.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(text) = self.stored().await.ok()? {
                return Some(text);
            }
            let Some(pieces) = &mut self.pieces else {
                // What is stored between the last look and now is found by another look.
                self.pieces = Some(self.feed.subscribe(self.subject, self.at));
                self.from_table = true;
                continue;
            };
            let piece = pieces.recv().await.ok()?;
            if piece.after == self.at {
                self.at = piece.last;
                return Some(piece.text);
            }
            // A piece that begins elsewhere than the reader stands: the table has what lies between.
            self.from_table = piece.last > self.at;
        }
    }

    /// Events that are stored and that it has not had.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stored(&mut self) -> Result<Option<Bytes>, StoreError> {
        if !self.from_table {
            return Ok(None);
        }
        let piece = self.feed.read(self.subject, self.at).await?;
        self.from_table = piece.is_some();
        Ok(piece.map(|piece| {
            self.at = piece.last;
            piece.text
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_readers_are_told_less_often() {
        assert_eq!(pause(1), PAUSE);
        assert_eq!(pause(1000), Duration::from_millis(200));
    }
}
