//! The margin (Hamano, Saito, Nomura & Shirakawa 2022, doi:10.1145/3512290.3528827): a discrete value whose neighbours are never sampled
//! again could never change, so that each keeps a least probability.

use crate::quantile::{cdf, quantile};

/// The cells of an ordered parameter: the inner bounds between them. The first and the last cell reach to infinity.
#[derive(Clone, Debug)]
pub(super) struct Cells(Vec<f64>);

impl Cells {
    /// Of a domain of so many values.
    pub fn new(edges: &[f64]) -> Self {
        Self(edges[1..edges.len() - 1].to_vec())
    }

    /// The bounds of the cell that holds a number.
    pub fn around(&self, number: f64) -> (f64, f64) {
        let after = self.0.partition_point(|bound| *bound <= number);
        let low = after
            .checked_sub(1)
            .map_or(f64::NEG_INFINITY, |at| self.0[at]);
        (low, self.0.get(after).copied().unwrap_or(f64::INFINITY))
    }

    /// The mean and the deviation nearest to these with which at least `margin` of all samples leave the cell of the mean.
    pub fn keep_leaving(&self, mean: f64, deviation: f64, margin: f64) -> (f64, f64) {
        let (low, high) = self.around(mean);
        match (low.is_finite(), high.is_finite()) {
            (false, false) => (mean, deviation),
            (false, true) => {
                let reach = -quantile(margin) * deviation;
                (mean.max(high - reach), deviation)
            }
            (true, false) => {
                let reach = -quantile(margin) * deviation;
                (mean.min(low + reach), deviation)
            }
            (true, true) => between(low, high, mean, deviation, margin / 2.0),
        }
    }
}

/// The same for a cell with bounds on both sides, each of which at least `least` of all samples cross.
fn between(low: f64, high: f64, mean: f64, deviation: f64, least: f64) -> (f64, f64) {
    let below = cdf((low - mean) / deviation);
    let above = cdf((mean - high) / deviation);
    if below >= least && above >= least {
        return (mean, deviation);
    }
    let inside = 1.0 - below - above;
    let raised = [below.max(least), above.max(least), inside.max(least)];
    let excess = raised.iter().sum::<f64>() - 1.0;
    let room = raised.iter().sum::<f64>() - 3.0 * least;
    let share = |raised: f64| raised - excess / room * (raised - least);
    // How many deviations lie between the mean and each bound.
    let [down, up] = [share(raised[0]), share(raised[1])].map(|p| -quantile(p));
    let deviation = (high - low) / (down + up);
    (low + down * deviation, deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn five() -> Cells {
        Cells::new(&[0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    }

    #[test]
    fn cells_at_the_ends_have_one_bound() {
        assert_eq!(five().around(-3.0), (f64::NEG_INFINITY, 0.2));
        assert_eq!(five().around(0.2), (0.2, 0.4));
        assert_eq!(five().around(0.9), (0.8, f64::INFINITY));
    }

    #[test]
    fn what_has_become_too_sure_keeps_a_chance_to_change() {
        for mean in [-0.3, 0.1, 0.3, 0.45, 0.599, 0.99, 1.5] {
            for deviation in [1e-6, 0.01, 0.1, 0.3] {
                let (moved, wider) = five().keep_leaving(mean, deviation, 0.02);
                let (low, high) = five().around(mean);
                let below = cdf((low - moved) / wider);
                let above = cdf((moved - high) / wider);
                assert!(below + above > 0.02 - 1e-9, "{mean} {deviation}");
                assert!(low.is_infinite() || below > 0.01 - 1e-9);
                assert!(high.is_infinite() || above > 0.01 - 1e-9);
                assert!(wider >= deviation * (1.0 - 1e-9));
            }
        }
        assert_eq!(five().keep_leaving(0.5, 0.2, 0.02), (0.5, 0.2));
    }
}
