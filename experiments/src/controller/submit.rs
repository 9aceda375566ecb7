//! Submitting a file: a new experiment, or one that exists and goes on.

use super::prior::prior;
use super::progress::Progress;
use super::recover::in_order_of_finishing;
use crate::pipeline::Components;
use crate::spec::{self, Comparison, Difference, Experiment, Limits, SpecError, Submission};
use crate::state::{ExperimentReason, ExperimentState, TrialState};
use crate::store::{ExperimentRecord, NewExperiment, Store, StoreError};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;

/// What became of a submission.
#[derive(Clone, Debug, PartialEq)]
pub enum Submitted {
    /// It is new.
    Created(ExperimentRecord),
    /// It exists, and there is more to do.
    Continues(ExperimentRecord),
    /// It exists, its limits were changed to those given, and there is more to do.
    LimitsChanged(ExperimentRecord),
    /// It exists and has come to its end.
    Finished(ExperimentRecord),
}

/// Why a submission was refused; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The name belongs to an experiment that says something else.
    #[error("experiment `{name}` exists and is a different one")]
    Different {
        /// The name.
        name: String,
        /// What differs.
        differences: Vec<Difference>,
    },
    /// The file is right by itself, and does not fit what there is.
    #[error(transparent)]
    Refused(Box<SpecError>),
    /// The experiment of that name cannot be read by this version.
    #[error("the stored experiment cannot be read")]
    Spec(#[from] Box<SpecError>),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates the experiment, or finds that it exists: the same goes on, new limits are applied, anything else is refused.
pub async fn submit(
    store: &Store,
    components: &dyn Components,
    submission: &Submission,
    directory: &Path,
    now: Timestamp,
) -> Result<Submitted, SubmitError> {
    let given = &submission.experiment;
    let Some(record) = store.experiment(&given.name).await? else {
        return create(store, submission, directory, None, now).await;
    };
    match compared(&record, components, given)? {
        None => Ok(as_it_is(store, record, given).await?),
        Some(to) => change_limits(store, record, submission, &to, now).await,
    }
}

/// The limits of the file, if they are others than the stored ones.
///
/// # Errors
/// [`SubmitError::Different`] when more differs.
pub(crate) fn compared(
    record: &ExperimentRecord,
    components: &dyn Components,
    given: &Experiment,
) -> Result<Option<Limits>, SubmitError> {
    let stored = spec::read_document(&record.document, components).map_err(Box::new)?;
    match spec::compare(&stored, given) {
        Comparison::Same => Ok(None),
        Comparison::Limits { to, .. } => Ok(Some(to)),
        Comparison::Other(differences) => Err(SubmitError::Different {
            name: given.name.clone(),
            differences,
        }),
    }
}

/// What the submission of an experiment means that exists, word for word.
pub(crate) async fn as_it_is(
    store: &Store,
    record: ExperimentRecord,
    given: &Experiment,
) -> Result<Submitted, StoreError> {
    Ok(match has_more(store, &record, given).await? {
        true => Submitted::Continues(record),
        false => Submitted::Finished(record),
    })
}

/// Whether there is more to do in an experiment as it is.
///
/// # Errors
/// When the store cannot be read.
pub async fn has_more(
    store: &Store,
    record: &ExperimentRecord,
    experiment: &Experiment,
) -> Result<bool, StoreError> {
    Ok(!has_rested(store, record).await? && goes_on(store, record, experiment).await?)
}

/// Whether it has stopped getting better, and nothing is new since: how little is to be expected of it only the algorithm could say again.
async fn has_rested(store: &Store, record: &ExperimentRecord) -> Result<bool, StoreError> {
    let converged = record.reason == Some(ExperimentReason::Converged);
    Ok(converged && !store.has_new_limits(record.id).await?)
}

/// `key` is the submitter's own mark. Whether it or the name is taken comes first: what the experiment has started from may be gone.
pub(crate) async fn create(
    store: &Store,
    submission: &Submission,
    directory: &Path,
    key: Option<&str>,
    created_at: Timestamp,
) -> Result<Submitted, SubmitError> {
    let name = &submission.experiment.name;
    if let Some(key) = key
        && let Some(record) = store.experiment_by_key(key).await?
    {
        return Ok(Submitted::Created(record));
    }
    if submission.experiment.start_from.is_some() && store.experiment(name).await?.is_some() {
        return Err(StoreError::NameTaken(name.clone()).into());
    }
    let new = NewExperiment {
        name: submission.experiment.name.clone(),
        goal: submission.experiment.objective.goal,
        document: submission.document.clone(),
        directory: directory.to_owned(),
        created_at,
        key: key.map(str::to_owned),
        tags: submission.experiment.tags.clone(),
        prior: prior(store, submission).await?,
    };
    Ok(Submitted::Created(store.create(new).await?))
}

async fn change_limits(
    store: &Store,
    mut record: ExperimentRecord,
    submission: &Submission,
    to: &Limits,
    now: Timestamp,
) -> Result<Submitted, SubmitError> {
    // A process that drives it would not see the change.
    let lock = store.lock_of_the_living(record.id, None).await?;
    let given = |_| Ok::<_, StoreError>((submission.document.clone(), to.clone()));
    store.change_limits(record.id, now, given).await?;
    lock.release().await?;
    record.document = submission.document.clone();
    let more = goes_on(store, &record, &submission.experiment).await?;
    Ok(if more {
        Submitted::LimitsChanged(record)
    } else {
        Submitted::Finished(record)
    })
}

/// Whether there is more to do: the experiment has not come to its end, or the limit that ended it is wider now.
pub async fn goes_on(
    store: &Store,
    record: &ExperimentRecord,
    experiment: &Experiment,
) -> Result<bool, StoreError> {
    if !record.state.is_finished() {
        return Ok(true);
    }
    let counts = store.counts(record.id).await?;
    Ok(limits_allow(record, &experiment.limits, &counts)
        && !has_converged(store, record, experiment).await?)
}

async fn has_converged(
    store: &Store,
    record: &ExperimentRecord,
    experiment: &Experiment,
) -> Result<bool, StoreError> {
    let Some(until) = experiment.limits.converged else {
        return Ok(false);
    };
    let mut progress = Progress::new(experiment.objective.goal);
    for trial in in_order_of_finishing(&store.outcomes(record.id).await?) {
        progress.count(trial.state, trial.objective);
    }
    Ok(progress.has_converged(until))
}

fn limits_allow(
    record: &ExperimentRecord,
    limits: &Limits,
    counts: &BTreeMap<TrialState, u64>,
) -> bool {
    let created: u64 = counts.values().sum();
    let failed = counts.get(&TrialState::Failed).copied().unwrap_or(0);
    let trials = limits.max_trials.is_none_or(|max| created < max);
    let failures = limits.max_failed_trials.is_none_or(|max| failed < max);
    let time = limits
        .max_duration
        .is_none_or(|max| record.active_seconds < max.as_secs_f64());
    let open = matches!(
        record.reason,
        Some(
            ExperimentReason::MaxTrials
                | ExperimentReason::MaxDuration
                | ExperimentReason::MaxFailedTrials
                | ExperimentReason::Converged
        )
    );
    record.state != ExperimentState::Cancelled && open && trials && failures && time
}
