//! The server itself: what it is, what it has, and what waits.

use super::{Counts, schema};
use serde::Serialize;
use tune_experiments::service::{Load, Standing, Wait};
use tune_experiments::state::ExperimentState;
use utoipa::ToSchema;

/// The server.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct System {
    /// Its version.
    pub version: String,
    /// Whether it takes no more work, because it is about to end.
    pub stopping: bool,
    /// Whether it only shows what other processes do: nothing can be changed here.
    pub looks_on: bool,
    /// Where everything is remembered.
    pub store: StoreView,
    /// What steps run on.
    pub slots: Slots,
    /// How many experiments this process drives.
    pub driven: usize,
    /// The experiments that have not come to their end, the newest first.
    pub experiments: Vec<Waiting>,
}

/// Where everything is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StoreView {
    /// `sqlite` or `postgres`.
    pub kind: String,
    /// A directory, or the address of a database without its password.
    pub place: String,
}

/// What steps run on.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Slots {
    /// How many steps may run at once.
    pub total: usize,
    /// How many run.
    pub in_use: usize,
    /// How many more wait for a slot.
    pub waiting: usize,
}

/// An experiment that has not come to its end, and what keeps it from doing more.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Waiting {
    /// Its name.
    pub name: String,
    /// Where it stands.
    #[schema(value_type = schema::ExperimentState)]
    pub state: ExperimentState,
    /// How many trials it has.
    pub trials: Counts,
    /// How many trials it may have; null without a limit.
    pub max_trials: Option<u64>,
    /// How many may run at once.
    pub parallel_trials: Option<u32>,
    /// Slots are shared in proportion to this.
    pub priority: Option<u32>,
    /// How many slots it has.
    pub slots: usize,
    /// How many of its steps wait for one.
    pub waiting_steps: usize,
    /// What keeps it from doing more; null: nothing.
    #[schema(value_type = Option<schema::Wait>)]
    pub waits_for: Option<Wait>,
}

impl From<Load> for Slots {
    fn from(load: Load) -> Self {
        Self {
            total: load.slots,
            in_use: load.in_use,
            waiting: load.waiting,
        }
    }
}

impl From<Standing> for Waiting {
    fn from(standing: Standing) -> Self {
        let record = standing.summary.experiment;
        let limits = standing.limits.as_ref();
        Self {
            name: record.name,
            state: record.state,
            trials: Counts(standing.summary.trials),
            max_trials: limits.and_then(|limits| limits.max_trials),
            parallel_trials: limits.map(|limits| limits.parallel_trials),
            priority: limits.map(|limits| limits.priority),
            slots: standing.slots,
            waiting_steps: standing.waiting,
            waits_for: standing.wait,
        }
    }
}
