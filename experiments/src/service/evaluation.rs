//! Asking and telling: trials for clients that evaluate them themselves.

use super::wanting::Outcome;
use super::{Asked, Service, ServiceError};
use crate::controller::{Answer, Answered, Told, Wish};
use crate::metrics::{ClientReport, why_no_metric};
use crate::spec::LEVEL_NAMES;
use crate::store::{ExperimentId, ExperimentRecord, TrialRecord};
use tune_algorithms::space::Configuration;

/// How many trials are handed out at once, at the most.
pub const MOST_AT_ONCE: usize = 1000;

impl Service {
    /// Hands out up to `count` trials of an ask-and-tell experiment.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] when it has a pipeline; and all that keeps an experiment from being driven.
    pub async fn ask(&self, id: ExperimentId, count: usize) -> Result<Asked, ServiceError> {
        if !(1..=MOST_AT_ONCE).contains(&count) {
            let words = format!("`count` is {count}; use a whole number from 1 to {MOST_AT_ONCE}");
            return Err(ServiceError::Invalid(words));
        }
        match self.wish(id, Wish::Ask(count)).await? {
            Outcome::Finished(experiment) => Ok(Asked {
                trials: Vec::new(),
                experiment,
                rungs: [].into(),
            }),
            Outcome::Answered(Answered {
                answer: Answer::Trials(trials),
                experiment,
                rungs,
            }) => Ok(Asked {
                trials,
                experiment: (*experiment).clone(),
                rungs,
            }),
            Outcome::Answered(answered) => Err(refusal(answered.answer, 0)),
        }
    }

    /// Ends a trial that was handed out. The same result again is the same answer; a different one is a conflict. A trial that was stopped
    /// early stays as it is, whatever its client tells then.
    ///
    /// # Errors
    /// [`ServiceError::NoSuchTrial`], [`ServiceError::Conflict`], [`ServiceError::Invalid`] for metrics that make no sense.
    pub async fn tell(
        &self,
        id: ExperimentId,
        trial: u64,
        told: Told,
    ) -> Result<TrialRecord, ServiceError> {
        if let Told::Succeeded(reports) = &told {
            check(reports)?;
        }
        match self.wish(id, Wish::Tell(trial, told.clone())).await? {
            Outcome::Answered(Answered {
                answer: Answer::Trial(record),
                ..
            }) => Ok(*record),
            Outcome::Answered(Answered {
                answer: Answer::Finished,
                ..
            })
            | Outcome::Finished(_) => self.told_again(id, trial, &told).await,
            Outcome::Answered(answered) => Err(refusal(answered.answer, trial)),
        }
    }

    /// Takes metrics of a running trial, all or none, and renews its lease. One that names no level is the next point of its metric. Why
    /// the trial should stop, if it should.
    ///
    /// # Errors
    /// As for [`tell`](Service::tell); [`ServiceError::Conflict`] also when the trial has ended.
    pub async fn report(
        &self,
        id: ExperimentId,
        trial: u64,
        reports: Vec<ClientReport>,
    ) -> Result<Option<String>, ServiceError> {
        check(&reports)?;
        self.sign_of_life(id, trial, Wish::Report(trial, reports))
            .await
    }

    /// Renews a trial's lease. Why the trial should stop, if it should.
    ///
    /// # Errors
    /// As for [`report`](Service::report).
    pub async fn heartbeat(
        &self,
        id: ExperimentId,
        trial: u64,
    ) -> Result<Option<String>, ServiceError> {
        self.sign_of_life(id, trial, Wish::Heartbeat(trial)).await
    }

    async fn sign_of_life(
        &self,
        id: ExperimentId,
        trial: u64,
        wish: Wish,
    ) -> Result<Option<String>, ServiceError> {
        match self.wish(id, wish).await? {
            Outcome::Answered(Answered {
                answer: Answer::Taken(stop),
                ..
            }) => Ok(stop),
            Outcome::Answered(Answered {
                answer: Answer::Finished,
                ..
            })
            | Outcome::Finished(_) => self.reported_late(id, trial).await,
            Outcome::Answered(answered) => Err(refusal(answered.answer, trial)),
        }
    }

    /// Adds a trial with the user's own configuration; it runs before any other that has not begun.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] when the configuration is not one of the space; [`ServiceError::Conflict`] when no more trials are
    /// allowed.
    pub async fn enqueue(
        &self,
        id: ExperimentId,
        configuration: Configuration,
    ) -> Result<TrialRecord, ServiceError> {
        match self.wish(id, Wish::Enqueue(configuration)).await? {
            Outcome::Answered(Answered {
                answer: Answer::Trial(record),
                ..
            }) => Ok(*record),
            Outcome::Finished(experiment) => Err(ended(&experiment)),
            Outcome::Answered(answered) => Err(refusal(answered.answer, 0)),
        }
    }
}

/// What cannot be done with an experiment that has ended.
pub(super) fn ended(experiment: &ExperimentRecord) -> ServiceError {
    ServiceError::Conflict(format!(
        "the experiment has ended: {}; raise a limit to go on with it",
        experiment.state
    ))
}

pub(super) fn refusal(answer: Answer, trial: u64) -> ServiceError {
    match answer {
        Answer::Conflict(words) => ServiceError::Conflict(words),
        Answer::Invalid(words) => ServiceError::Invalid(words),
        Answer::NoSuchTrial => ServiceError::NoSuchTrial(trial),
        other => ServiceError::Failed(format!("an unexpected answer: {other:?}")),
    }
}

fn check(reports: &[ClientReport]) -> Result<(), ServiceError> {
    for ClientReport { name, level, .. } in reports {
        if let Some(words) = why_no_metric(name) {
            let help = "; leave it out, or give it as the `level` of a report";
            let help = if LEVEL_NAMES.contains(&name.as_str()) {
                help
            } else {
                ""
            };
            return Err(ServiceError::Invalid(format!("{words}{help}")));
        }
        if level.is_some_and(f64::is_nan) {
            let words = format!("metric `{name}`: the level is not a number");
            return Err(ServiceError::Invalid(words));
        }
    }
    Ok(())
}
