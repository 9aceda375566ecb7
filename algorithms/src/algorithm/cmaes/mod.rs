//! `cmaes`, the covariance matrix adaptation evolution strategy: for numeric parameters that interact, and for hundreds of trials.
//!
//! It draws trials from a normal distribution over all numeric parameters. After every generation of finished trials the distribution moves
//! towards the better half, stretches along the way it has taken and shrinks where nothing was won. Only ranks matter: huge values and odd
//! scales do no harm. It takes a few microseconds, however many trials there are, and keeps nothing of those it has learnt from.
//!
//! | setting | default | range | |
//! |---|---|---|---|
//! | `population` | 4 + ⌊3 ln parameters⌋ | 4 to 100,000 | trials of a generation: more for noise and many valleys, and as many as run at a time |
//! | `initial_step` | 0.17 | 0.001 to 1 | the standard deviation to begin with, around the middle, as a share of each range (on its scale) |
//! | `restarts` | `bipop` | or `none` | whether to begin anew, elsewhere, when it has come to a stand |
//!
//! How it works (Hansen 2016, arXiv:1604.00772), and what it adds:
//!
//! - **Active update**: bad trials shrink the distribution in their directions (Jastrebski & Arnold 2006, doi:10.1109/CEC.2006.1688662).
//! - **Any finished trial counts**, in the order in which trials finish: late ones of an earlier generation, those that a user enqueued,
//!   those that another algorithm suggested. What lies further away than a sample would is pulled in (Hansen 2011, arXiv:1110.4181). So
//!   workers never wait for a generation to be complete. Trials that were stopped early rank behind all that succeeded, those that failed
//!   last.
//! - **Bounds**: a sample beyond them is brought back to them, so that an optimum at a bound, or in a corner, is found as soon as any
//!   other.
//! - **Discrete numbers** are samples of the same distribution, cut into cells, with a margin that keeps neighbouring values possible
//!   (Hamano, Saito, Nomura & Shirakawa 2022, doi:10.1145/3512290.3528827).
//! - **Categoricals** have a probability for each choice, which follows the same ranks (CatCMA; Hamano et al. 2024,
//!   doi:10.1145/3638529.3654198).
//! - **Conditions**: where a parameter was not active, its coordinate is drawn from the distribution as it is, and so tells nothing. With
//!   many branches few trials speak for each: `tpe` suits those better.
//! - **Trials of another search** are where it begins: see `warm`.
//! - **Restarts** (BIPOP; Hansen 2009, doi:10.1145/1570256.1570333): populations that double, and between them small ones for about the
//!   same number of trials.
//! - **Samples** come from a scrambled Sobol sequence, so that a generation is spread evenly (Teytaud & Gelly 2007,
//!   doi:10.1145/1276958.1277162).
//!
//! `benches/search/` compares it with Optuna's.

mod choices;
mod cholesky;
mod gaussian;
mod generation;
mod layout;
mod margin;
mod rates;
mod restarts;
mod run;
mod warm;

use super::batch::Batch;
use super::random;
use super::sobol::Sequence;
use super::untried::Untried;
use super::{Algorithm, AlgorithmInfo, Reason, Why};
use crate::draws::{self, mix};
use crate::history::History;
use crate::setting::{Checked, Setting, SettingKind};
use crate::space::{Configuration, Lattice, Space};
use layout::Layout;
use run::{Options, Run};
use std::sync::Arc;

/// What there is to know of `cmaes`.
pub(super) const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "cmaes",
    summary: "a normal distribution that moves, stretches and turns towards good trials (CMA-ES with margin); for numeric parameters that interact, and for hundreds of trials",
    settings: &[
        Setting {
            name: "population",
            kind: SettingKind::Int {
                min: 4,
                max: 100_000,
            },
            default: "",
            doc: "how many trials it learns from at once; absent: 4 + ⌊3 ln parameters⌋",
        },
        Setting {
            name: "initial_step",
            kind: SettingKind::Float {
                min: 1e-3,
                max: 1.0,
            },
            default: "0.17",
            doc: "the standard deviation that it begins with, as a share of each range",
        },
        Setting {
            name: "restarts",
            kind: SettingKind::Choice(&["bipop", "none"]),
            default: "bipop",
            doc: "whether it begins anew, with larger and smaller populations in turn, when it has come to a stand",
        },
    ],
};

/// Sets its random numbers apart from those of other algorithms with the same seed.
const SALT: u64 = 0x636d_6165;

/// So many samples that turn out to be taken, and an untried configuration is looked for instead.
const ATTEMPTS: usize = 16;

/// Draws from the distribution.
pub(super) struct Cmaes {
    space: Arc<Space>,
    seed: u64,
    options: Options,
    layout: Layout,
    sequence: Sequence,
    untried: Untried,
    /// After how many finished trials it has taken over from another search.
    after: usize,
    /// What the finished trials have made of the distribution: a cache.
    run: Run,
    why: Vec<Why>,
}

impl Cmaes {
    pub fn new(space: Arc<Space>, seed: u64, settings: &Checked) -> Self {
        let options = Options {
            population: Some(settings.count("population")).filter(|count| *count > 0),
            initial_step: settings.float("initial_step").unwrap_or_default(),
            restarts: settings.choice("restarts") == "bipop",
        };
        let layout = Layout::new(&space);
        Self {
            seed,
            options,
            sequence: Sequence::new(space.parameters().len(), seed),
            untried: Untried::shuffled(Lattice::every(Arc::clone(&space)), seed),
            run: Run::new(&layout, seed, options),
            why: Vec::new(),
            after: 0,
            layout,
            space,
        }
    }

    fn follow(&mut self, history: &History) {
        if !self.run.follow(&self.space, &self.layout, history) {
            self.run = self.begin(history);
            self.run.follow(&self.space, &self.layout, history);
        }
    }

    fn begin(&self, history: &History) -> Run {
        let run = Run::new(&self.layout, self.seed, self.options);
        match self.after {
            0 => run,
            after => run.taking_over(&self.space, &self.layout, history, after),
        }
    }

    /// Takes over from another search after so many trials have finished.
    pub fn take_over(&mut self, history: &History, after: usize) {
        if after != self.after {
            self.after = after;
            self.run = self.begin(history);
        }
    }

    /// The next configuration; `None` when it finds none that is not taken.
    fn propose(&self, batch: &Batch<'_>) -> Option<(Configuration, Why)> {
        let place = batch.next_place() as u64;
        let mut generator = draws::generator(mix(self.seed, SALT), place);
        let mut units = self.sequence.point(place);
        let reason = match self.run.has_learnt() {
            true => Reason::Sample,
            false => Reason::Startup,
        };
        let samples = (0..ATTEMPTS).map(|_| {
            let configuration = self.space.decode(&self.sample(&units));
            units
                .iter_mut()
                .for_each(|unit| *unit = draws::unit(&mut generator));
            (configuration, Why::new(INFO.name, reason))
        });
        batch.first(samples)
    }

    /// One of what has not been tried.
    fn untried(&mut self, batch: &Batch<'_>) -> Option<(Configuration, Why)> {
        let drawn = random::draw(&self.space, self.seed, batch);
        let configuration = drawn.or_else(|| self.untried.next(batch))?;
        Some((configuration, Why::new(INFO.name, Reason::Untried)))
    }

    /// A point of the unit cube from the distribution: the one that coordinates stand for.
    fn sample(&self, units: &[f64]) -> Vec<f64> {
        let sample = self.run.gaussian.at(&self.layout.standard(units));
        let pick = |parameter, unit| self.run.choices.at(parameter, unit);
        self.layout.point(&sample, units, pick)
    }
}

impl Algorithm for Cmaes {
    fn suggest(&mut self, history: &History, count: usize) -> Vec<Configuration> {
        self.untried.begin_batch();
        self.follow(history);
        let (suggested, why) = Batch::fill(history, count, |batch| {
            self.propose(batch).or_else(|| self.untried(batch))
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

#[cfg(test)]
mod tests {
    use crate::algorithm::build;
    use crate::history::{Goal, History, Outcome};
    use crate::space::{Configuration, Parameter, Space, Value};
    use serde_json::json;
    use std::sync::Arc;

    fn space(parameters: serde_json::Value) -> Arc<Space> {
        let parameters: Vec<Parameter> = serde_json::from_value(parameters).unwrap();
        Arc::new(Space::new(parameters).unwrap())
    }

    fn numbers(count: usize, kind: &serde_json::Value) -> Arc<Space> {
        let parameters = (0..count).map(|index| {
            let mut parameter = kind.clone();
            parameter["name"] = json!(format!("x{index}"));
            parameter
        });
        space(parameters.collect())
    }

    /// The best value of so many trials, eight of which run at a time and end in another order than they began.
    fn best(
        space: &Arc<Space>,
        settings: serde_json::Value,
        trials: usize,
        value: impl Fn(&[f64]) -> f64,
    ) -> f64 {
        let settings = serde_json::from_value(settings).unwrap();
        let mut cmaes = build("cmaes", Arc::clone(space), 1, &settings).unwrap();
        let mut history = History::new(Goal::Minimize);
        let mut best = f64::INFINITY;
        while history.trials().len() < trials {
            let suggested = cmaes.suggest(&history, 8);
            let numbers: Vec<usize> = suggested.into_iter().map(|it| history.create(it)).collect();
            for number in numbers.into_iter().rev() {
                let found = value(&coordinates(&history.trials()[number].configuration));
                best = best.min(found);
                history.finish(number, Outcome::Succeeded(found));
            }
        }
        best
    }

    fn coordinates(configuration: &Configuration) -> Vec<f64> {
        configuration
            .iter()
            .filter_map(|(_, value)| Value::as_f64(value))
            .collect()
    }

    fn sphere(x: &[f64]) -> f64 {
        x.iter().map(|x| (x - 1.3) * (x - 1.3)).sum()
    }

    #[test]
    fn a_long_and_turned_valley_is_followed_to_its_end() {
        let floats = numbers(4, &json!({"type": "float", "min": -5, "max": 5}));
        let valley = |x: &[f64]| {
            let along: f64 = x.iter().sum::<f64>() - 3.0;
            1e4 * sphere(x) - (1e4 - 1.0) * (along - 2.2) * (along - 2.2) / 4.0
        };
        assert!(best(&floats, json!({}), 1500, valley) < 1e-6);
    }

    #[test]
    fn an_optimum_at_the_bounds_is_found() {
        let floats = numbers(5, &json!({"type": "float", "min": 2, "max": 5}));
        assert!(best(&floats, json!({}), 400, sphere) < 5.0 * 0.7 * 0.7 + 1e-9);
    }

    #[test]
    fn whole_numbers_never_get_stuck() {
        let ints = numbers(6, &json!({"type": "int", "min": -20, "max": 20}));
        let least = 6.0 * 0.3 * 0.3 + 1e-9;
        assert!(best(&ints, json!({}), 800, sphere) < least);
        let bits = numbers(10, &json!({"type": "ordinal", "values": [0, 1]}));
        assert!(best(&bits, json!({}), 400, sphere) < 10.0 * 0.3 * 0.3 + 1e-9);
    }

    #[test]
    fn restarts_leave_the_wrong_valley() {
        let floats = numbers(2, &json!({"type": "float", "min": -5, "max": 5}));
        let eggs = |x: &[f64]| -> f64 {
            let bumps = x.iter().map(|x| {
                (x + 3.1) * (x + 3.1) + 10.0 - 10.0 * libm::cos(std::f64::consts::TAU * (x + 3.1))
            });
            bumps.sum()
        };
        let stuck = best(
            &floats,
            json!({"restarts": "none", "initial_step": 0.01}),
            3000,
            eggs,
        );
        let free = best(&floats, json!({"initial_step": 0.01}), 3000, eggs);
        assert!(stuck > 3.0 && free < stuck / 4.0, "{stuck} {free}");
    }
}
