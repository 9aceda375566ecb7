//! The algorithm, on a thread of its own: however long it thinks, nothing else waits. It keeps the history that the algorithm learns from.

use super::event::Event;
use std::sync::mpsc;
use tokio::sync::mpsc as async_mpsc;
use tune_algorithms::algorithm::Algorithm;
use tune_algorithms::history::{History, Outcome};

/// What the thread is asked, in order.
enum Request {
    Suggest(usize),
    Learn(Vec<(u64, Outcome)>),
}

/// The handle of the thread; dropping it ends the thread.
pub struct Suggester {
    requests: mpsc::Sender<Request>,
    /// What the algorithm has not been told yet: it need not know before it is asked.
    learned: Vec<(u64, Outcome)>,
    answers: async_mpsc::UnboundedReceiver<Event>,
}

/// The thread is gone: the algorithm panicked.
#[derive(Debug, thiserror::Error)]
#[error("the search algorithm crashed; its last message is above")]
pub struct AlgorithmCrashed;

impl Suggester {
    /// Starts the thread with what is known so far.
    pub fn start(algorithm: Box<dyn Algorithm>, history: History) -> std::io::Result<Self> {
        let (requests, inbox) = mpsc::channel();
        let (outbox, answers) = async_mpsc::unbounded_channel();
        std::thread::Builder::new()
            .name("suggester".into())
            .spawn(move || serve(algorithm, history, &inbox, &outbox))?;
        Ok(Self {
            requests,
            learned: Vec::new(),
            answers,
        })
    }

    /// Asks for configurations; they come out of [`Suggester::answer`].
    pub fn suggest(&mut self, count: usize) -> Result<(), AlgorithmCrashed> {
        if !self.learned.is_empty() {
            let learned = std::mem::take(&mut self.learned);
            self.send(Request::Learn(learned))?;
        }
        self.send(Request::Suggest(count))
    }

    /// Tells how a trial ended, before the next suggestion is asked for.
    pub fn learn(&mut self, trial: u64, outcome: Outcome) {
        self.learned.push((trial, outcome));
    }

    fn send(&self, request: Request) -> Result<(), AlgorithmCrashed> {
        self.requests.send(request).map_err(|_| AlgorithmCrashed)
    }

    /// The next answer. Safe to drop and call again.
    pub async fn answer(&mut self) -> Result<Event, AlgorithmCrashed> {
        self.answers.recv().await.ok_or(AlgorithmCrashed)
    }
}

/// Trials are created in the order in which they are suggested, so a suggestion's place in the history is its trial's number.
fn serve(
    mut algorithm: Box<dyn Algorithm>,
    mut history: History,
    inbox: &mpsc::Receiver<Request>,
    outbox: &async_mpsc::UnboundedSender<Event>,
) {
    while let Ok(request) = inbox.recv() {
        match request {
            Request::Learn(outcomes) => {
                for (trial, outcome) in outcomes {
                    history.finish(usize::try_from(trial).unwrap_or(usize::MAX), outcome);
                }
            }
            Request::Suggest(count) => {
                let configurations = algorithm.suggest(&history, count);
                for configuration in &configurations {
                    history.create(configuration.clone());
                }
                let exhausted = configurations.len() < count;
                if outbox
                    .send(Event::Suggested {
                        configurations,
                        exhausted,
                    })
                    .is_err()
                {
                    return;
                }
            }
        }
    }
}
