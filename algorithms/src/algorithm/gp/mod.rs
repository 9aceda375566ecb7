//! `gp`, Bayesian optimisation with a Gaussian process: finds the most in few trials, in spaces of any kind.
//!
//! It models the objective as a random function of which some values are known, and suggests the point from which most improvement is to be
//! expected. Use it when a trial takes seconds or more and there are up to some thousand; a suggestion takes ten to a hundred milliseconds,
//! and no longer however many trials there are (a few, at which fits are compared, and the first after a restart: some hundred). Up to a
//! hundred parameters; conditions, noise, failures and parallel trials are coped with.
//!
//! | setting | default | range | |
//! |---|---|---|---|
//! | `startup_trials` | 8 | from 2 | so many trials must have succeeded or been stopped early before it learns; until then: the middle of the space, and then as `sobol` |
//!
//! How it works, each part in a file of its own:
//!
//! - **`features`, `kernel`**: Matérn 5/2 with a length for each parameter. Choices are equal or not (Hamming distance). A parameter that
//!   is not active is at the middle and set apart, so that a conditional space has one model: branches share what they have in common.
//! - **`fit`, `fits`**: lengths, signal and noise maximise their posterior density, by L-BFGS (`descent`) with exact derivatives. The prior
//!   of lengths grows with the number of dimensions (Hvarfner, Hellsten & Nardi 2024, doi:10.48550/arXiv.2402.02229), so that many
//!   parameters do not make all points strangers. When to fit, and from where, depends on the number of trials alone.
//! - **`warp`**: losses are raised to the power 1, ½ or 0 (the logarithm), the most likely of these (Box & Cox 1964,
//!   doi:10.1111/j.2517-6161.1964.tb00553.x), so that neither valleys nor walls hide what matters.
//! - **`posterior`**: mean and variance at any point. What trials that are running may find is drawn eight times, and the improvement
//!   averaged over these (Snoek, Larochelle & Adams 2012; Wilson, Hutter & Deisenroth 2018, doi:10.48550/arXiv.1805.10196), but half as far
//!   from what is expected as they may be: so they keep apart without hoping for each other's luck. Those that failed are supposed to have
//!   found what is expected of them, or as good as the best (Ginsbourger, Le Riche & Carraro 2010, doi:10.1007/978-3-642-10701-6_6): they
//!   are kept away from, and nothing else is learnt.
//! - **`acquisition`**: the logarithm of the expected improvement over the best mean, stable however small (Ament, Daulton, Eriksson,
//!   Balandat & Bakshy 2023, doi:10.48550/arXiv.2310.20708), plus that of the share of it that one more trial tells from noise (Huang,
//!   Allen, Notz & Zeng 2006, doi:10.1007/s10898-005-2454-3), and that of the share of trials nearby that did not fail, which matters the
//!   more the more failed lately. Where there is nothing to hope for, where least is known.
//! - **`search`, `candidates`**: many points of a Sobol sequence and near good trials are looked at; from the best, numbers climb along the
//!   slope by turns with discrete parameters, value by value. A space of up to 256 configurations is looked at whole. Nothing is rounded.
//! - **`outlook`**: what is still to be gained, for who wants to end when that is little: the expected improvement, and a bound of the
//!   regret (Makarova et al. 2022, doi:10.48550/arXiv.2104.08166).
//! - **`observed`, `model`**: beyond 400 trials a model is made from the best, the last and an even choice of the others, and three of four
//!   suggestions are looked for in the box around the best hundred: a trust region (after Eriksson, Pearce, Gardner, Turner & Poloczek
//!   2019, doi:10.48550/arXiv.1910.01739).
//!
//! Also: Snoek, Larochelle & Adams 2012, *Practical Bayesian optimization of machine learning algorithms* (doi:10.48550/arXiv.1206.2944);
//! Rasmussen & Williams 2006, *Gaussian processes for machine learning* (doi:10.7551/mitpress/3206.001.0001).
//!
//! `benches/search/` compares it with Optuna's.

mod acquisition;
mod candidates;
mod descent;
mod features;
mod fit;
mod fits;
mod kernel;
mod matrix;
mod model;
mod observed;
mod outlook;
mod posterior;
mod search;
mod sums;
mod warp;

use super::axis::Axis;
use super::batch::Batch;
use super::random;
use super::sobol::Sequence;
use super::untried::Untried;
use super::{Algorithm, AlgorithmInfo, Outlook, Reason, Why};
use crate::draws::{self, mix};
use crate::history::{Goal, History};
use crate::setting::{Checked, Setting, SettingKind};
use crate::space::{Configuration, Lattice, Space};
use acquisition::{Acquisition, Aim};
use candidates::near;
use features::Features;
use fits::{Fits, Lessons, QUICK};
use model::{Model, Scene};
use observed::Observed;
use search::{Climb, Scored, Terrain};
use std::sync::Arc;

/// What there is to know of `gp`.
pub(super) const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "gp",
    summary: "models the objective by a Gaussian process and tries what is most likely to be better; finds the most in few trials, in spaces of any kind",
    settings: &[Setting {
        name: "startup_trials",
        kind: SettingKind::Int {
            min: 2,
            max: i64::MAX,
        },
        default: "8",
        doc: "so many trials must have succeeded or been stopped early before it learns; until then it tries the middle and spreads its points as `sobol` does",
    }],
};

/// Sets its random numbers apart from those of other algorithms with the same seed.
const SALT: u64 = 0x6770_0000;

/// So many points of the sequence are looked at for a suggestion …
const SPREAD: u64 = 256;

/// … and so many near each good one.
const NEAR: usize = 16;

/// From so many of either the search climbs.
const STARTS: usize = 2;

/// A space of no more configurations is looked at whole.
const SMALL: u128 = 256;

/// With many trials, one suggestion in so many is looked for everywhere.
const EVERYWHERE: u64 = 4;

/// Where the logarithm of the expected improvement is below this, nothing better is to be expected.
const HOPELESS: f64 = -60.0;

/// Suggests where the expected improvement is highest.
pub(super) struct Gp {
    space: Arc<Space>,
    seed: u64,
    startup_trials: usize,
    axes: Vec<Axis>,
    features: Features,
    is_parent: Vec<bool>,
    /// How many parameters are active at once, on average.
    dimensions: f64,
    /// All points of a small space.
    all: Vec<Vec<f64>>,
    startup: Sequence,
    untried: Untried,
    /// The coordinates of each trial, NaN where a parameter is not active: a cache.
    points: Vec<Vec<f64>>,
    fits: Fits,
    why: Vec<Why>,
}

impl Gp {
    pub fn new(space: Arc<Space>, seed: u64, settings: &Checked) -> Self {
        let axes: Vec<Axis> = space.parameters().iter().map(Axis::new).collect();
        let (mut is_child, mut is_parent) = (vec![false; axes.len()], vec![false; axes.len()]);
        for (child, parent) in space.dependences() {
            (is_child[child], is_parent[parent]) = (true, true);
        }
        let startup = Sequence::new(axes.len(), seed);
        let dimensions = dimensions(&space, &startup);
        let lattice = Lattice::every(Arc::clone(&space));
        Self {
            seed,
            startup_trials: settings.count("startup_trials"),
            features: Features::new(&axes, &is_child),
            is_parent,
            dimensions,
            all: all(&space, &lattice),
            startup,
            untried: Untried::shuffled(lattice, seed),
            points: Vec::new(),
            fits: Fits::new(axes.len(), dimensions),
            why: Vec::new(),
            axes,
            space,
        }
    }

    /// How many parameters are active at once, on average.
    pub fn dimensions(&self) -> f64 {
        self.dimensions
    }

    /// What is known of noise once so many trials have a value that it can be told from structure: after how many finished trials that was,
    /// and which share of the variance it is.
    pub fn noise(&mut self, history: &History) -> Option<(usize, f64)> {
        self.follow(history);
        let observed = Observed::new(history);
        let last = observed.valued.get(QUICK - 1)?.number;
        let after = 1 + history.finished().iter().position(|it| *it == last)?;
        let at = |number: usize| self.features.at(&self.points[number]);
        let lessons = Lessons {
            features: &self.features,
            valued: &observed.valued,
            at: &at,
        };
        Some((after, self.fits.of_first(QUICK, lessons).noise()))
    }

    /// Brings the coordinates up to date.
    fn follow(&mut self, history: &History) {
        let trials = history.trials();
        self.points.truncate(trials.len());
        for trial in &trials[self.points.len()..] {
            self.points.push(point(&self.space, &trial.configuration));
        }
    }

    /// What is known, once enough is.
    fn model(&mut self, observed: &Observed) -> Option<Model> {
        if observed.valued.len() < self.startup_trials || observed.succeeded == 0 {
            return None;
        }
        let scene = Scene {
            features: &self.features,
            points: &self.points,
            is_parent: &self.is_parent,
            dimensions: self.dimensions,
        };
        Model::new(&scene, observed, &mut self.fits)
    }

    /// The next configuration; `None` when it finds none that is not taken.
    fn propose(
        &self,
        batch: &Batch<'_>,
        model: Option<&Model>,
        goal: Goal,
    ) -> Option<(Configuration, Why)> {
        let place = batch.next_place() as u64;
        let Some(model) = model else {
            let start = match place {
                0 => vec![0.5; self.axes.len()],
                _ => self.startup.point(place),
            };
            let configuration = self.space.decode(&start);
            return (!batch.taken(&configuration)).then(|| (configuration, why(Reason::Startup)));
        };
        let bounds = match &model.span {
            Some(span) if !place.is_multiple_of(EVERYWHERE) => span,
            _ => &everywhere(&self.axes),
        };
        let mut climb = self.look_around(model, bounds, place);
        if climb.seen.iter().all(|seen| seen.score < HOPELESS) {
            climb = climb.again(Aim::Knowledge);
        }
        self.climb(&mut climb, place);
        climb.seen.sort_by(|a, b| b.score.total_cmp(&a.score));
        let seen = climb.seen.iter();
        let (configuration, seen) =
            batch.first(seen.map(|seen| (self.space.decode(&seen.point), seen)))?;
        Some((configuration, explain(&climb, seen, model, goal)))
    }

    /// Looks at points everywhere, and near those that are good.
    fn look_around<'a>(
        &'a self,
        model: &'a Model,
        bounds: &'a [(f64, f64)],
        place: u64,
    ) -> Climb<'a> {
        let terrain = Terrain {
            space: &self.space,
            axes: &self.axes,
            features: &self.features,
            conditional: self.is_parent.contains(&true),
            bounds,
        };
        let acquisition = Acquisition {
            posterior: &model.posterior,
            feasibility: model.feasibility.as_ref(),
            aim: Aim::Improvement,
        };
        let mut climb = Climb::new(terrain, acquisition);
        if !self.all.is_empty() {
            self.all.iter().for_each(|point| climb.look(point.clone()));
            return climb;
        }
        for index in 0..SPREAD {
            let point = self.startup.point(place * SPREAD + index);
            climb.look(climb.terrain.stretched(&point));
        }
        let mut generator = draws::generator(mix(self.seed, SALT), place);
        for good in &model.good {
            for turn in 0..NEAR {
                let point = near(good, &self.axes, turn, &mut generator);
                climb.look(climb.terrain.clamped(point));
            }
        }
        climb
    }

    /// Climbs from the best of what was looked at.
    fn climb(&self, climb: &mut Climb<'_>, place: u64) {
        if !self.all.is_empty() {
            return;
        }
        let mut generator = draws::generator(mix(self.seed, SALT + 1), place);
        let (spread, near) = climb.seen.split_at(SPREAD as usize);
        let starts: Vec<Scored> = best(spread).into_iter().chain(best(near)).collect();
        for start in starts {
            climb.climb(start, &mut generator);
        }
    }
}

/// The whole of the unit cube.
fn everywhere(axes: &[Axis]) -> Vec<(f64, f64)> {
    vec![(0.0, 1.0); axes.len()]
}

/// The first few by their scores.
fn best(seen: &[Scored]) -> Vec<Scored> {
    let mut order: Vec<&Scored> = seen.iter().collect();
    order.sort_by(|a, b| b.score.total_cmp(&a.score));
    order.into_iter().take(STARTS).cloned().collect()
}

/// The coordinates of a configuration, NaN where a parameter is not active.
fn point(space: &Space, configuration: &Configuration) -> Vec<f64> {
    let units = space.encode(configuration);
    units.iter().map(|unit| unit.unwrap_or(f64::NAN)).collect()
}

/// How many parameters are active, on average over some points.
fn dimensions(space: &Space, points: &Sequence) -> f64 {
    const POINTS: u64 = 64;
    let active = |index| {
        space
            .active_at(&points.point(index))
            .iter()
            .filter(|active| **active)
            .count()
    };
    (0..POINTS).map(active).sum::<usize>() as f64 / POINTS as f64
}

/// All points of a small space; none of a larger one.
fn all(space: &Space, lattice: &Lattice) -> Vec<Vec<f64>> {
    if space.size().is_none_or(|size| size > SMALL) {
        return Vec::new();
    }
    let configurations = (0..lattice.count()).filter_map(|rank| lattice.nth(rank));
    let complete = |configuration: &Configuration| {
        let units = space.encode(configuration);
        units.iter().map(|unit| unit.unwrap_or(0.5)).collect()
    };
    configurations
        .map(|configuration| complete(&configuration))
        .collect()
}

fn why(reason: Reason) -> Why {
    Why::new(INFO.name, reason)
}

/// What is expected of a point, in the units of the objective.
fn explain(climb: &Climb<'_>, seen: &Scored, model: &Model, goal: Goal) -> Why {
    let at = climb.terrain.features(&seen.point);
    let (mean, variance) = model.posterior.at(&at);
    let loss = |deviations: f64| model.warped.loss(mean + deviations * variance.sqrt());
    let sign = if goal == Goal::Minimize { 1.0 } else { -1.0 };
    let reason = match climb.acquisition.explores(&at) {
        true => Reason::Exploration,
        false => Reason::Exploitation,
    };
    why(reason)
        .with_prediction(sign * loss(0.0), (loss(1.0) - loss(-1.0)) / 2.0)
        .with_acquisition(seen.score)
}

impl Algorithm for Gp {
    fn suggest(&mut self, history: &History, count: usize) -> Vec<Configuration> {
        self.untried.begin_batch();
        self.follow(history);
        let observed = Observed::new(history);
        let mut model = self.model(&observed);
        let (suggested, why) = Batch::fill(history, count, |batch| {
            let proposed = self.propose(batch, model.as_ref(), history.goal());
            let random = || {
                Some((
                    random::draw(&self.space, self.seed, batch)?,
                    why(Reason::Untried),
                ))
            };
            let (configuration, reason) = match proposed.or_else(random) {
                Some(found) => found,
                None => (self.untried.next(batch)?, why(Reason::Untried)),
            };
            if let Some(model) = &mut model {
                model.suppose(&self.features.at(&point(&self.space, &configuration)));
            }
            Some((configuration, reason))
        });
        self.why = why;
        suggested
    }

    fn learns(&self) -> bool {
        true
    }

    fn outlook(&mut self, history: &History) -> Option<Outlook> {
        self.look_out(history)
    }

    fn why(&self) -> &[Why] {
        &self.why
    }
}

#[cfg(test)]
mod tests;
