//! How much each parameter matters.

use super::schema;
use serde::{Deserialize, Serialize};
use tune_algorithms::history::Goal;
use tune_algorithms::importance;
use utoipa::ToSchema;

/// How much each parameter matters for a metric (PED-ANOVA): how differently its values are spread among the best tenth of the trials and
/// among all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Importance {
    /// The metric.
    pub metric: String,
    /// Whether small or large values of it are good.
    #[schema(value_type = schema::Goal)]
    pub goal: Goal,
    /// How many trials have a value of it.
    pub trials: u64,
    /// All parameters, the most important first.
    pub parameters: Vec<ParameterImportance>,
}

/// How much a parameter matters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ParameterImportance {
    /// Its name.
    pub name: String,
    /// Its share of the importance of all, which add up to 1; all are 0 when nothing is known.
    pub share: f64,
}

impl From<importance::Importance> for ParameterImportance {
    fn from(found: importance::Importance) -> Self {
        Self {
            name: found.parameter,
            share: found.share,
        }
    }
}
