//! What is still to be gained: the improvement that is to be expected, and a bound of the regret, of how much worse the best so far is than
//! the best there is.
//!
//! At all points at once, nine times in ten, the function lies within so many deviations of its mean (Srinivas, Krause, Kakade & Seeger
//! 2010, doi:10.48550/arXiv.0912.3995). So the best so far is no higher than the least upper end at a point that was tried, and the best
//! there is no lower than the least lower end anywhere (Makarova, Shen, Perrone, Klein, Faddoul, Krause, Seeger & Archambeau 2022,
//! *Automatic termination for hyperparameter optimization*, doi:10.48550/arXiv.2104.08166).
//!
//! What running trials may bring is not counted on: both depend on finished trials alone. Where trials fail may be the best, for all the
//! bound knows.

use super::acquisition::Aim;
use super::model::Model;
use super::observed::{Observed, ascending};
use super::search::Scored;
use super::{Gp, everywhere};
use crate::algorithm::Outlook;
use crate::history::History;
use std::f64::consts::PI;

/// After so many trials, and so many more for each parameter, what it expects is to be believed.
const KNOWN: [f64; 2] = [10.0, 2.0];

/// How often the bound may be wrong.
const RISK: f64 = 0.1;

/// What theory asks for is too cautious by so much (both papers divide it so).
const CAUTION: f64 = 5.0;

/// Of so many trials the upper ends are looked at, those with the best values: others are hardly ever less.
const BEST: usize = 100;

impl Gp {
    /// What is still to be gained; `None` until enough is known.
    pub(super) fn look_out(&mut self, history: &History) -> Option<Outlook> {
        self.follow(history);
        let finished = Observed::new(history).without_pending();
        if (finished.succeeded as f64) < KNOWN[0] + KNOWN[1] * self.dimensions {
            return None;
        }
        let model = self.model(&finished)?;
        let deviations = deviations(self.dimensions, finished.valued.len());
        let place = finished.valued.len() as u64;
        let bounds = everywhere(&self.axes);
        let mut climb = self.look_around(&model, &bounds, place);
        self.climb(&mut climb, place);
        let log_improvement = highest(&climb.seen);
        climb.acquisition.feasibility = None;
        let mut climb = climb.again(Aim::Lowest(deviations));
        self.climb(&mut climb, place);
        let lowest = -highest(&climb.seen);
        Some(Outlook {
            expected_improvement: model.gain(log_improvement),
            regret: self.regret(&model, &finished, deviations, lowest),
        })
    }

    /// How much worse the best is at most, in units of the objective, where the function goes down no farther than this.
    fn regret(&self, model: &Model, finished: &Observed, deviations: f64, lowest: f64) -> f64 {
        let succeeded: Vec<_> = (finished.valued.iter())
            .filter(|valued| !valued.stopped)
            .collect();
        let losses: Vec<f64> = succeeded.iter().map(|valued| valued.loss).collect();
        let best = ascending(&losses).into_iter().take(BEST);
        let ends = best.map(|place| {
            let point = &self.points[succeeded[place].number];
            let (mean, variance) = model.posterior.at(&self.features.at(point));
            let reach = deviations * variance.sqrt();
            [mean + reach, mean - reach]
        });
        let least = |a: [f64; 2], b: [f64; 2]| [a[0].min(b[0]), a[1].min(b[1])];
        let [upper, lower] = ends.fold([f64::INFINITY, lowest], least);
        model.warped.loss(upper) - model.warped.loss(lower)
    }
}

/// So many deviations the function is from its mean at most, after so many trials: √(2 ln(d t² π² / 6δ) / 5).
fn deviations(dimensions: f64, trials: usize) -> f64 {
    let trials = trials as f64;
    let odds = dimensions.max(1.0) * trials * trials * PI * PI / (6.0 * RISK);
    (2.0 * libm::log(odds) / CAUTION).sqrt()
}

fn highest(seen: &[Scored]) -> f64 {
    let scores = seen.iter().map(|seen| seen.score);
    scores.fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubt_grows_slowly() {
        // Computed apart.
        assert!((deviations(2.0, 30) - 2.029_4).abs() < 1e-3);
        assert!(deviations(2.0, 300) < 1.3 * deviations(2.0, 30));
        assert!(deviations(20.0, 30) > deviations(2.0, 30));
    }
}
