//! What the errors of the service and the store mean to a client. Causes are logged here, once, and not told.

use super::problem::{Kind, Problem};
use axum::http::Extensions;
use axum::response::{IntoResponse, Response};
use tune_experiments::causes::in_one_line;
use tune_experiments::controller::{DriveError, SubmitError};
use tune_experiments::service::ServiceError;
use tune_experiments::store::StoreError;

/// When a client should try again after something that passes, in seconds.
const SOON: u64 = 1;

/// Why a handler could not answer.
#[derive(Debug)]
pub enum Failure {
    /// The client is told.
    Problem(Problem),
    /// Another process has to be asked; where, if it said so.
    Elsewhere(Option<String>),
}

/// Marks a response for which another process has to be asked.
#[derive(Clone, Debug)]
pub struct Elsewhere(pub Option<String>);

impl Elsewhere {
    /// Takes the mark off a response.
    pub fn take(extensions: &mut Extensions) -> Option<Self> {
        extensions.remove()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Elsewhere(address) => {
                let mut response = driver_unavailable().into_response();
                response.extensions_mut().insert(Elsewhere(address));
                response
            }
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::DrivenElsewhere(address) => Self::Elsewhere(address),
            ServiceError::NoSuchExperiment => {
                Problem::new(Kind::NotFound, "there is no such experiment").into()
            }
            ServiceError::NoSuchTrial(number) => {
                Problem::missing("trial", &number.to_string()).into()
            }
            ServiceError::Conflict(words) | ServiceError::Crashed(words) => {
                Problem::new(Kind::Conflict, words).into()
            }
            ServiceError::Invalid(words) => Problem::new(Kind::Invalid, words).into(),
            ServiceError::ShuttingDown => shutting_down().into(),
            ServiceError::Failed(words) => {
                tracing::warn!(error = words, "an experiment cannot be driven");
                not_driven().into()
            }
            ServiceError::Submit(error) => error.into(),
            ServiceError::Store(error) => error.into(),
            ServiceError::Drive(error) => error.into(),
        }
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Different { name, differences } => Problem::different(&name, differences)
                .hint("choose another name, or delete that experiment")
                .into(),
            SubmitError::Refused(error) => Problem::invalid_experiment(&error).into(),
            SubmitError::Spec(error) => unreadable(&error).into(),
            SubmitError::Store(error) => error.into(),
        }
    }
}

impl From<DriveError> for Failure {
    fn from(error: DriveError) -> Self {
        match error {
            DriveError::Store(error) => error.into(),
            DriveError::Spec(error) => unreadable(&error).into(),
            error => internal(&error).into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let hint = error.hint();
        let words = error.to_string();
        let problem = match error {
            StoreError::NameTaken(_) => Self::new(Kind::NameTaken, words),
            StoreError::TokenExists(_) | StoreError::InUse => Self::new(Kind::Conflict, words),
            StoreError::BadQuery(_) | StoreError::BadLevel(_) | StoreError::Unwritable(_) => {
                Self::new(Kind::Invalid, words)
            }
            StoreError::NoSuchExperiment(_) => {
                Self::new(Kind::NotFound, "there is no such experiment")
            }
            StoreError::Busy
            | StoreError::DiskFull
            | StoreError::TakenOver
            | StoreError::ReadOnly
            | StoreError::Unavailable(_) => return unavailable(&error),
            error => return internal(&error),
        };
        match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

/// The process is about to end; another one, or the next, will answer.
pub fn shutting_down() -> Problem {
    Problem::new(Kind::ShuttingDown, "the server takes no more requests").retry_after(SOON)
}

/// The process that drives the experiment has said nowhere to ask it, or does not answer.
pub fn driver_unavailable() -> Problem {
    Problem::new(
        Kind::DriverUnavailable,
        "another process drives the experiment, and cannot be reached from here",
    )
    .hint("try again: when that process is gone, another one takes the experiment over")
    .retry_after(SOON)
}

/// This process drives the experiment, or would: it is tried again.
fn not_driven() -> Problem {
    Problem::new(
        Kind::DriverUnavailable,
        "the experiment cannot be driven for now; the server's log tells more",
    )
    .retry_after(SOON)
}

/// Something failed that no client can help: told without details, logged with them.
pub fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(error = %in_one_line(error), "a request failed");
    Problem::new(Kind::Internal, "the server's log tells more")
}

/// Whatever is wrong with the store: who asks whether it is ready has done nothing wrong, and asks again.
pub fn not_ready(error: StoreError) -> Failure {
    unavailable(&error).into()
}

fn unavailable(error: &StoreError) -> Problem {
    tracing::warn!(error = %in_one_line(error), "the store is unavailable");
    let words = match error {
        StoreError::Unavailable(_) => "the database cannot be reached".to_owned(),
        error => error.to_string(),
    };
    Problem::new(Kind::StoreUnavailable, words).retry_after(SOON)
}

/// The stored document was written by another version.
fn unreadable(error: &(dyn std::error::Error + 'static)) -> Problem {
    internal(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_says_when_to_try_again() {
        for error in [StoreError::Busy, StoreError::DiskFull] {
            let response = Problem::from(error).into_response();
            assert_eq!(response.status(), 503);
            assert_eq!(response.headers()["retry-after"], "1");
        }
    }

    #[test]
    fn only_what_the_client_did_is_a_conflict() {
        let words = || "/a/path is gone".to_owned();
        let response = Failure::from(ServiceError::Failed(words())).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
        for error in [
            ServiceError::Conflict(words()),
            ServiceError::Crashed(words()),
        ] {
            assert_eq!(Failure::from(error).into_response().status(), 409);
        }
    }

    #[test]
    fn causes_are_not_told() {
        let problem = Problem::from(StoreError::Damaged("secret words".to_owned()));
        assert_eq!(problem.kind(), Kind::Internal);
        assert!(!format!("{problem:?}").contains("secret words"));
    }
}
