//! `tpe`, a tree-structured Parzen estimator: for spaces of any kind and trials that are many or quick.
//!
//! It splits the trials into good and bad ones, estimates a density of either, and suggests the point at which that of
//! the good most exceeds that of the bad. It copes with conditions, categoricals, noise, failures and many parallel
//! trials, and takes a fraction of a millisecond.
//!
//! | setting | default | range | |
//! |---|---|---|---|
//! | `startup_trials` | 10 | from 2 | so many trials must have succeeded or been stopped early before it learns; until then it is `sobol` |
//! | `candidates` | 32 | 1 to 100,000 | of how many points drawn from the good density the best is taken; more make it greedier |
//!
//! How it works, and where it goes beyond the original (Bergstra et al. 2011):
//!
//! - **Good** is the best 15 % of the trials that succeeded, of at most 25; their weights fall with the logarithm of their rank,
//!   as those of CMA-ES do (Hansen 2016, arXiv:1604.00772), so that a huge value does no harm. All others are **bad**:
//!   also those that failed or were stopped early, and those still running, so that parallel trials keep apart. From some 300 on,
//!   a few bad trials stand for the rest, and a suggestion takes no longer.
//! - **Each density** is a mixture of one component for each trial and a uniform one. A component is the product of its kernels for *all*
//!   parameters (multivariate; Falkner et al. 2018, doi:10.48550/arXiv.1807.01774), so that it knows which values go together. Of more than
//!   ten parameters, random blocks are taken to be independent of each other, different ones for each suggestion.
//! - **The middle** of the good trials is a component too: around their weighted mean, as wide as they lie apart, with the choices that
//!   they have. Drawing from it averages good trials (recombination, as in CMA-ES), which many at once need in particular: what each of
//!   several running trials builds on is then what all good ones have in common, and not the best alone.
//! - **Kernels** of numbers are normal distributions cut off at the bounds, as wide as the gap to the next trial, but no
//!   narrower than (2 + good trials)⁻ᵃ, with *a* between 1 and 1.5 at random for each suggestion: some look around, some look
//!   closely. For discrete values they are integrated over each value's cell. Watanabe 2023 (doi:10.48550/arXiv.2304.11127) shows how much
//!   the least width matters. Kernels of categoricals leave a share to unseen choices that shrinks as trials come in.
//! - **Conditions**: a parameter that was not active in a trial has a uniform kernel there. So a branch is modelled by
//!   the trials in it, and what branches share by all. The parameters on which others depend are chosen first, by their
//!   own densities: a branch that is known well has higher peaks than one that is not, and would always win.
//!
//! References: Bergstra, Bardenet, Bengio & Kégl 2011, *Algorithms for hyper-parameter optimization* (NeurIPS 24);
//! Bergstra, Yamins & Cox 2013, *Making a science of model search* (ICML 28); and those above.
//!
//! `benches/search/` compares it with Optuna's.

mod bandwidth;
mod blocks;
mod candidates;
mod kernels;
mod mixture;
mod quick;
mod split;

use super::axis::Axis;
use super::batch::Batch;
use super::random;
use super::sobol::Sequence;
use super::untried::Untried;
use super::{Algorithm, AlgorithmInfo, Reason, Why};
use crate::draws::{self, mix};
use crate::history::History;
use crate::normal::Normals;
use crate::setting::{Checked, Setting, SettingKind};
use crate::space::{Configuration, Lattice, Space};
use bandwidth::Orders;
use candidates::{Candidate, Candidates};
use kernels::Least;
use mixture::{Middle, Mixture};
use rand_chacha::ChaCha8Rng;
use split::{Ranking, Split};
use std::borrow::Cow;
use std::sync::Arc;

/// What there is to know of `tpe`.
pub(super) const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "tpe",
    summary: "looks where good trials are dense and bad ones are not (a tree-structured Parzen estimator); learns from the first dozen trials on, in spaces of any kind",
    settings: &[
        Setting {
            name: "startup_trials",
            kind: SettingKind::Int {
                min: 2,
                max: i64::MAX,
            },
            default: "10",
            doc: "so many trials must have succeeded or been stopped early before it learns; until then it spreads its points as `sobol` does",
        },
        Setting {
            name: "candidates",
            kind: SettingKind::Int {
                min: 1,
                max: 100_000,
            },
            default: "32",
            doc: "of how many points from where good trials are dense the best is suggested; more make the search greedier",
        },
    ],
};

/// Sets its random numbers apart from those of other algorithms with the same seed.
const SALT: u64 = 0x7470_6500;

/// So many parameters are modelled jointly.
const BLOCK: usize = 10;

/// The least width of kernels of good trials is their number to a negative power, at random between these.
const FINENESS: [f64; 2] = [1.0, 1.5];

/// What the component for all good trials together counts, compared with theirs …
const SHARE_OF_MIDDLE: f64 = 1.5;

/// … and its width as a share of their deviation, at random between these.
const REACH: [f64; 2] = [0.5, 0.9];

/// The narrowest kernels of bad trials.
const LEAST_OF_BAD: f64 = 0.01;

/// Suggests the best of many candidates.
pub(super) struct Tpe {
    space: Arc<Space>,
    seed: u64,
    startup_trials: usize,
    candidates: usize,
    axes: Vec<Axis>,
    families: Vec<Vec<usize>>,
    /// Whether others depend on a parameter.
    is_parent: Vec<bool>,
    startup: Sequence,
    untried: Untried,
    /// The coordinates of each trial, NaN where a parameter is not active: a cache.
    points: Vec<Vec<f64>>,
    /// The trials in order of how good they are: a cache.
    ranking: Ranking,
    /// The orders of the coordinates of good trials, and of bad ones: a cache.
    orders: [Orders; 2],
    why: Vec<Why>,
}

fn why(candidate: &Candidate) -> Why {
    let reason = match candidate.is_blind {
        true => Reason::Exploration,
        false => Reason::Exploitation,
    };
    Why::new(INFO.name, reason).with_acquisition(candidate.most)
}

impl Tpe {
    pub fn new(space: Arc<Space>, seed: u64, settings: &Checked) -> Self {
        let mut is_parent = vec![false; space.parameters().len()];
        space
            .dependences()
            .for_each(|(_, parent)| is_parent[parent] = true);
        Self {
            seed,
            is_parent,
            startup_trials: settings.count("startup_trials"),
            candidates: settings.count("candidates"),
            axes: space.parameters().iter().map(Axis::new).collect(),
            families: blocks::families(&space),
            startup: Sequence::new(space.parameters().len(), seed),
            untried: Untried::shuffled(Lattice::every(Arc::clone(&space)), seed),
            points: Vec::new(),
            ranking: Ranking::default(),
            orders: [(); 2].map(|()| Orders::new(space.parameters().len())),
            why: Vec::new(),
            space,
        }
    }

    /// Brings the coordinates up to date.
    fn follow(&mut self, history: &History) {
        let trials = history.trials();
        self.points.truncate(trials.len());
        for trial in &trials[self.points.len()..] {
            self.points.push(self.point(&trial.configuration));
        }
    }

    fn point(&self, configuration: &Configuration) -> Vec<f64> {
        let units = self.space.encode(configuration);
        units.iter().map(|unit| unit.unwrap_or(f64::NAN)).collect()
    }

    /// The next configuration; `None` when it finds none that is not taken.
    fn propose(
        &mut self,
        batch: &Batch<'_>,
        split: Option<&Split>,
    ) -> Option<(Configuration, Why)> {
        let place = batch.next_place() as u64;
        let Some(split) = split else {
            let configuration = self.space.decode(&self.startup.point(place));
            return (!batch.taken(&configuration))
                .then(|| (configuration, Why::new(INFO.name, Reason::Startup)));
        };
        let mut generator = draws::generator(mix(self.seed, SALT), place);
        let candidates = self.best_first(split, &mut generator);
        let (configuration, candidate) =
            batch.first(candidates.map(|it| (self.space.decode(&it.drawn), it)))?;
        Some((configuration, why(&candidate)))
    }

    /// One of what has not been tried.
    fn untried(&mut self, batch: &Batch<'_>) -> Option<(Configuration, Why)> {
        let drawn = random::draw(&self.space, self.seed, batch);
        let configuration = drawn.or_else(|| self.untried.next(batch))?;
        Some((configuration, Why::new(INFO.name, Reason::Untried)))
    }

    /// Candidates, the most promising first: those of the most promising branch, and among them those that gain most.
    fn best_first(
        &mut self,
        split: &Split,
        generator: &mut ChaCha8Rng,
    ) -> impl Iterator<Item = Candidate> + use<> {
        let blocks = blocks::blocks(&self.families, BLOCK, generator);
        let (mut good, mut bad) =
            self.densities(split, [draws::unit(generator), draws::unit(generator)]);
        let mut normals = Normals::new(generator);
        let drawn: Vec<Candidate> = (0..self.candidates)
            .map(|_| {
                let (drawn, is_blind) = good.draw(&blocks, &mut normals);
                let drawn = self.snapped(drawn);
                let active = self.active(&drawn);
                let branch = self.branch(&active).map_or(0.0, |branch| {
                    good.log_density(&blocks, &branch) - bad.log_density(&blocks, &branch)
                });
                let good = good.log_density(&blocks, &active);
                Candidate {
                    branch,
                    good,
                    most: good - bad.least_log_density(&blocks, &active),
                    is_exact: false,
                    is_blind,
                    active: matches!(active, Cow::Owned(_)).then(|| active.into_owned()),
                    drawn,
                }
            })
            .collect();
        Candidates::new(drawn, move |point| bad.log_density(&blocks, point))
    }

    /// The densities of good and of bad trials; `fine` and `reach`, in [0, 1], are how closely to look around each good trial, and how far
    /// around their middle.
    fn densities(&mut self, split: &Split, [fine, reach]: [f64; 2]) -> (Mixture, Mixture) {
        let points = &self.points;
        let at = |trials: &[(usize, f64)]| -> Vec<(&[f64], f64)> {
            let weighted = trials.iter();
            weighted
                .map(|(number, weight)| (&points[*number][..], *weight))
                .collect()
        };
        let fineness = FINENESS[0] + (FINENESS[1] - FINENESS[0]) * fine;
        let least_of_good = Least {
            width: libm::pow(2.0 + split.good.len() as f64, -fineness),
            cells: 0.5,
        };
        // Wider than those of good trials: then the next value is tried sooner than the same again.
        let least_of_bad = Least {
            width: LEAST_OF_BAD.max(1.0 / (2.0 + split.bad.len() as f64)),
            cells: 1.0,
        };
        let [of_good, of_bad] = &mut self.orders;
        of_good.follow(split.good.iter().map(|(number, _)| *number));
        of_bad.follow(split.bad.iter().map(|(number, _)| *number));
        let middle = (split.good.len() > 1).then(|| Middle {
            share: SHARE_OF_MIDDLE,
            reach: REACH[0] + (REACH[1] - REACH[0]) * reach,
        });
        (
            Mixture::new(&self.axes, &at(&split.good), of_good, least_of_good, middle),
            Mixture::new(&self.axes, &at(&split.bad), of_bad, least_of_bad, None),
        )
    }

    fn snapped(&self, mut point: Vec<f64>) -> Vec<f64> {
        for (unit, axis) in point.iter_mut().zip(&self.axes) {
            *unit = axis.snap(*unit);
        }
        point
    }

    /// Only the coordinates on which others depend; `None` without conditions.
    fn branch(&self, point: &[f64]) -> Option<Vec<f64>> {
        let units = point.iter().zip(&self.is_parent);
        let branch = units.map(|(unit, parent)| if *parent { *unit } else { f64::NAN });
        self.is_parent.contains(&true).then(|| branch.collect())
    }

    /// The same point, NaN where parameters are not active.
    fn active<'a>(&self, point: &'a [f64]) -> Cow<'a, [f64]> {
        // Without conditions, every parameter is a family of its own.
        if self.families.len() == point.len() {
            return point.into();
        }
        let active = self.space.active_at(point);
        let units = point.iter().zip(active);
        units
            .map(|(unit, active)| if active { *unit } else { f64::NAN })
            .collect()
    }
}

impl Algorithm for Tpe {
    fn suggest(&mut self, history: &History, count: usize) -> Vec<Configuration> {
        self.untried.begin_batch();
        self.follow(history);
        self.ranking.follow(history);
        let mut split = self.ranking.split(self.startup_trials);
        let (suggested, why) = Batch::fill(history, count, |batch| {
            let proposed = self.propose(batch, split.as_ref());
            let (configuration, why) = proposed.or_else(|| self.untried(batch))?;
            // As good as running.
            if let Some(split) = &mut split {
                split.bad.insert(split.running, (self.points.len(), 1.0));
                split.running += 1;
            }
            self.points.push(self.point(&configuration));
            Some((configuration, why))
        });
        self.why = why;
        suggested
    }

    fn learns(&self) -> bool {
        true
    }

    fn why(&self) -> &[Why] {
        &self.why
    }
}
