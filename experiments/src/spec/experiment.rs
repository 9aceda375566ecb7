//! A checked experiment: what the rest of the program works with. Made by the reader of the file only.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value as Json;
use std::sync::Arc;
use std::time::Duration;
use tune_algorithms::history::Goal;
use tune_algorithms::setting::Settings;
use tune_algorithms::space::Space;
use tune_algorithms::stopper::Resource;

/// One tuning job, complete and checked. Serialises to the normal form of the document (defaults filled in), in which two
/// files that mean the same are equal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Experiment {
    /// Unique in a store; letters, digits, `-`, `_`, `.`; at most 100 characters.
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What to find it by at first, in order, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What to strive for.
    pub objective: Objective,
    /// Who suggests configurations.
    pub algorithm: AlgorithmChoice,
    /// The experiment whose finished trials the algorithm knows from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_from: Option<String>,
    /// Who stops trials early; `None`: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<StopperChoice>,
    /// When to end. The only part that may change once the experiment exists.
    #[serde(flatten)]
    pub limits: Limits,
    /// The search space.
    pub parameters: Space,
    /// How trials are handed out to clients, in an experiment without a pipeline.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub leases: Option<Leases>,
    /// What every trial runs. Without steps the experiment is ask-and-tell: clients evaluate its trials.
    #[serde(skip_serializing_if = "Pipeline::is_empty")]
    pub pipeline: Pipeline,
}

impl Experiment {
    /// The parameter that says how many levels a trial has, if there is one.
    pub fn resource(&self) -> Option<&Resource> {
        self.early_stopping.as_ref()?.resource.as_ref()
    }

    /// The levels at which trials are judged, and the last; none where they are not known beforehand.
    pub fn rungs(&self) -> &[i64] {
        self.resource().map_or(&[], |resource| &resource.rungs)
    }

    /// The space as the algorithm sees it: the number of levels is not searched.
    pub fn searched(&self) -> Arc<Space> {
        searched(&self.parameters, self.resource())
    }
}

/// The space without what is not searched.
pub(super) fn searched(space: &Space, resource: Option<&Resource>) -> Arc<Space> {
    let searched = resource.and_then(|resource| resource.searched(space).ok());
    Arc::new(searched.unwrap_or_else(|| space.clone()))
}

/// How an ask-and-tell experiment hands out its trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leases {
    /// How long a trial belongs to whoever was given it; every report and every heartbeat begins it anew.
    #[serde(serialize_with = "seconds")]
    pub lease: Duration,
    /// How often a trial whose lease ran out is handed out again before it has failed as lost.
    pub max_retries: u32,
}

impl Default for Leases {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(3600),
            max_retries: 1,
        }
    }
}

/// Where a step reports one of these names, it tells the level of the report, first the one that wins; they are never metrics.
pub const LEVEL_NAMES: [&str; 4] = ["level", "epoch", "step", "iteration"];

/// The metric that the experiment minimises or maximises.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Objective {
    /// Its name, as steps report it.
    pub metric: String,
    /// Minimise or maximise.
    pub goal: Goal,
    /// End the experiment when a trial is at least as good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// Which of the reported values counts.
    pub strategy: Strategy,
}

/// Which of a trial's reports of the objective is its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The one reported last.
    #[default]
    Last,
    /// The best one.
    Best,
    /// The mean over levels.
    Mean,
}

/// A search algorithm and how it is set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlgorithmChoice {
    /// A name of `tune_algorithms::algorithm::ALGORITHMS`.
    pub name: String,
    /// Where all its randomness comes from.
    pub seed: u64,
    /// Checked settings, as written.
    pub settings: Settings,
}

/// A stopper and how it is set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StopperChoice {
    /// A name of `tune_algorithms::stopper::STOPPERS`.
    pub name: String,
    /// Checked settings, as written.
    pub settings: Settings,
    /// The parameter that says how many levels a trial has, if they name one.
    #[serde(skip)]
    pub resource: Option<Resource>,
}

/// Whichever comes first ends the experiment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limits {
    /// How many trials at the most (at least 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_trials: Option<u64>,
    /// How many at once (at least 1).
    pub parallel_trials: u32,
    /// With that many failed trials the experiment fails (at least 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_failed_trials: Option<u64>,
    /// Time under way, in seconds; time in which no process drives the experiment does not count.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "optional_seconds"
    )]
    pub max_duration: Option<Duration>,
    /// When the search has come to a stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub converged: Option<Convergence>,
    /// Slots are shared in proportion to this when experiments compete for them.
    pub priority: u32,
}

/// When a search has come to a stand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Convergence {
    /// After so many trials without an improvement (at least 1); those that failed do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stagnation: Option<u64>,
    /// What is not better by more than this is no improvement (at least 0).
    pub min_improvement: f64,
    /// When the algorithm expects the next trial to improve on the best by less than this (at least 0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_improvement: Option<f64>,
    /// When the best is at most so much worse than the best there is, as far as the algorithm's model knows (at least 0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regret: Option<f64>,
}

impl Convergence {
    /// Whether the algorithm has to say what is still to be gained.
    pub fn asks_the_algorithm(&self) -> bool {
        self.expected_improvement.is_some() || self.regret.is_some()
    }
}

/// The priority of an experiment that names none.
pub const DEFAULT_PRIORITY: u32 = 10;

/// The steps every trial runs, in an order in which each comes after those it needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Pipeline {
    /// By name.
    pub steps: IndexMap<String, Step>,
}

impl Pipeline {
    /// Whether there are no steps: the trials are evaluated by clients.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The names of the steps that each step needs.
    pub fn needs(&self) -> IndexMap<String, Vec<String>> {
        let steps = self.steps.iter();
        steps
            .map(|(name, step)| (name.clone(), step.needs.clone()))
            .collect()
    }
}

/// A node of the pipeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// What it runs.
    #[serde(flatten)]
    pub action: Action,
    /// The steps it needs: those its references name, and those of `needs:`. Sorted, no duplicates.
    pub needs: Vec<String>,
    /// Environment variables; strings may hold expressions.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub env: IndexMap<String, String>,
    /// Variables of `tune`'s own environment that the step gets too; never stored, masked in what it prints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// Artifacts of a `run:` step: name → path below `$TUNE_ARTIFACTS`. A component declares its own.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub artifacts: IndexMap<String, String>,
    /// How long one attempt may take.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "optional_seconds"
    )]
    pub timeout: Option<Duration>,
    /// What happens when an attempt fails.
    pub retries: Retries,
    /// Where a `run:` step runs, relative to the experiment's directory; may hold expressions. Absent: that directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_directory: Option<String>,
}

/// What a step runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Action {
    /// A built-in component.
    Component {
        /// Its name.
        uses: String,
        /// Its inputs; strings anywhere inside may hold expressions.
        with: IndexMap<String, Json>,
    },
    /// A command line for `/bin/sh -c`; expressions in it are quoted for the shell.
    Shell {
        /// The text.
        run: String,
    },
    /// A program and its arguments; no shell sees them. Expressions become one argument each.
    Program {
        /// The program and its arguments; never empty.
        run: Vec<String>,
    },
}

/// How often, and when, a failed attempt is followed by another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Retries {
    /// How many further attempts.
    pub max: u32,
    /// Pause before the second attempt.
    #[serde(serialize_with = "seconds")]
    pub delay: Duration,
    /// Each further pause is this many times longer (at least 1).
    pub backoff: f64,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            max: 0,
            delay: Duration::from_secs(1),
            backoff: 2.0,
        }
    }
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

fn optional_seconds<S: serde::Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => seconds(duration, serializer),
        None => serializer.serialize_none(),
    }
}
