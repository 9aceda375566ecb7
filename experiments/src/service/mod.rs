//! Many experiments in one process: each is driven by a task of its own, all share the slots of one engine, and whoever wants something of one
//! (a person over HTTP, a client that asks and tells, the command line) says it here. Answers come when what led to them is stored.

use crate::controller::{DriveError, Setup, SubmitError, Submitted};
use crate::metrics::Report;
use crate::spec::{Limits, Submission};
use crate::store::{ExperimentId, ExperimentRecord, StoreError, TrialRecord};
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;
use tune_algorithms::space::Configuration;

/// Drives experiments and answers for them. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Service {}

/// What a client was given by [`Service::ask`].
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The trials, `running`, each with its lease; fewer than wanted, or none, when the limits or the space allow no more right now.
    pub trials: Vec<TrialRecord>,
    /// The experiment as it is after that: when it has finished, nobody has to ask again.
    pub experiment: ExperimentRecord,
}

/// How a client says that a trial ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// It ended well, with these last metrics (possibly none, when all were reported before).
    Succeeded(Vec<Report>),
    /// It failed, in the client's words.
    Failed(String),
}

/// Why the service did not do what was asked; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There is no such experiment.
    #[error("there is no such experiment")]
    NoSuchExperiment,
    /// The experiment has no trial of that number.
    #[error("there is no trial {0}")]
    NoSuchTrial(u64),
    /// Another process drives it; where that can be reached, if it said so.
    #[error("another process drives the experiment")]
    DrivenElsewhere(Option<String>),
    /// It contradicts what is: a different result was told before, the experiment has ended, trials of a pipeline cannot be told …; in words.
    #[error("{0}")]
    Conflict(String),
    /// It makes no sense for this experiment: a parameter that does not exist, a limit of 0 …; in words.
    #[error("{0}")]
    Invalid(String),
    /// The process is about to end.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// The submission was refused.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The experiment's driver failed.
    #[error(transparent)]
    Drive(#[from] DriveError),
}

/// New limits; `None` leaves a limit as it is, `Some(None)` takes it away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitsPatch {
    /// See [`Limits::max_trials`].
    pub max_trials: Option<Option<u64>>,
    /// See [`Limits::parallel_trials`].
    pub parallel_trials: Option<u32>,
    /// See [`Limits::max_failed_trials`].
    pub max_failed_trials: Option<Option<u64>>,
    /// See [`Limits::max_duration`].
    pub max_duration: Option<Option<Duration>>,
}

/// The state of the shared slots, for the operator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// How many there are.
    pub slots: usize,
    /// How many are in use.
    pub in_use: usize,
    /// How many steps wait for one.
    pub waiting: usize,
    /// How many experiments are driven by this process.
    pub driven: usize,
}

impl Service {
    /// A service that drives nothing yet.
    pub fn new(setup: Setup) -> Self {
        todo!()
    }

    /// Takes up every experiment that is to go on and that nobody drives, now and whenever one is left behind, until
    /// [`shutdown`](Service::shutdown).
    pub async fn run(&self) -> Result<(), ServiceError> {
        todo!()
    }

    /// Creates the experiment, or finds that it exists, and drives it. `key`: the same submission with the same key is one experiment.
    pub async fn submit(
        &self,
        submission: &Submission,
        directory: &Path,
        key: Option<&str>,
    ) -> Result<Submitted, ServiceError> {
        todo!()
    }

    /// Hands out up to `count` trials of an ask-and-tell experiment.
    pub async fn ask(&self, id: ExperimentId, count: usize) -> Result<Asked, ServiceError> {
        todo!()
    }

    /// Ends a trial that was handed out. The same result again is the same answer; a different one is a conflict.
    pub async fn tell(
        &self,
        id: ExperimentId,
        trial: u64,
        told: Told,
    ) -> Result<TrialRecord, ServiceError> {
        todo!()
    }

    /// Takes metrics of a running trial, all or none, and renews its lease. Why the trial should stop, if it should.
    pub async fn report(
        &self,
        id: ExperimentId,
        trial: u64,
        reports: Vec<Report>,
    ) -> Result<Option<String>, ServiceError> {
        todo!()
    }

    /// Renews a trial's lease. Why the trial should stop, if it should.
    pub async fn heartbeat(
        &self,
        id: ExperimentId,
        trial: u64,
    ) -> Result<Option<String>, ServiceError> {
        todo!()
    }

    /// Adds a trial with the user's own configuration; it runs before any other that has not begun.
    pub async fn enqueue(
        &self,
        id: ExperimentId,
        configuration: Configuration,
    ) -> Result<TrialRecord, ServiceError> {
        todo!()
    }

    /// Lets running steps end, starts nothing new, keeps the state. One that is paused stays so.
    pub async fn pause(&self, id: ExperimentId) -> Result<ExperimentRecord, ServiceError> {
        todo!()
    }

    /// Goes on with an experiment that is paused.
    pub async fn resume(&self, id: ExperimentId) -> Result<ExperimentRecord, ServiceError> {
        todo!()
    }

    /// Ends the experiment; its running trials are stopped. One that has ended stays as it is.
    pub async fn cancel(&self, id: ExperimentId) -> Result<ExperimentRecord, ServiceError> {
        todo!()
    }

    /// Changes limits; a finished experiment whose budget is raised runs on.
    pub async fn change_limits(
        &self,
        id: ExperimentId,
        patch: LimitsPatch,
    ) -> Result<ExperimentRecord, ServiceError> {
        todo!()
    }

    /// Deletes the experiment with all its data. One that is running is refused.
    pub async fn delete(&self, id: ExperimentId) -> Result<(), ServiceError> {
        todo!()
    }

    /// Changes whenever events have been stored, by this process or another.
    pub fn news(&self) -> watch::Receiver<i64> {
        todo!()
    }

    /// The state of the shared slots.
    pub fn load(&self) -> Load {
        todo!()
    }

    /// Takes no more work, lets running steps end for `grace`, then stops them; state is kept.
    pub async fn shutdown(&self, grace: Duration) {
        todo!()
    }
}
