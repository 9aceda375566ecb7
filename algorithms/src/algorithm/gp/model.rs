//! All that is known when a suggestion is made.

use super::acquisition::Feasibility;
use super::features::Features;
use super::fits::{Fits, Lessons};
use super::kernel::Kernel;
use super::observed::{Observed, ascending, representatives};
use super::posterior::Posterior;
use super::warp::{Warped, warp};
use std::collections::HashSet;

/// Of so many trials a model is made at most.
const MOST: usize = 400;

/// So many failures are remembered.
const MOST_FAILED: usize = 50;

/// When so many trials are running at once, the model forgets about them and begins anew.
pub(super) const MOST_PENDING: usize = 128;

/// Around so many good trials others are looked at …
const GOOD: usize = 5;

/// … and around the best of each branch, of so many.
const BRANCHES: usize = 8;

/// So many good trials span the box that is searched when there are many trials, and how far it reaches beyond them.
const SPAN: usize = 100;
const MARGIN: f64 = 0.1;

/// What is known.
pub(super) struct Model {
    pub posterior: Posterior,
    pub feasibility: Option<Feasibility>,
    pub warped: Warped,
    /// Good points; coordinates of parameters that are not active are good ones of other trials.
    pub good: Vec<Vec<f64>>,
    /// Where to search when there are many trials.
    pub span: Option<Vec<(f64, f64)>>,
    /// Without the trials that are running, and how many are.
    settled: Option<Posterior>,
    pending: usize,
}

/// The space as the model sees it.
pub(super) struct Scene<'a> {
    pub features: &'a Features,
    /// The coordinates of all trials, NaN where a parameter is not active.
    pub points: &'a [Vec<f64>],
    pub is_parent: &'a [bool],
    pub dimensions: f64,
}

impl Model {
    /// `None` as long as all trials are equally good.
    pub fn new(scene: &Scene<'_>, observed: &Observed, fits: &mut Fits) -> Option<Self> {
        let at = |number: usize| scene.features.at(&scene.points[number]);
        let lessons = Lessons {
            features: scene.features,
            valued: &observed.valued,
            at: &at,
        };
        let fit = fits.latest(lessons);
        let warped = warp(&observed.valued, fit.power)?;
        let chosen = representatives(&warped.values, MOST);
        let points: Vec<Vec<f64>> = (chosen
            .iter()
            .map(|place| at(observed.valued[*place].number)))
        .collect();
        let values: Vec<f64> = chosen.iter().map(|place| warped.values[*place]).collect();
        let kernel = Kernel::new(scene.features, &fit.logs);
        let mut posterior = Posterior::new(scene.features, kernel, &points, &values);
        let remembered = observed.failed.len().saturating_sub(MOST_FAILED);
        let failed: Vec<Vec<f64>> = (observed.failed[remembered..]
            .iter()
            .map(|number| at(*number)))
        .collect();
        failed.iter().for_each(|point| posterior.suppose(point));
        let feasibility = (!failed.is_empty()).then(|| {
            Feasibility::new(
                scene.features,
                scene.points[0].len(),
                scene.dimensions,
                (&points, &failed),
                observed.lately_failed,
            )
        });
        let ranked: Vec<&[f64]> = (ascending(&warped.values).iter())
            .map(|place| &scene.points[observed.valued[*place].number][..])
            .collect();
        let mut model = Self {
            good: good(&ranked, scene.is_parent),
            span: (ranked.len() > MOST).then(|| span(&ranked[..SPAN])),
            settled: None,
            pending: 0,
            posterior,
            feasibility,
            warped,
        };
        observed
            .pending
            .iter()
            .for_each(|number| model.suppose(&at(*number)));
        Some(model)
    }

    /// An improvement that is expected on the best, in units of the objective; its logarithm is in those of the model.
    pub fn gain(&self, log_improvement: f64) -> f64 {
        let best = self.posterior.best;
        let better = best - libm::exp(log_improvement);
        self.warped.loss(best) - self.warped.loss(better)
    }

    /// Takes note of a point that is being tried.
    pub fn suppose(&mut self, point: &[f64]) {
        let settled = self.settled.get_or_insert_with(|| self.posterior.clone());
        if self.pending > 0 && self.pending.is_multiple_of(MOST_PENDING) {
            self.posterior = settled.clone();
        }
        self.posterior.dream(point);
        self.pending += 1;
    }
}

/// The best points, and the best of each branch: completed, where a parameter is not active, from the best in which it is.
fn good(ranked: &[&[f64]], is_parent: &[bool]) -> Vec<Vec<f64>> {
    let mut defaults = vec![f64::NAN; is_parent.len()];
    for point in ranked {
        complete(&mut defaults, point);
    }
    complete(&mut defaults, &vec![0.5; is_parent.len()]);
    let mut branches = HashSet::new();
    let mut chosen = Vec::new();
    for (rank, point) in ranked.iter().enumerate() {
        let parents = point.iter().zip(is_parent).filter(|(_, parent)| **parent);
        let branch: Vec<u64> = parents.map(|(unit, _)| unit.to_bits()).collect();
        let first = branches.insert(branch) && branches.len() <= BRANCHES;
        if rank < GOOD || first {
            let mut point = point.to_vec();
            complete(&mut point, &defaults);
            chosen.push(point);
        }
    }
    chosen
}

/// Takes from another point what this one has not.
fn complete(point: &mut [f64], from: &[f64]) {
    for (unit, default) in point.iter_mut().zip(from) {
        if unit.is_nan() {
            *unit = *default;
        }
    }
}

/// The smallest box around points, and something more.
fn span(points: &[&[f64]]) -> Vec<(f64, f64)> {
    let parameters = 0..points[0].len();
    let bounds = parameters.map(|parameter| {
        let units = points
            .iter()
            .map(|point| point[parameter])
            .filter(|unit| !unit.is_nan());
        let (low, high) = units.fold((1.0_f64, 0.0_f64), |(low, high), unit| {
            (low.min(unit), high.max(unit))
        });
        if low > high {
            return (0.0, 1.0);
        }
        let margin = MARGIN * (high - low);
        ((low - margin).max(0.0), (high + margin).min(1.0))
    });
    bounds.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_points_are_of_all_branches_and_complete() {
        let ranked: Vec<Vec<f64>> = (0..20)
            .map(|rank| {
                let branch = if rank < 18 { 0.25 } else { 0.75 };
                vec![
                    branch,
                    if rank == 18 {
                        f64::from(rank) / 100.0
                    } else {
                        f64::NAN
                    },
                ]
            })
            .collect();
        let ranked: Vec<&[f64]> = ranked.iter().map(|point| &point[..]).collect();
        let good = good(&ranked, &[true, false]);
        assert_eq!(good.len(), GOOD + 1);
        assert_eq!(good[GOOD], [0.75, 0.18]);
        assert_eq!(good[0], [0.25, 0.18]);
    }

    #[test]
    fn a_span_is_a_little_more_than_what_it_holds() {
        let bounds = span(&[&[0.2, f64::NAN, 0.0], &[0.4, f64::NAN, 1.0]]);
        assert!((bounds[0].0 - 0.18).abs() < 1e-12 && (bounds[0].1 - 0.42).abs() < 1e-12);
        assert_eq!(bounds[1..], [(0.0, 1.0); 2]);
    }
}
