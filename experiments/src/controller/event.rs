//! What comes into the controller's core, and what it wants done.

use crate::engine::{Ending, TaskId};
use crate::metrics::{ClientReport, Report};
use crate::spec::Limits;
use crate::store::TrialRecord;
use tune_algorithms::algorithm::{Outlook, Why};
use tune_algorithms::history::Outcome;
use tune_algorithms::space::Configuration;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A process has begun to drive the experiment.
    Begin,
    /// A process looks after an experiment that stays paused: nothing begins, but what clients tell is taken.
    Attend,
    /// The algorithm answered.
    Suggested {
        /// To which question: the number that came with it.
        round: u64,
        /// In the order in which trials are to be made of them.
        suggestions: Vec<Suggestion>,
        /// Nothing untried is left beyond these.
        exhausted: bool,
        /// What is still to be gained, if that was asked and the algorithm can say.
        outlook: Option<Outlook>,
    },
    /// A running step reported metrics.
    Reported(TaskId, Vec<Report>),
    /// A task ended.
    Ended(TaskId, Box<Ending>),
    /// So many more steps may be started.
    Slots(usize),
    /// Time has passed.
    Tick,
    /// For a while nobody could be heard: the store was away.
    Back,
    /// The user cancelled the experiment.
    Cancel,
    /// The user paused the experiment.
    Pause,
    /// The limits are others now.
    Limits(Limits),
    /// The user wants the process to stop, now or soon.
    Control(Control),
    /// The process is about to end: nothing new begins, and the experiment goes on as it is when another process drives it.
    Leave,
    /// Somebody wants something, and waits for the answer.
    Wish(Ticket, Wish),
    /// The one who was to be given these trials has gone.
    Returned(Vec<u64>),
}

/// What the algorithm suggests for a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// What to try.
    pub configuration: Configuration,
    /// Why.
    pub why: Why,
}

/// Tells the answers that are waited for from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What can be wanted of an experiment while it is driven.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// Up to so many trials to evaluate.
    Ask(usize),
    /// The end of a trial.
    Tell(u64, Told),
    /// Metrics of a trial under way.
    Report(u64, Vec<ClientReport>),
    /// A sign of life of who evaluates a trial.
    Heartbeat(u64),
    /// A trial with a configuration of the user's own.
    Enqueue(Configuration),
    /// Nothing new, until it is resumed.
    Pause,
    /// To go on.
    Resume,
    /// Its end.
    Cancel,
    /// Other limits.
    Limits(Limits),
}

/// How a client says that a trial ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// It ended well, with these last metrics (possibly none, when all were reported before).
    Succeeded(Vec<ClientReport>),
    /// It failed, in the client's words.
    Failed(String),
}

/// What became of a wish. It is given once everything that led to it is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The trials that were handed out.
    Trials(Vec<TrialRecord>),
    /// The trial as it is now.
    Trial(Box<TrialRecord>),
    /// The report was taken. Why the trial should stop, if it should.
    Taken(Option<String>),
    /// It was done.
    Done,
    /// There is no trial of that number.
    NoSuchTrial,
    /// The trial has finished.
    Finished,
    /// It contradicts what is; how, in words.
    Conflict(String),
    /// It makes no sense for this experiment; why, in words.
    Invalid(String),
}

/// What the user wants of the process that drives an experiment, in order of severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// Go on.
    #[default]
    Run,
    /// Start nothing new, let running steps end, keep the state.
    Drain,
    /// Kill the running steps, keep the state: they run again as new attempts later.
    Kill,
}

/// Something to be done, once the changes that led to it are stored.
#[derive(Clone, Debug)]
pub enum Command {
    /// Ask the algorithm for configurations.
    Suggest {
        /// Comes back with the answer.
        round: u64,
        /// How many.
        count: usize,
        /// Whether to say what is still to be gained, too.
        outlook: bool,
    },
    /// Tell the algorithm that the user has made a trial, in place of what it suggested last: the suggestions from that number on are void.
    Enqueued {
        /// Its number.
        trial: u64,
        /// What it tries.
        configuration: Configuration,
    },
    /// Tell the algorithm how a trial ended.
    Learn {
        /// Its number.
        trial: u64,
        /// How it ended.
        outcome: Outcome,
    },
    /// Stop a task; its `Ended` is awaited.
    Stop(TaskId),
    /// Answer a wish.
    Answer(Ticket, Answer),
}
