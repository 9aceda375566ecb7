//! A comparison of the values of a parameter.

use super::schema;
use crate::comparison;
use serde::Serialize;
use tune_algorithms::compare;
use tune_algorithms::history::Goal;
use tune_algorithms::space::{Configuration, Value};
use tune_experiments::spec::Objective;
use utoipa::ToSchema;

/// Which value of a parameter is better, and how sure that is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Comparison {
    /// The objective's metric.
    pub metric: String,
    /// Whether small or large values of it are good.
    #[schema(value_type = schema::Goal)]
    pub goal: Goal,
    /// The parameter.
    pub parameter: String,
    /// The trials with each of its values, the best median first; values without results last.
    pub groups: Vec<Group>,
    /// The rank test over the groups that are judged, when there are at least two.
    pub test: Option<RankTest>,
    /// What follows from it.
    pub result: Verdict,
}

/// The trials with one value of the parameter.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Group {
    /// The value.
    #[schema(value_type = schema::Scalar)]
    pub value: Value,
    /// How many trials have it and have ended.
    pub trials: u64,
    /// How many of them were stopped early: they have no final result and are not compared.
    pub early_stopped: u64,
    /// How many of them failed or were cancelled.
    pub failed: u64,
    /// Whether it has enough results to be tested.
    pub judged: bool,
    /// Where the results of the succeeded ones lie.
    pub summary: Option<Spread>,
    /// The best of them.
    pub best: Option<BestOfGroup>,
}

/// Where the results of a group lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// The smallest.
    pub min: f64,
    /// A quarter of them is below.
    pub lower_quartile: f64,
    /// Half of them is below.
    pub median: f64,
    /// Three quarters of them are below.
    pub upper_quartile: f64,
    /// The largest.
    pub max: f64,
}

/// The best trial of a group.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BestOfGroup {
    /// Its number.
    pub trial: u64,
    /// Its objective.
    pub objective: f64,
    /// Its configuration.
    #[schema(value_type = HashMap<String, schema::Scalar>)]
    pub parameters: Configuration,
}

/// The answer of a rank test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct RankTest {
    /// Which: `mann_whitney` for two groups, `kruskal_wallis` for more.
    #[schema(value_type = String)]
    pub test: compare::Test,
    /// Its statistic: U of the first group, or H.
    pub statistic: f64,
    /// How likely a statistic at least as extreme would be if all groups were alike.
    pub p_value: f64,
}

/// What a comparison comes to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// One value is better than the other, or the best of several that differ.
    Better {
        /// The value.
        #[schema(value_type = schema::Scalar)]
        winner: Value,
        /// For two groups: in which share of all pairs the winner's trial is better (ties count half).
        share_of_pairs: Option<f64>,
    },
    /// The results do not tell the groups apart.
    Unclear,
    /// There are too few results to say anything.
    TooFew,
}

impl Comparison {
    /// Of an experiment with that objective.
    pub fn new(comparison: comparison::Comparison, objective: &Objective) -> Self {
        Self {
            metric: objective.metric.clone(),
            goal: objective.goal,
            parameter: comparison.parameter,
            groups: comparison.groups.into_iter().map(Group::from).collect(),
            test: comparison.test.map(|test| RankTest {
                test: test.test,
                statistic: test.statistic,
                p_value: test.p_value,
            }),
            result: comparison.verdict.into(),
        }
    }
}

impl From<comparison::Group> for Group {
    fn from(group: comparison::Group) -> Self {
        Self {
            trials: group.trials,
            early_stopped: group.early_stopped,
            failed: group.failed,
            judged: group.judged,
            summary: group.summary.map(Spread::from),
            best: group.best.map(|best| BestOfGroup {
                trial: best.trial,
                objective: best.objective,
                parameters: best.parameters,
            }),
            value: group.value,
        }
    }
}

impl From<compare::Summary> for Spread {
    fn from(summary: compare::Summary) -> Self {
        Self {
            count: summary.count,
            min: summary.min,
            lower_quartile: summary.lower_quartile,
            median: summary.median,
            upper_quartile: summary.upper_quartile,
            max: summary.max,
        }
    }
}

impl From<comparison::Verdict> for Verdict {
    fn from(verdict: comparison::Verdict) -> Self {
        match verdict {
            comparison::Verdict::Better {
                winner,
                share_of_pairs,
            } => Self::Better {
                winner,
                share_of_pairs,
            },
            comparison::Verdict::Unclear => Self::Unclear,
            comparison::Verdict::TooFew => Self::TooFew,
        }
    }
}
