//! Where the steps of neighbouring trials stand: column by column, as a grid shows them.

use super::{duration, schema};
use indexmap::IndexMap;
use serde::Serialize;
use tune_experiments::state::{StepState, TrialState};
use tune_experiments::store::TrialSteps;
use utoipa::ToSchema;

/// Where the steps of neighbouring trials stand. The n-th entry of every list is of the same trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Grid {
    /// Their numbers, from small to large.
    pub number: Vec<u64>,
    /// Where each stands.
    #[schema(value_type = Vec<schema::TrialState>)]
    pub state: Vec<TrialState>,
    /// Seconds that each took from its start to its end.
    pub duration: Vec<Option<f64>>,
    /// Where every step of the pipeline stands in each; null where it has not been looked at yet.
    #[schema(value_type = HashMap<String, Vec<Option<schema::StepState>>>)]
    pub steps: IndexMap<String, Vec<Option<StepState>>>,
}

impl Grid {
    /// Of an experiment with steps of these names.
    pub fn new<'a>(trials: &[TrialSteps], steps: impl IntoIterator<Item = &'a str>) -> Self {
        let of = |name: &str| {
            trials
                .iter()
                .map(|it| it.steps.get(name).copied())
                .collect()
        };
        Self {
            number: trials.iter().map(|it| it.number).collect(),
            state: trials.iter().map(|it| it.state).collect(),
            duration: trials
                .iter()
                .map(|it| duration(it.started_at, it.finished_at))
                .collect(),
            steps: steps
                .into_iter()
                .map(|it| (it.to_owned(), of(it)))
                .collect(),
        }
    }
}
