//! The state of the search: what the finished trials, in the order in which they finished, have made of the distribution.

use super::choices::Choices;
use super::gaussian::Gaussian;
use super::generation::{Loss, Member, weigh};
use super::layout::Layout;
use super::rates::{self, Rates};
use super::restarts::{Restarts, Watch};
use super::warm;
use crate::draws::{self, mix};
use crate::history::{History, Origin};
use crate::space::Space;

/// Sets the random numbers of the state apart from those of suggestions.
const SALT: u64 = 0x636d_6173;

/// What the user may set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// How many trials make a generation; `None`: what suits the dimensions.
    pub population: Option<usize>,
    /// The standard deviation to begin with, as a share of each range.
    pub initial_step: f64,
    /// Whether to begin anew when a run has come to its end.
    pub restarts: bool,
}

/// The distribution, and the trials it has not yet learnt from.
#[derive(Clone, Debug)]
pub(super) struct Run {
    options: Options,
    seed: u64,
    pub gaussian: Gaussian,
    pub choices: Choices,
    rates: Rates,
    members: Vec<Member>,
    /// How many of the finished trials have been taken in.
    seen: usize,
    /// One more than the largest number of those.
    newest: usize,
    /// Trials before this number belong to earlier runs.
    first: usize,
    restarts: Restarts,
    watch: Watch,
    /// How many trials this run has taken in.
    trials: usize,
    runs: u64,
    /// Whether it began where another search has been.
    is_warm: bool,
}

impl Run {
    pub fn new(layout: &Layout, seed: u64, options: Options) -> Self {
        let dimensions = layout.numbers.len();
        let usual = rates::population(dimensions + layout.counts.len());
        let population = options.population.unwrap_or(usual);
        Self {
            options,
            seed,
            gaussian: Gaussian::new(vec![0.5; dimensions], options.initial_step),
            choices: Choices::new(&layout.counts),
            rates: Rates::new(dimensions, population),
            members: Vec::with_capacity(population),
            seen: 0,
            newest: 0,
            first: 0,
            restarts: Restarts::new(population),
            watch: Watch::default(),
            trials: 0,
            runs: 0,
            is_warm: false,
        }
    }

    /// Whether the distribution is another than to begin with.
    pub fn has_learnt(&self) -> bool {
        self.trials > 0 || self.is_warm
    }

    /// Takes over from another algorithm after so many finished trials: begins with the distribution of the best of them.
    pub fn taking_over(
        mut self,
        space: &Space,
        layout: &Layout,
        history: &History,
        after: usize,
    ) -> Self {
        let finished = &history.finished()[..after.min(history.finished().len())];
        let members = finished
            .iter()
            .filter_map(|number| member(space, history, *number));
        let best = warm::best(members.collect());
        if best.len() > 1 {
            let points: Vec<Vec<f64>> = best.iter().map(|it| self.numbers(layout, it)).collect();
            let choices: Vec<_> = best.iter().map(|it| layout.choices(&it.units)).collect();
            self.gaussian = Gaussian::of(&points);
            self.choices = Choices::of(&layout.counts, &choices);
            self.is_warm = true;
        }
        self.seen = finished.len();
        self.newest = finished.iter().max().map_or(0, |number| number + 1);
        self
    }

    /// Takes in the trials that have finished since the last time. Whether it can: not when the history is another one.
    pub fn follow(&mut self, space: &Space, layout: &Layout, history: &History) -> bool {
        if history.finished().len() < self.seen {
            return false;
        }
        if self.seen < history.prior() {
            self.begin_warm(space, layout, history);
        }
        for number in &history.finished()[self.seen..] {
            self.seen += 1;
            self.newest = self.newest.max(number + 1);
            if *number < self.first && history.trials()[*number].origin == Origin::Suggested {
                continue;
            }
            self.members.extend(member(space, history, *number));
            if self.members.len() >= self.rates.population {
                self.learn(layout);
            }
        }
        true
    }

    /// Begins around the best of another search.
    fn begin_warm(&mut self, space: &Space, layout: &Layout, history: &History) {
        let members = (0..history.prior()).filter_map(|number| member(space, history, number));
        let numbers = |member: &Member| self.numbers(layout, member);
        let start = warm::start(layout, self.options, members.collect(), numbers);
        if let Some((gaussian, choices)) = start {
            (self.gaussian, self.choices, self.is_warm) = (gaussian, choices, true);
        }
        (self.seen, self.newest) = (history.prior(), history.prior());
    }

    /// Learns from a full generation.
    fn learn(&mut self, layout: &Layout) {
        let members = std::mem::take(&mut self.members);
        self.trials += members.len();
        if let Some(weights) = weigh(&members, &self.rates.weights) {
            let points: Vec<Vec<f64>> = members.iter().map(|it| self.numbers(layout, it)).collect();
            self.gaussian
                .learn(&self.rates, &points, &weights, &layout.numbers);
            let choices: Vec<_> = members.iter().map(|it| layout.choices(&it.units)).collect();
            let good = weights
                .iter()
                .zip(&choices)
                .filter(|(weight, _)| **weight > 0.0);
            let good: Vec<_> = good.map(|(weight, it)| (*weight, &it[..])).collect();
            self.choices.learn(&good);
        }
        if self.watch.is_over(&members, &self.gaussian) && self.options.restarts {
            self.restart(layout);
        }
    }

    fn numbers(&self, layout: &Layout, member: &Member) -> Vec<f64> {
        let mut generator = draws::generator(mix(self.seed, SALT), member.number as u64);
        layout.numbers(&member.units, &self.gaussian, &mut generator)
    }

    fn restart(&mut self, layout: &Layout) {
        self.runs += 1;
        let mut generator = draws::generator(mix(self.seed, SALT ^ 1), self.runs);
        let start = self.restarts.next(self.trials, &mut generator);
        let mean = layout.numbers.iter().map(|_| draws::unit(&mut generator));
        self.gaussian = Gaussian::new(mean.collect(), self.options.initial_step * start.share);
        self.choices = Choices::new(&layout.counts);
        self.rates = Rates::new(layout.numbers.len(), start.population);
        self.watch = Watch::default();
        (self.trials, self.first, self.is_warm) = (0, self.newest, false);
    }
}

/// A trial, once it has finished.
fn member(space: &Space, history: &History, number: usize) -> Option<Member> {
    let trial = &history.trials()[number];
    Some(Member {
        number,
        units: space.encode(&trial.configuration),
        loss: Loss::new(history.goal(), trial.outcome?),
    })
}
