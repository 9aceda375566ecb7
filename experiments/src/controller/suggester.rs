//! The algorithm, on a thread of its own: however long it thinks, nothing else waits. It keeps the history that the algorithm learns from.

use super::event::{Event, Suggestion};
use super::observer::Observer;
use std::sync::{Arc, mpsc};
use std::time::Instant;
use tokio::sync::mpsc as async_mpsc;
use tune_algorithms::algorithm::{Algorithm, Outlook, Why};
use tune_algorithms::history::{History, Outcome};
use tune_algorithms::space::Configuration;
use tune_algorithms::stopper::Resource;

/// Makes the algorithm, always the same.
pub type Maker = Box<dyn Fn() -> Box<dyn Algorithm> + Send>;

/// What the thread is asked, in order.
enum Request {
    Suggest(u64, usize, bool),
    Learn(Vec<(u64, Outcome)>),
    Enqueued(u64, Configuration),
}

/// The handle of the thread; dropping it ends the thread. There is none before the first question.
pub struct Suggester {
    idle: Option<Thinker>,
    requests: Option<mpsc::Sender<Request>>,
    /// What the algorithm has not been told yet: it need not know before it is asked.
    learned: Vec<(u64, Outcome)>,
    answers: Option<async_mpsc::UnboundedReceiver<Event>>,
}

/// The algorithm and what it knows.
struct Thinker {
    name: String,
    make: Maker,
    history: History,
    resource: Option<Resource>,
    observer: Arc<dyn Observer>,
}

/// The algorithm cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum AlgorithmCrashed {
    /// The thread is gone: the algorithm panicked.
    #[error("the search algorithm crashed; its last message is above")]
    Panicked,
    /// There was no room for a thread.
    #[error("the search algorithm cannot be started: {0}")]
    NotStarted(std::io::Error),
}

impl Suggester {
    /// An algorithm that knows the history, and does not search the resource. `name` is for the observer.
    pub fn new(
        name: &str,
        make: Maker,
        history: History,
        resource: Option<Resource>,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let thinker = Thinker {
            name: name.to_owned(),
            make,
            history,
            resource,
            observer,
        };
        Self {
            idle: Some(thinker),
            requests: None,
            learned: Vec::new(),
            answers: None,
        }
    }

    /// Asks for configurations, and for what is still to be gained if that matters; they come out of [`Suggester::answer`].
    pub fn suggest(
        &mut self,
        round: u64,
        count: usize,
        outlook: bool,
    ) -> Result<(), AlgorithmCrashed> {
        self.tell_learned()?;
        self.send(Request::Suggest(round, count, outlook))
    }

    /// Tells how a trial ended, before the next suggestion is asked for.
    pub fn learn(&mut self, trial: u64, outcome: Outcome) {
        self.learned.push((trial, outcome));
    }

    /// Tells that the user has made the trial of that number: suggestions from that number on are void.
    pub fn enqueued(
        &mut self,
        trial: u64,
        configuration: Configuration,
    ) -> Result<(), AlgorithmCrashed> {
        self.tell_learned()?;
        self.send(Request::Enqueued(trial, configuration))
    }

    /// The next answer. Safe to drop and call again.
    pub async fn answer(&mut self) -> Result<Event, AlgorithmCrashed> {
        match &mut self.answers {
            Some(answers) => answers.recv().await.ok_or(AlgorithmCrashed::Panicked),
            None => std::future::pending().await,
        }
    }

    fn tell_learned(&mut self) -> Result<(), AlgorithmCrashed> {
        match std::mem::take(&mut self.learned) {
            learned if learned.is_empty() => Ok(()),
            learned => self.send(Request::Learn(learned)),
        }
    }

    fn send(&mut self, request: Request) -> Result<(), AlgorithmCrashed> {
        if let Some(thinker) = self.idle.take() {
            self.start(thinker)?;
        }
        let requests = self.requests.as_ref();
        let sent = requests.and_then(|requests| requests.send(request).ok());
        sent.ok_or(AlgorithmCrashed::Panicked)
    }

    fn start(&mut self, thinker: Thinker) -> Result<(), AlgorithmCrashed> {
        let (requests, inbox) = mpsc::channel();
        let (outbox, answers) = async_mpsc::unbounded_channel();
        std::thread::Builder::new()
            .name("suggester".into())
            .spawn(move || thinker.serve(&inbox, &outbox))
            .map_err(AlgorithmCrashed::NotStarted)?;
        self.requests = Some(requests);
        self.answers = Some(answers);
        Ok(())
    }
}

impl Thinker {
    /// Trials are created in the order in which they are suggested, so a suggestion's place in the history is its trial's. When the
    /// user makes a trial in between, the suggestions that were to come are taken back, and so is all that the algorithm noted of them.
    fn serve(
        mut self,
        inbox: &mpsc::Receiver<Request>,
        outbox: &async_mpsc::UnboundedSender<Event>,
    ) {
        let mut algorithm = (self.make)();
        while let Ok(request) = inbox.recv() {
            match request {
                Request::Learn(outcomes) => {
                    for (trial, outcome) in outcomes {
                        let place = place(&self.history, trial);
                        self.history.finish(place, outcome);
                    }
                }
                Request::Enqueued(trial, configuration) => {
                    let place = place(&self.history, trial);
                    if self.history.take_back(place) {
                        algorithm = (self.make)();
                    }
                    self.history
                        .enqueue(as_searched(self.resource.as_ref(), configuration));
                }
                Request::Suggest(round, count, outlook) => {
                    let outlook = outlook.then(|| algorithm.outlook(&self.history)).flatten();
                    let suggested = self.suggest(algorithm.as_mut(), round, count, outlook);
                    if outbox.send(suggested).is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn suggest(
        &mut self,
        algorithm: &mut dyn Algorithm,
        round: u64,
        count: usize,
        outlook: Option<Outlook>,
    ) -> Event {
        let begun = Instant::now();
        let configurations = algorithm.suggest(&self.history, count);
        self.observer
            .suggested(&self.name, configurations.len(), begun.elapsed());
        for configuration in &configurations {
            self.history.create(configuration.clone());
        }
        Event::Suggested {
            round,
            exhausted: configurations.len() < count,
            outlook,
            suggestions: explained(configurations, algorithm),
        }
    }
}

/// The last suggestions of an algorithm, each with its reason.
pub(super) fn explained(
    configurations: Vec<Configuration>,
    algorithm: &dyn Algorithm,
) -> Vec<Suggestion> {
    let each = configurations.into_iter().zip(algorithm.why());
    let suggestion = |(configuration, why): (Configuration, &Why)| Suggestion {
        configuration,
        why: why.clone(),
    };
    each.map(suggestion).collect()
}

/// A configuration as one of the space that is searched.
pub(super) fn as_searched(resource: Option<&Resource>, whole: Configuration) -> Configuration {
    match resource {
        Some(resource) => resource.in_full(&whole),
        None => whole,
    }
}

/// The number of a trial in the history, in which those of another experiment come first.
pub(super) fn place(history: &History, trial: u64) -> usize {
    let trial = usize::try_from(trial).unwrap_or(usize::MAX);
    trial.saturating_add(history.prior())
}
