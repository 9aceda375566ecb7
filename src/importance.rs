//! How much each parameter matters for the objective or another metric, from the trials of a store: what is asked, by whom, is for `cli` and `http` to say.

use crate::error::nearest;
use crate::wire;
use tune_algorithms::history::Goal;
use tune_algorithms::importance::importance;
use tune_algorithms::space::Configuration;
use tune_experiments::spec::Experiment;
use tune_experiments::state::TrialState;
use tune_experiments::store::{ExperimentId, Store, StoreError, TrialQuery};

/// With fewer results the best of them are one trial: chance would be taken for importance.
pub const FEWEST: usize = 10;

/// What somebody wants to know.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The metric; absent: the objective.
    pub target: Option<String>,
    /// Whether small or large values of it are good; absent: as of the objective.
    pub goal: Option<Goal>,
}

/// Why there is no answer: in words, with a hint.
#[derive(Debug)]
pub enum Refused {
    /// There are too few results so far.
    TooFew(String, String),
    /// No trial has such a metric.
    Unknown(String, String),
    /// The store could not be read.
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a trial tried, and the value it is judged by; `None` for one that was stopped early.
type Judged = (Configuration, Option<f64>);

/// The importance of every parameter of an experiment.
pub async fn of_store(
    store: &Store,
    id: ExperimentId,
    experiment: &Experiment,
    question: &Question,
) -> Result<wire::Importance, Refused> {
    let objective = &experiment.objective;
    let metric = question.target.as_ref().unwrap_or(&objective.metric);
    let goal = question.goal.unwrap_or(objective.goal);
    let results = if *metric == objective.metric {
        objectives(store, id).await?
    } else {
        let known = store.metric_names(id).await?;
        if !known.contains(metric) {
            return Err(unknown(metric, &known));
        }
        values(store, id, metric).await?
    };
    let found = results.iter().filter(|(_, value)| value.is_some()).count();
    if found < FEWEST {
        return Err(too_few(metric, found));
    }
    let trials = results.iter().map(|(tried, value)| (tried, *value));
    let shares = importance(&experiment.parameters, goal, trials);
    Ok(wire::Importance {
        metric: metric.clone(),
        goal,
        trials: found as u64,
        parameters: shares
            .into_iter()
            .map(wire::ParameterImportance::from)
            .collect(),
    })
}

/// The objectives of trials that have ended well or were stopped early.
async fn objectives(store: &Store, id: ExperimentId) -> Result<Vec<Judged>, StoreError> {
    let trials = store.outcomes(id).await?.into_iter();
    let judged = trials.filter_map(|it| judge(it.parameters, it.state, it.objective));
    Ok(judged.collect())
}

/// The last values of another metric.
async fn values(store: &Store, id: ExperimentId, metric: &str) -> Result<Vec<Judged>, StoreError> {
    let trials = store.trials(id, &TrialQuery::default()).await?.into_iter();
    let judged = trials.filter_map(|it| {
        let value = it.metrics.get(metric).copied();
        judge(
            it.parameters,
            it.state,
            value.filter(|value| value.is_finite()),
        )
    });
    Ok(judged.collect())
}

fn judge(tried: Configuration, state: TrialState, value: Option<f64>) -> Option<Judged> {
    match state {
        TrialState::Succeeded => value.map(|value| (tried, Some(value))),
        // Known not to be one of the best.
        TrialState::EarlyStopped => Some((tried, None)),
        _ => None,
    }
}

fn unknown(metric: &str, known: &[String]) -> Refused {
    let hint = match nearest(metric, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "no trial has reported a metric yet".to_owned(),
        None => format!("there are: {}", known.join(", ")),
    };
    Refused::Unknown(format!("there is no metric `{metric}`"), hint)
}

fn too_few(metric: &str, found: usize) -> Refused {
    let trials = crate::terminal::number::count(found as u64, "succeeded trial");
    Refused::TooFew(
        format!("{trials} with a value of `{metric}`: too few to tell which parameters matter"),
        format!("ask again when there are {FEWEST}"),
    )
}
