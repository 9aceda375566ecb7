//! Why a trial was suggested.

use super::schema;
use serde::{Deserialize, Serialize};
use tune_algorithms::algorithm::{self, Prediction, Reason};
use utoipa::ToSchema;

/// Why the algorithm suggested a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Why {
    /// The algorithm that made it: where one chooses among others, the one that it chose.
    pub algorithm: String,
    /// Where one chooses among others: why it chose this one, in words.
    pub choice: Option<String>,
    /// What it was made for.
    #[schema(value_type = schema::Reason)]
    pub reason: Reason,
    /// The value of the objective that the algorithm expected of it, if it makes predictions.
    pub mean: Option<f64>,
    /// The standard deviation of that.
    pub deviation: Option<f64>,
    /// What the algorithm compared it with others by, if it did; more is better. Of `gp` the logarithm of the expected improvement, in the
    /// units of its model; of `tpe` the logarithm of how much denser good trials are there than bad ones.
    pub acquisition: Option<f64>,
}

impl From<algorithm::Why> for Why {
    fn from(why: algorithm::Why) -> Self {
        Self {
            algorithm: why.algorithm.into_owned(),
            choice: why.choice.map(Into::into),
            reason: why.reason,
            mean: why.prediction.map(|it| it.mean),
            deviation: why.prediction.map(|it| it.deviation),
            acquisition: why.acquisition,
        }
    }
}

impl From<Why> for algorithm::Why {
    fn from(why: Why) -> Self {
        let prediction = why.mean.zip(why.deviation);
        Self {
            algorithm: why.algorithm.into(),
            choice: why.choice.map(Into::into),
            reason: why.reason,
            prediction: prediction.map(|(mean, deviation)| Prediction { mean, deviation }),
            acquisition: why.acquisition,
        }
    }
}
