//! Trials as points of charts: column by column, so that many take little room.

use super::{Number, schema};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;
use tune_algorithms::space::Value;
use tune_experiments::state::TrialState;
use tune_experiments::store;
use utoipa::ToSchema;

/// Trials as points of charts. The n-th entry of every list is of the same trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Points {
    /// How many trials the experiment has; there may be fewer points.
    pub total: u64,
    /// Their numbers, from small to large.
    pub number: Vec<u64>,
    /// Where each stands.
    #[schema(value_type = Vec<schema::TrialState>)]
    pub state: Vec<TrialState>,
    /// The objective of those that have one.
    pub objective: Vec<Option<Number>>,
    /// When each started, in seconds since 1970.
    pub started: Vec<Option<f64>>,
    /// When each ended, in seconds since 1970.
    pub finished: Vec<Option<f64>>,
    /// The position of each among the finished trials.
    pub finished_order: Vec<Option<u64>>,
    /// The values of every parameter; null where it is inactive.
    #[schema(value_type = HashMap<String, Vec<Option<schema::Scalar>>>)]
    pub parameters: IndexMap<String, Vec<Option<Value>>>,
}

impl Points {
    /// Of an experiment with parameters of these names.
    pub fn new<'a>(found: &store::Points, parameters: impl IntoIterator<Item = &'a str>) -> Self {
        let of = |name: &str| {
            let values = found.points.iter();
            values
                .map(|it| it.trial.parameters.get(name).cloned())
                .collect()
        };
        let mut points = Self {
            total: found.total,
            parameters: parameters
                .into_iter()
                .map(|name| (name.to_owned(), of(name)))
                .collect(),
            ..Self::default()
        };
        for point in &found.points {
            points.push(point);
        }
        points
    }

    fn push(&mut self, point: &store::Point) {
        self.number.push(point.trial.number);
        self.state.push(point.trial.state);
        self.objective.push(point.trial.objective.map(Number));
        self.started.push(point.started_at.map(seconds));
        self.finished.push(point.finished_at.map(seconds));
        self.finished_order.push(point.trial.finished_order);
    }
}

fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}
