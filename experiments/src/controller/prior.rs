//! What a new experiment knows of another one, from which it starts: the trials of that one that fit.
//!
//! Copied when the experiment is submitted, so that its search depends on nothing but itself from then on. A trial fits when it succeeded
//! or was stopped early, has a finite value of the new experiment's metric, and a value in the new space for every parameter that is active
//! there. Parameters that the new space does not have are left out.

use super::submit::SubmitError;
use crate::spec::{Experiment, Submission, Written};
use crate::store::{ExperimentRecord, FinishedTrial, PriorTrial, Store, StoreError};
use tune_algorithms::space::SpaceError;

/// What the experiment of this submission starts from; nothing when it does not say so.
///
/// # Errors
/// [`SubmitError::Refused`], at its place in the file, when there is no such experiment or none of its trials fits.
pub(crate) async fn prior(
    store: &Store,
    submission: &Submission,
) -> Result<Vec<PriorTrial>, SubmitError> {
    let (Some(name), Some(written)) = (&submission.experiment.start_from, &submission.start_from)
    else {
        return Ok(Vec::new());
    };
    let Some(other) = store.experiment(name).await? else {
        return Err(no_such_experiment(store, written, name).await?);
    };
    let trials = store.finished_trials(other.id).await?;
    fitting(&submission.experiment, &other, &trials).map_err(|Unfit { message, help }| {
        SubmitError::Refused(Box::new(written.problem(message, Some(help))))
    })
}

async fn no_such_experiment(
    store: &Store,
    written: &Written,
    name: &str,
) -> Result<SubmitError, StoreError> {
    let known = store.experiments().await?;
    let known = known.iter().map(|it| it.experiment.name.as_str());
    let problem = written.unknown("experiment", name, known);
    Ok(SubmitError::Refused(Box::new(problem)))
}

/// Why there is nothing to start from.
#[derive(Debug, PartialEq)]
struct Unfit {
    message: String,
    help: String,
}

fn fitting(
    ours: &Experiment,
    other: &ExperimentRecord,
    trials: &[FinishedTrial],
) -> Result<Vec<PriorTrial>, Unfit> {
    let name = &other.name;
    if trials.is_empty() {
        return Err(Unfit {
            message: format!("`{name}` has no trial that succeeded or was stopped early"),
            help: "start from an experiment that has some, or leave this out".to_owned(),
        });
    }
    let metric = &ours.objective.metric;
    let same_metric = other.document["objective"]["metric"] == metric.as_str();
    let valued: Vec<(&FinishedTrial, f64)> = trials
        .iter()
        .filter_map(|trial| Some((trial, value(trial, metric, same_metric)?)))
        .collect();
    if valued.is_empty() {
        return Err(Unfit {
            message: format!("no trial of `{name}` has a value of `{metric}`"),
            help: format!("it has values of {}", names(&trials[0])),
        });
    }
    let mut misfit = None;
    let mut fitting = Vec::new();
    for (trial, objective) in valued {
        match ours.parameters.restrict(&trial.parameters) {
            Ok(parameters) => fitting.push(PriorTrial {
                parameters,
                objective,
                early_stopped: trial.early_stopped,
            }),
            Err(problem) => {
                misfit.get_or_insert((trial.number, problem));
            }
        }
    }
    match misfit {
        Some((number, problem)) if fitting.is_empty() => Err(unfit(name, number, &problem)),
        _ => Ok(fitting),
    }
}

/// The value of our metric: as the other experiment's objective, or else as it was reported last.
fn value(trial: &FinishedTrial, metric: &str, same_metric: bool) -> Option<f64> {
    let value = match same_metric {
        true => trial.objective,
        false => trial.metrics.get(metric).copied(),
    };
    value.filter(|value| value.is_finite())
}

fn names(trial: &FinishedTrial) -> String {
    let names: Vec<String> = trial
        .metrics
        .keys()
        .map(|name| format!("`{name}`"))
        .collect();
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}

fn unfit(name: &str, number: u64, problem: &SpaceError) -> Unfit {
    let help = problem.help.as_ref().map(|help| format!(" ({help})"));
    Unfit {
        message: format!("no trial of `{name}` fits these parameters"),
        help: format!(
            "its trial {number}: {}: {}{}",
            problem.parameter,
            problem.message,
            help.unwrap_or_default()
        ),
    }
}
