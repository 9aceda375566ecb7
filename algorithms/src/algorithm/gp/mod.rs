//! `gp`

mod acquisition;
mod candidates;
mod descent;
mod features;
mod fit;
mod kernel;
mod matrix;
mod posterior;
mod search;
mod warp;

use super::axis::Axis;
use super::batch::Batch;
use super::random;
use super::sobol::Sequence;
use super::untried::Untried;
use super::{Algorithm, AlgorithmInfo};
use crate::draws::{self, mix};
use crate::history::{History, Outcome};
use crate::setting::{Checked, Setting, SettingKind};
use crate::space::{Configuration, Lattice, Space};
use acquisition::{Acquisition, Aim, Feasibility};
use candidates::near;
use features::{Features, Sample};
use fit::{Evidence, fit, prior};
use kernel::Kernel;
use posterior::Posterior;
use search::{Climb, Scored, Terrain};
use std::sync::Arc;
use warp::{POWERS, Valued, warp};

/// What there is to know of `gp`.
pub(super) const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "gp",
    summary: "models the objective by a Gaussian process and looks where most is to be hoped for; finds most in few trials that take long",
    settings: &[
        Setting {
            name: "startup_trials",
            kind: SettingKind::Int {
                min: 2,
                max: i64::MAX,
            },
            default: "8",
            doc: "so many trials must have succeeded before it learns; until then it tries the middle and spreads its points as `sobol` does",
        },
        Setting { name: "power", kind: SettingKind::Float { min: -9.0, max: 9.0 }, default: "9", doc: "" },
    ],
};

/// Sets its random numbers apart from those of other algorithms with the same seed.
const SALT: u64 = 0x6770_0000;

/// Of so many trials the model is made at most.
const MOST_MODELLED: usize = 400;

/// Lengths and variances are fitted to so many at most.
const MOST_FITTED: usize = 200;

/// So many points of the sequence are looked at for a suggestion …
const SPREAD: u64 = 256;

/// … and so many near each good one.
const NEAR: usize = 16;

pub(super) struct Gp {
    space: Arc<Space>,
    seed: u64,
    startup_trials: usize,
    power: f64,
    axes: Vec<Axis>,
    conditional: bool,
    features: Features,
    dimensions: f64,
    startup: Sequence,
    untried: Untried,
    /// The coordinates of each trial, NaN where a parameter is not active: a cache.
    points: Vec<Vec<f64>>,
    /// Fits: a cache.
    fits: Vec<(usize, Fitted)>,
}

struct Known {
    valued: Vec<(usize, Valued)>,
    failed: Vec<usize>,
    pending: Vec<usize>,
    succeeded: usize,
}

impl Known {
    fn new(history: &History) -> Self {
        let (mut valued, mut failed, mut succeeded) = (Vec::new(), Vec::new(), 0);
        for &number in history.finished() {
            if let Some(outcome) = history.trials()[number].outcome {
                succeeded += usize::from(matches!(outcome, Outcome::Succeeded(_)));
                match Valued::new(history.goal(), outcome) {
                    Some(v) => valued.push((number, v)),
                    None => failed.push(number),
                }
            }
        }
        let trials = history.trials().iter().enumerate();
        let pending = trials.filter(|(_, t)| t.outcome.is_none()).map(|(n, _)| n).collect();
        Self { valued, failed, pending, succeeded }
    }
}

impl Gp {
    pub fn new(space: Arc<Space>, seed: u64, settings: &Checked) -> Self {
        let axes: Vec<Axis> = space.parameters().iter().map(Axis::new).collect();
        let mut is_child = vec![false; axes.len()];
        space.dependences().for_each(|(child, _)| is_child[child] = true);
        let conditional = is_child.contains(&true);
        let startup = Sequence::new(axes.len(), seed);
        let active = |index: u64| space.active_at(&startup.point(index)).iter().filter(|a| **a).count();
        let dimensions = if conditional { (0..64).map(active).sum::<usize>() as f64 / 64.0 } else { axes.len() as f64 };
        Self {
            seed,
            startup_trials: settings.count("startup_trials"),
            power: settings.float("power").unwrap_or(9.0),
            features: Features::new(&axes, &is_child),
            conditional,
            dimensions,
            startup,
            untried: Untried::shuffled(Lattice::every(Arc::clone(&space)), seed),
            points: Vec::new(),
            fits: Vec::new(),
            axes,
            space,
        }
    }

    fn follow(&mut self, history: &History) {
        let trials = history.trials();
        self.points.truncate(trials.len());
        for trial in &trials[self.points.len()..] {
            let units = self.space.encode(&trial.configuration);
            self.points.push(units.iter().map(|unit| unit.unwrap_or(f64::NAN)).collect());
        }
    }

    fn terrain(&self) -> Terrain<'_> {
        Terrain { space: &self.space, axes: &self.axes, features: &self.features, conditional: self.conditional }
    }

    /// Logs fitted to the first so many.
    fn fitted(&mut self, valued: &[(usize, Valued)], count: usize) -> Fitted {
        if let Some((_, known)) = self.fits.iter().find(|(known, _)| *known == count) {
            return known.clone();
        }
        let fresh = prior(self.axes.len(), self.dimensions);
        let before = anchor_before(count);
        let start = before.map(|before| self.fitted(valued, before));
        let is_anchor = before.is_none() || anchor_before(count + 1) == Some(count);
        let powers: Vec<f64> = if self.power < 9.0 {
            vec![self.power]
        } else {
            match &start {
            Some(start) if !is_anchor => vec![start.power],
            _ => POWERS.to_vec(),
            }
        };
        let first: Vec<Valued> = valued[..count].iter().map(|(_, v)| *v).collect();
        let mut best: Option<(f64, Fitted)> = None;
        for power in powers {
            let Some(warped) = warp(&first, power) else { continue };
            let chosen = representatives(&warped.values, MOST_FITTED);
            let mut sample = Sample::new(&self.features);
            for index in &chosen {
                sample.push(&self.features.at(&self.points[valued[*index].0]));
            }
            let values: Vec<f64> = chosen.iter().map(|i| warped.values[*i]).collect();
            let slopes: f64 = chosen.iter().map(|i| warped.log_slopes[*i]).sum();
            let evidence = Evidence { features: &self.features, sample: &sample, values: &values, parameters: self.axes.len(), dimensions: self.dimensions };
            let starts = start.iter().map(|s| s.logs.clone()).chain((is_anchor || start.is_none()).then(|| fresh.clone()));
            for start in starts {
                let (logs, density) = fit(&evidence, start, if is_anchor { 30 } else { 12 });
                let loss = density - slopes;
                if best.as_ref().is_none_or(|(known, _)| loss < *known) {
                    best = Some((loss, Fitted { power, logs }));
                }
            }
        }
        let found = best.map_or(Fitted { power: 0.0, logs: fresh }, |(_, f)| f);
        self.fits.retain(|(c, _)| *c < count && anchor_before(c + 1) == Some(*c));
        self.fits.push((count, found.clone()));
        found
    }

    fn propose(&self, batch: &Batch<'_>, model: Option<&Model>) -> Option<Configuration> {
        let place = batch.next_place() as u64;
        let Some(model) = model else {
            let start = if place == 0 { vec![0.5; self.axes.len()] } else { self.startup.point(place) };
            return Some(self.space.decode(&start)).filter(|c| !batch.taken(c)).or_else(|| random::draw(&self.space, self.seed, batch));
        };
        let mut generator = draws::generator(mix(self.seed, SALT), place);
        let mut climb = Climb::new(self.terrain(), Acquisition { posterior: &model.posterior, feasibility: model.feasibility.as_ref(), aim: Aim::Improvement });
        for index in 0..SPREAD {
            let point = self.startup.point(place * SPREAD + index);
            let point = point.iter().zip(&self.axes).map(|(u, a)| a.snap(*u)).collect();
            climb.look(point);
        }
        let spread = climb.seen.len();
        for good in &model.good {
            for turn in 0..NEAR {
                climb.look(near(good, &self.axes, turn, &mut generator));
            }
        }
        let mut wide: Vec<Scored> = climb.seen[..spread].to_vec();
        let mut local: Vec<Scored> = climb.seen[spread..].to_vec();
        for list in [&mut wide, &mut local] {
            list.sort_by(|a, b| b.score.total_cmp(&a.score));
            list.truncate(2);
        }
        for start in wide.into_iter().chain(local) {
            climb.climb(start, &mut generator);
        }
        climb.seen.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut configurations = climb.seen.iter().map(|s| self.space.decode(&s.point));
        configurations.find(|c| !batch.taken(c)).or_else(|| random::draw(&self.space, self.seed, batch))
    }

    fn model(&mut self, history: &History) -> Option<Model> {
        let known = Known::new(history);
        if known.succeeded < self.startup_trials {
            return None;
        }
        let all: Vec<Valued> = known.valued.iter().map(|(_, v)| *v).collect();
        let fitted = self.fitted(&known.valued, checkpoint(all.len()));
        let values = warp(&all, fitted.power)?.values;
        let kernel = Kernel::new(&self.features, &fitted.logs);
        let chosen = representatives(&values, MOST_MODELLED);
        let at = |number: usize| self.features.at(&self.points[number]);
        let points: Vec<Vec<f64>> = chosen.iter().map(|i| at(known.valued[*i].0)).collect();
        let chosen_values: Vec<f64> = chosen.iter().map(|i| values[*i]).collect();
        let mut posterior = Posterior::new(&self.features, kernel, &points, &chosen_values);
        let failed: Vec<Vec<f64>> = known.failed.iter().rev().take(50).map(|n| at(*n)).collect();
        let feasibility = (!failed.is_empty()).then(|| {
            let ends: Vec<(&[f64], bool)> = points.iter().map(|p| (&p[..], true)).chain(failed.iter().map(|p| (&p[..], false))).collect();
            Feasibility::new(&self.features, self.axes.len(), self.dimensions, &ends)
        });
        for point in &failed {
            posterior.suppose(point);
        }
        for number in &known.pending {
            posterior.suppose(&at(*number));
        }
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]).then(a.cmp(b)));
        let best = &self.points[known.valued[order[0]].0];
        let mut defaults: Vec<f64> = best.iter().map(|u| if u.is_nan() { 0.5 } else { *u }).collect();
        for index in order.iter().rev() {
            for (d, u) in defaults.iter_mut().zip(&self.points[known.valued[*index].0]) {
                if !u.is_nan() { *d = *u; }
            }
        }
        let good = order.iter().take(6).map(|i| {
            self.points[known.valued[*i].0].iter().zip(&defaults).map(|(u, d)| if u.is_nan() { *d } else { *u }).collect()
        }).collect();
        Some(Model { posterior, feasibility, good })
    }
}

struct Model {
    posterior: Posterior,
    feasibility: Option<Feasibility>,
    good: Vec<Vec<f64>>,
}

/// How many observations a fit is made from when there are so many.
fn checkpoint(count: usize) -> usize {
    let every = (count / 24).max(1);
    let every = 1 << every.ilog2();
    count - count % every
}

/// The fit from which another starts: one at 8, 12, 16, 24, 32, 48 …
fn anchor_before(count: usize) -> Option<usize> {
    let below = count.checked_sub(1).filter(|c| *c >= 8)?;
    let power = 1 << below.ilog2();
    Some(if below >= power / 2 * 3 { power / 2 * 3 } else { power })
}

#[derive(Clone, Debug)]
struct Fitted {
    power: f64,
    logs: Vec<f64>,
}

/// The best half and an even choice of the others.
fn representatives(values: &[f64], most: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    if values.len() <= most {
        return order;
    }
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]).then(a.cmp(b)));
    let (best, others) = order.split_at(most / 2);
    let left = most - best.len();
    let mut others = others.to_vec();
    others.sort_unstable();
    let spread = (0..left).map(|i| others[i * others.len() / left]);
    let mut chosen: Vec<usize> = best.iter().copied().chain(spread).collect();
    chosen.sort_unstable();
    chosen
}

impl Algorithm for Gp {
    fn suggest(&mut self, history: &History, count: usize) -> Vec<Configuration> {
        self.untried.begin_batch();
        self.follow(history);
        let mut model = self.model(history);
        let mut untried = std::mem::replace(&mut self.untried, Untried::shuffled(Lattice::every(Arc::clone(&self.space)), self.seed));
        let filled = Batch::fill(history, count, |batch| {
            let configuration = self.propose(batch, model.as_ref()).or_else(|| untried.next(batch))?;
            if let Some(model) = &mut model {
                let units = self.space.encode(&configuration);
                let point: Vec<f64> = units.iter().map(|unit| unit.unwrap_or(f64::NAN)).collect();
                model.posterior.suppose(&self.features.at(&point));
            }
            Some(configuration)
        });
        self.untried = untried;
        filled
    }

    fn learns(&self) -> bool {
        true
    }
}
