//! When lengths and variances are fitted, and from where: a function of the trials alone, so that it does not matter who was there from the
//! start.
//!
//! A fit is made from the first so many trials, at first of each number, later at ever longer intervals. It starts from the last one of
//! few that are always found, of 8, 12, 16, 24 … 192 and 256 trials; these also decide how losses are warped. From 64 trials on these start
//! from that of 48, not from each other: so whoever comes late has few to catch up with.

use super::features::{Features, Sample};
use super::fit::{Evidence, fit, priors};
use super::observed::{Valued, representatives};
use super::warp::{POWERS, warp};

/// A fit is made from so many trials at most …
const MOST: usize = 160;

/// … and how to warp is decided with so many.
const MOST_COMPARED: usize = 96;

/// How many steps a fit takes at most where little is new, and where much may be.
const FEW: usize = 10;
const MANY: usize = 20;

/// With so few trials every way to warp is fitted afresh too; with more only the most likely. This is one of those from which others start,
/// and the only one for later ones of them.
pub(super) const QUICK: usize = 48;

/// The largest of those from which others start.
const LAST_ANCHOR: usize = 256;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fit {
    /// To which power losses are raised.
    pub power: f64,
    /// The logarithms that make a kernel.
    pub logs: Vec<f64>,
}

impl Fit {
    /// How much of the variance of the losses, as they were warped, is noise.
    pub fn noise(&self) -> f64 {
        let [.., signal, noise] = self.logs[..] else {
            return 0.0;
        };
        1.0 / (1.0 + libm::exp(signal - noise))
    }
}

/// The fits that were made: a cache.
#[derive(Debug)]
pub(super) struct Fits {
    parameters: usize,
    dimensions: f64,
    known: Vec<(usize, Fit)>,
}

/// The trials with a value and the features of each.
#[derive(Clone, Copy)]
pub(super) struct Lessons<'a> {
    pub features: &'a Features,
    pub valued: &'a [Valued],
    pub at: &'a dyn Fn(usize) -> Vec<f64>,
}

impl Fits {
    /// For so many parameters, of which so many are active at once.
    pub fn new(parameters: usize, dimensions: f64) -> Self {
        Self {
            parameters,
            dimensions,
            known: Vec::new(),
        }
    }

    /// The fit for these trials.
    pub fn latest(&mut self, lessons: Lessons<'_>) -> Fit {
        self.of_first(last_checkpoint(lessons.valued.len()), lessons)
    }

    /// The fit for the first so many of them, one of those from which others start.
    pub fn of_first(&mut self, count: usize, lessons: Lessons<'_>) -> Fit {
        if let Some((_, fit)) = self.known.iter().find(|(known, _)| *known == count) {
            return fit.clone();
        }
        let start = match anchor_before(count) {
            Some(_) if is_anchor(count) && count > QUICK => Some(self.of_first(QUICK, lessons)),
            anchor => anchor.map(|anchor| self.of_first(anchor, lessons)),
        };
        let valued = &lessons.valued[..count];
        let found = match start {
            Some(start) if !is_anchor(count) => self.follow(lessons, valued, &start),
            start => self.decide(lessons, valued, start.as_ref()),
        };
        self.known.retain(|(known, _)| is_anchor(*known));
        self.known.push((count, found.clone()));
        found
    }

    /// A few steps from an earlier fit.
    fn follow(&self, lessons: Lessons<'_>, valued: &[Valued], start: &Fit) -> Fit {
        let found = self.fit(lessons, valued, (start, MOST, FEW));
        found.map_or_else(|| start.clone(), |(fit, _)| fit)
    }

    /// The most likely way to warp.
    fn decide(&self, lessons: Lessons<'_>, valued: &[Valued], start: Option<&Fit>) -> Fit {
        let fresh = priors(self.parameters, self.dimensions);
        let logs = start.map_or(&fresh[0], |start| &start.logs);
        let better = |a: &(Fit, f64), b: &(Fit, f64)| a.1.total_cmp(&b.1);
        let attempt = |power: f64, logs: &[f64]| {
            let start = Fit {
                power,
                logs: logs.to_vec(),
            };
            self.fit(lessons, valued, (&start, MOST_COMPARED, MANY))
        };
        let warm = POWERS.iter().filter_map(|power| attempt(*power, logs));
        let Some(warm) = warm.min_by(better) else {
            return Fit {
                power: 0.0,
                logs: logs.clone(),
            };
        };
        let all = valued.len() <= QUICK && start.is_some();
        let powers = if all { &POWERS[..] } else { &[warm.0.power] };
        let starts = fresh.iter();
        let afresh = starts.flat_map(|logs| powers.iter().map(move |power| (*power, logs)));
        let afresh = afresh.filter_map(|(power, logs)| attempt(power, logs));
        let best = afresh.min_by(better).filter(|best| best.1 < warm.1);
        let (found, _) = best.unwrap_or(warm);
        if valued.len() > MOST_COMPARED {
            self.follow(lessons, valued, &found)
        } else {
            found
        }
    }

    /// A fit from a start, to so many trials, in so many steps; and the negative logarithm of its density. `None` when there is nothing to
    /// fit to.
    fn fit(
        &self,
        lessons: Lessons<'_>,
        valued: &[Valued],
        (start, most, steps): (&Fit, usize, usize),
    ) -> Option<(Fit, f64)> {
        let warped = warp(valued, start.power)?;
        let chosen = representatives(&warped.values, most);
        let mut sample = Sample::new(lessons.features);
        for place in &chosen {
            sample.push(&(lessons.at)(valued[*place].number));
        }
        let values: Vec<f64> = chosen.iter().map(|place| warped.values[*place]).collect();
        let slopes: f64 = chosen.iter().map(|place| warped.log_slopes[*place]).sum();
        let evidence = Evidence {
            features: lessons.features,
            sample: &sample,
            values: &values,
            parameters: self.parameters,
            dimensions: self.dimensions,
        };
        let (logs, density) = fit(&evidence, start.logs.clone(), steps);
        let fit = Fit {
            power: start.power,
            logs,
        };
        (!density.is_nan()).then_some((fit, density - slopes))
    }
}

/// The largest number up to this one for which there is a fit.
fn last_checkpoint(count: usize) -> usize {
    let every = 1 << (count / 24).max(1).ilog2();
    count - count % every
}

/// The largest anchor below a number.
fn anchor_before(count: usize) -> Option<usize> {
    let below = count.checked_sub(1).filter(|below| *below >= 8)?;
    let below = below.min(LAST_ANCHOR);
    let power = 1 << below.ilog2();
    let between = power + power / 2;
    Some(if below >= between { between } else { power })
}

fn is_anchor(count: usize) -> bool {
    anchor_before(count + 1).is_none_or(|anchor| anchor == count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_become_rarer_and_start_from_few() {
        let checkpoints: Vec<usize> = [7, 9, 47, 49, 101, 1001].map(last_checkpoint).into();
        assert_eq!(checkpoints, [7, 9, 47, 48, 100, 992]);
        let anchors = [8, 9, 12, 13, 16, 17, 25, 1000].map(anchor_before);
        let expected = [
            None,
            Some(8),
            Some(8),
            Some(12),
            Some(12),
            Some(16),
            Some(24),
            Some(256),
        ];
        assert_eq!(anchors, expected);
        for count in 9..5000 {
            let anchor = anchor_before(count).unwrap();
            assert!(is_anchor(anchor) && last_checkpoint(anchor) == anchor);
        }
    }
}
