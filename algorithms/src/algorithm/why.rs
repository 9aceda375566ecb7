//! Why something was suggested, for people who want to know.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Why an algorithm suggested a configuration. Its numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// The algorithm that made it: where one chooses among others, the one that it chose.
    pub algorithm: Cow<'static, str>,
    /// Where one chooses among others: why it chose this one, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Cow<'static, str>>,
    /// What it was made for.
    pub reason: Reason,
    /// What the algorithm expects of it, if it makes predictions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
    /// What the algorithm compared it with others by, if it did; more is better. Of `gp` the logarithm of the expected improvement, in the
    /// units of its model; of `tpe` the logarithm of how much denser good trials are there than bad ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acquisition: Option<f64>,
}

/// What a suggestion is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The algorithm does not learn from results: it is the next of its points.
    Coverage,
    /// Too little is known to learn from: it is one of points that are spread over the space.
    Startup,
    /// It is expected to be good.
    Exploitation,
    /// It is not expected to be the best, but it may be: so little is certain of it.
    Exploration,
    /// It was drawn from a distribution that good trials have shaped: close to its middle to exploit, further away to explore.
    Sample,
    /// What was looked for had all been tried: it is one of what is left.
    Untried,
}

/// What is expected of a suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The most likely value of the objective, in its own units.
    pub mean: f64,
    /// Its standard deviation.
    pub deviation: f64,
}

impl Reason {
    /// Every one of them.
    pub const ALL: [Self; 6] = [
        Self::Coverage,
        Self::Startup,
        Self::Exploitation,
        Self::Exploration,
        Self::Sample,
        Self::Untried,
    ];
}

impl Why {
    /// That and nothing more.
    pub fn new(algorithm: &'static str, reason: Reason) -> Self {
        Self {
            algorithm: Cow::Borrowed(algorithm),
            choice: None,
            reason,
            prediction: None,
            acquisition: None,
        }
    }

    /// With what it was compared by, unless that is not finite.
    pub(super) fn with_acquisition(self, acquisition: f64) -> Self {
        Self {
            acquisition: Some(acquisition).filter(|it| it.is_finite()),
            ..self
        }
    }

    /// With a prediction, unless one of its numbers is not finite.
    pub(super) fn with_prediction(self, mean: f64, deviation: f64) -> Self {
        let is_finite = mean.is_finite() && deviation.is_finite();
        Self {
            prediction: is_finite.then_some(Prediction { mean, deviation }),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_from_text_as_it_was() {
        let why = Why::new("gp", Reason::Exploration)
            .with_prediction(0.1 + 0.2, 5e-324)
            .with_acquisition(-1e300);
        let text = serde_json::to_string(&why).unwrap();
        assert_eq!(serde_json::from_str::<Why>(&text).unwrap(), why);
        let text = serde_json::to_string(&Why::new("grid", Reason::Coverage)).unwrap();
        assert_eq!(text, r#"{"algorithm":"grid","reason":"coverage"}"#);
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        let why = Why::new("gp", Reason::Exploration)
            .with_prediction(f64::INFINITY, 1.0)
            .with_acquisition(f64::NAN);
        assert_eq!(why, Why::new("gp", Reason::Exploration));
    }
}
