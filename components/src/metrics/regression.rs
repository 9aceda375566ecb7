//! Metrics of estimated numbers.

use serde_json::{Map, json};

use super::Scores;

/// Truth and estimates of the same rows.
pub(crate) struct Estimated<'a> {
    pub truth: &'a [f64],
    pub predicted: &'a [f64],
}

impl Estimated<'_> {
    pub(crate) fn scores(&self) -> Scores {
        let metrics = vec![
            ("rmse", self.mean(|error| error * error).sqrt()),
            ("mae", self.mean(f64::abs)),
            ("r2", self.r2()),
        ];
        let rows = Map::from_iter([("rows".to_owned(), json!(self.truth.len()))]);
        Scores {
            metrics,
            details: rows,
        }
    }

    fn errors(&self) -> impl Iterator<Item = f64> {
        let pairs = self.truth.iter().zip(self.predicted);
        pairs.map(|(truth, predicted)| truth - predicted)
    }

    fn mean(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.errors().map(of).sum::<f64>() / self.truth.len() as f64
    }

    /// Share of the variance that is explained. Of a constant truth: 1 if it is met exactly, else 0. Undefined for
    /// fewer than two rows.
    fn r2(&self) -> f64 {
        if self.truth.len() < 2 {
            return f64::NAN;
        }
        let mean = self.truth.iter().sum::<f64>() / self.truth.len() as f64;
        let total: f64 = self.truth.iter().map(|t| (t - mean) * (t - mean)).sum();
        let residual: f64 = self.errors().map(|error| error * error).sum();
        match (residual == 0.0, total == 0.0) {
            (true, _) => 1.0,
            (false, true) => 0.0,
            (false, false) => 1.0 - residual / total,
        }
    }
}
