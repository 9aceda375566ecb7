//! Why the service did not do what was wanted.

use crate::controller::{DriveError, SubmitError, WantError};
use crate::store::StoreError;

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
    /// It contradicts what is: a different result was told before, the experiment has ended, trials of a pipeline cannot be told …; in
    /// words.
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
    Store(StoreError),
    /// The experiment's driver failed.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// The experiment crashed, and has been paused; in words.
    #[error("{0}")]
    Crashed(String),
    /// The experiment cannot be driven; why, in words. It is tried again later.
    #[error("{0}")]
    Failed(String),
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchExperiment(_) => Self::NoSuchExperiment,
            error => Self::Store(error),
        }
    }
}

impl From<WantError> for ServiceError {
    fn from(error: WantError) -> Self {
        match error {
            WantError::Store(error) => error.into(),
            WantError::Elsewhere(address) => Self::DrivenElsewhere(address),
            WantError::Limits(error) => {
                let problems = error.problems.iter();
                let words =
                    problems.map(|problem| format!("{}: {}", problem.path, problem.message));
                Self::Invalid(words.collect::<Vec<_>>().join("; "))
            }
            WantError::Failed(words) => Self::Failed(words),
            WantError::Crashed(words) => Self::Crashed(words),
        }
    }
}
