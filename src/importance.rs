//! How much each parameter matters for the objective or another metric, from the trials of a store: what is asked, by whom, is for `cli`
//! and `http` to say.

use crate::error::nearest;
use crate::wire;
use tune_algorithms::history::Goal;
use tune_algorithms::importance::importance;
use tune_algorithms::space::Configuration;
use tune_experiments::spec::Experiment;
use tune_experiments::state::TrialState;
use tune_experiments::store::{ExperimentId, LoadedTrial, Store, StoreError, TrialQuery};

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

impl Question {
    fn metric<'a>(&'a self, experiment: &'a Experiment) -> &'a str {
        self.target
            .as_deref()
            .unwrap_or(&experiment.objective.metric)
    }

    /// Whether [`of_trials`] can answer it.
    pub fn is_about_the_objective(&self, experiment: &Experiment) -> bool {
        self.metric(experiment) == experiment.objective.metric
    }
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
type Judged<'a> = (&'a Configuration, Option<f64>);

/// The importance of every parameter of an experiment.
pub async fn of_store(
    store: &Store,
    id: ExperimentId,
    experiment: &Experiment,
    question: &Question,
) -> Result<wire::Importance, Refused> {
    let metric = question.metric(experiment);
    if question.is_about_the_objective(experiment) {
        let trials = store.outcomes(id).await?;
        return of_trials(&trials, experiment, question);
    }
    let known = store.metric_names(id).await?;
    if !known.iter().any(|name| name == metric) {
        return Err(unknown(metric, &known));
    }
    let trials = store.trials(id, &TrialQuery::default()).await?;
    let judged = trials.iter().filter_map(|it| {
        let value = it.metrics.get(metric).copied();
        let value = value.filter(|value| value.is_finite());
        judge(&it.parameters, it.state, value)
    });
    answer(judged.collect(), experiment, question)
}

/// The importance of every parameter for the objective, from all trials.
pub fn of_trials<'a>(
    trials: impl IntoIterator<Item = &'a LoadedTrial>,
    experiment: &Experiment,
    question: &Question,
) -> Result<wire::Importance, Refused> {
    let trials = trials.into_iter();
    let judged = trials.filter_map(|it| judge(&it.parameters, it.state, it.objective));
    answer(judged.collect(), experiment, question)
}

fn answer(
    results: Vec<Judged<'_>>,
    experiment: &Experiment,
    question: &Question,
) -> Result<wire::Importance, Refused> {
    let metric = question.metric(experiment);
    let goal = question.goal.unwrap_or(experiment.objective.goal);
    let found = results.iter().filter(|(_, value)| value.is_some()).count();
    if found < FEWEST {
        return Err(too_few(metric, found));
    }
    let shares = importance(&experiment.parameters, goal, results);
    Ok(wire::Importance {
        metric: metric.to_owned(),
        goal,
        trials: found as u64,
        parameters: shares
            .into_iter()
            .map(wire::ParameterImportance::from)
            .collect(),
    })
}

fn judge(tried: &Configuration, state: TrialState, value: Option<f64>) -> Option<Judged<'_>> {
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
