//! `auto` chooses among the others, and may choose anew while the search goes on.
//!
//! | as long as | it asks | why |
//! |---|---|---|
//! | fewer than 1,000 trials have finished | `gp` | it learns most from each |
//! | among the first 48 trials, a seventh of the variance or more is noise, and most parameters are numbers without conditions | `cmaes` | ranks of many trials mislead less than a model |
//! | 1,000 trials have finished | `gp` once in four, else `cmaes` where most parameters are numbers without conditions, else `tpe` | each sees what the other cannot |
//! | more than 100 parameters are active at once, or more than 64 trials run at once | `cmaes` or `tpe` | the model of `gp` would cost too much |
//! | `budget` says that there will be fewer than 50 trials for each parameter after those 1,000 | still `gp` | it learns most from each |
//!
//! | setting | default | range | |
//! |---|---|---|---|
//! | `budget` | none | from 1 | how many trials there will be, if that is known: then it does not change over to another for the last few |
//!
//! What it chooses depends on settings, the space and the trials that have finished, not on the limits of the experiment: these can be
//! raised while it runs, and the search would no longer be the same after a restart. How many trials run at once is seen from the order in
//! which they finish.
//!
//! Choices and conditions make no difference to the first choice: in `benches/search/`, `gp` is ahead of the others with all of them. Noise
//! is what the model of `gp` takes for it after 48 trials: great noise is told from rugged functions, little noise is not. Up to about a
//! hundred noisy trials `gp` is ahead in any case; who knows that there is noise and has several hundred trials should choose `cmaes` from
//! the start. That no algorithm is best everywhere, and that choosing pays, is the experience of the Black-Box Optimization Challenge
//! (Turner et al. 2021, doi:10.48550/arXiv.2104.10201).

use super::cmaes::Cmaes;
use super::gp::Gp;
use super::tpe::Tpe;
use super::{Algorithm, AlgorithmInfo, Outlook, Why};
use crate::history::History;
use crate::setting::{Setting, SettingKind};
use crate::space::Configuration;

/// What there is to know of `auto`.
pub(super) const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "auto",
    summary: "chooses for you: `gp`, and `cmaes` or `tpe` where there are very many trials or parameters",
    settings: &[Setting {
        name: "budget",
        kind: SettingKind::Int {
            min: 1,
            max: i64::MAX,
        },
        default: "",
        doc: "how many trials there will be, if that is known: then it does not change over to another algorithm for the last few",
    }],
};

/// From so many finished trials on `gp`, whose model does not grow any more, is asked less …
const MANY: usize = 1_000;

/// … once in so many.
const SELDOM: usize = 4;

/// So many trials for each parameter another algorithm needs before it is ahead.
const WORTH: f64 = 50.0;

/// More active parameters are too many for `gp`.
const MOST_DIMENSIONS: f64 = 100.0;

/// More trials at once are too many for `gp`.
const MOST_PARALLEL: usize = 64;

/// So much of the variance of the first four dozen trials is noise when `cmaes` is ahead.
const NOISY: f64 = 0.15;

/// Asks one of the others.
pub(super) struct Auto {
    gp: Gp,
    other: Other,
    budget: Option<usize>,
    /// When it was known how noisy trials are, and how much: a cache.
    noise: Option<(usize, f64)>,
    /// How many trials ran at once, as far as the first so many finished trials tell: a cache.
    parallel: (usize, usize),
    /// Who was asked last.
    last: Member,
    why: Vec<Why>,
}

/// What is asked where `gp` is not.
pub(super) enum Other {
    Cmaes(Box<Cmaes>),
    Tpe(Box<Tpe>),
}

impl Other {
    /// Takes over after so many finished trials.
    fn follow(&mut self, history: &History, after: usize) -> &mut dyn Algorithm {
        match self {
            Other::Cmaes(cmaes) => {
                cmaes.take_over(history, after);
                cmaes.as_mut()
            }
            Other::Tpe(tpe) => tpe.as_mut(),
        }
    }
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Member {
    Gp,
    Other,
}

/// Why that one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Chosen {
    /// Trials are few.
    Few,
    /// Trials are many: one that goes on learning from all of them takes turns with one that knows more of each.
    Many,
    /// There are too many parameters for a closer model.
    Large,
    /// Too many trials run at once for a closer model.
    Parallel,
    /// Much of what trials say is chance.
    Noisy,
}

impl Chosen {
    fn words(self) -> &'static str {
        match self {
            Self::Few => "it learns most from each of the trials so far",
            Self::Many => "with very many trials, two take turns",
            Self::Large => "there are very many parameters",
            Self::Parallel => "very many trials run at once",
            Self::Noisy => {
                "the values are noisy, and ranks of many trials mislead less than a model"
            }
        }
    }
}

/// What the choice depends on.
#[derive(Clone, Copy, Debug)]
struct Situation {
    dimensions: f64,
    parallel: usize,
    finished: usize,
    budget: Option<usize>,
    /// Which share of the variance is noise, as far as that is known and matters.
    noise: f64,
}

impl Auto {
    /// From algorithms for the same space.
    pub fn new(gp: Gp, other: Other, budget: Option<usize>) -> Self {
        Self {
            gp,
            other,
            budget,
            noise: None,
            parallel: (0, 0),
            last: Member::Gp,
            why: Vec::new(),
        }
    }

    fn member(&mut self, member: Member, chosen: Chosen, history: &History) -> &mut dyn Algorithm {
        self.last = member;
        // From noisy trials it learns as from its own: the best of them may be so by chance.
        let after = if chosen == Chosen::Many { MANY } else { 0 };
        match member {
            Member::Gp => &mut self.gp,
            Member::Other => self.other.follow(history, after),
        }
    }

    /// Which share of the variance is noise: looked at once, if there is another who could do with more of it.
    fn follow_noise(&mut self, history: &History) {
        let is_known = |(after, _): (usize, f64)| after <= history.finished().len();
        self.noise = self.noise.filter(|noise| is_known(*noise));
        if self.noise.is_none() && matches!(self.other, Other::Cmaes(_)) {
            self.noise = self.gp.noise(history);
        }
    }

    /// Looks at the trials that have finished since the last time. When one finishes, those with lower numbers have begun.
    fn follow(&mut self, finished: &[usize]) {
        let (known, mut most) = self.parallel;
        for (before, number) in finished.iter().enumerate().skip(known) {
            most = most.max((number + 1).saturating_sub(before));
        }
        self.parallel = (finished.len(), most);
    }
}

/// Who is asked, and why: nothing but finished trials may decide, so that a whole batch is made by the same.
fn choose(now: Situation) -> (Member, Chosen) {
    let left = now.budget.map(|budget| budget.saturating_sub(MANY) as f64);
    let few_left = left.is_some_and(|left| left < WORTH * now.dimensions);
    if now.dimensions > MOST_DIMENSIONS {
        (Member::Other, Chosen::Large)
    } else if now.parallel > MOST_PARALLEL {
        (Member::Other, Chosen::Parallel)
    } else if now.noise >= NOISY {
        (Member::Other, Chosen::Noisy)
    } else if now.finished < MANY || few_left {
        (Member::Gp, Chosen::Few)
    } else if now.finished.is_multiple_of(SELDOM) {
        (Member::Gp, Chosen::Many)
    } else {
        (Member::Other, Chosen::Many)
    }
}

impl Algorithm for Auto {
    fn suggest(&mut self, history: &History, count: usize) -> Vec<Configuration> {
        self.follow(history.finished());
        let mut now = Situation {
            dimensions: self.gp.dimensions(),
            parallel: self.parallel.1,
            finished: history.finished().len(),
            budget: self.budget,
            noise: 0.0,
        };
        if choose(now).0 == Member::Gp {
            self.follow_noise(history);
        }
        now.noise = self.noise.map_or(0.0, |(_, share)| share);
        let (member, chosen) = choose(now);
        let member = self.member(member, chosen, history);
        let suggested = member.suggest(history, count);
        let explained = member.why().iter().map(|why| Why {
            choice: Some(chosen.words().into()),
            ..why.clone()
        });
        self.why = explained.collect();
        suggested
    }

    fn learns(&self) -> bool {
        true
    }

    /// What `gp` says, whoever suggests.
    fn outlook(&mut self, history: &History) -> Option<Outlook> {
        self.gp.outlook(history)
    }

    fn why(&self) -> &[Why] {
        &self.why
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::{Reason, build};
    use crate::history::{Goal, Outcome};
    use crate::setting::Settings;
    use crate::space::{Parameter, Space};
    use serde_json::json;
    use std::sync::Arc;

    fn situation(dimensions: f64, parallel: usize, finished: usize) -> Situation {
        Situation {
            dimensions,
            parallel,
            finished,
            budget: None,
            noise: 0.0,
        }
    }

    #[test]
    fn gp_is_asked_unless_there_is_too_much_of_anything() {
        let chosen = |now| choose(now).0;
        assert_eq!(chosen(situation(10.0, 8, 0)), Member::Gp);
        assert_eq!(chosen(situation(10.0, 8, MANY - 1)), Member::Gp);
        assert_eq!(
            choose(situation(200.0, 1, 50)),
            (Member::Other, Chosen::Large)
        );
        assert_eq!(
            choose(situation(10.0, 65, 50)),
            (Member::Other, Chosen::Parallel)
        );
        let later = (MANY..MANY + 8).map(|finished| chosen(situation(10.0, 8, finished)));
        let asked = later.filter(|member| *member == Member::Gp).count();
        assert_eq!(asked, 2);
    }

    #[test]
    fn under_noise_it_changes_over() {
        let with = |noise, finished| Situation {
            noise,
            ..situation(5.0, 1, finished)
        };
        assert_eq!(choose(with(0.3, 60)), (Member::Other, Chosen::Noisy));
        assert_eq!(choose(with(0.3, 2 * MANY)), (Member::Other, Chosen::Noisy));
        assert_eq!(choose(with(0.1, 60)), (Member::Gp, Chosen::Few));
    }

    /// What it says after so many trials of a bowl with noise of this deviation; a new instance says the same.
    fn under_noise(trials: usize, deviation: f64) -> Why {
        let float = |name| json!({"name": name, "type": "float", "min": -5, "max": 5});
        let parameters = serde_json::from_value(json!([float("x"), float("y")])).unwrap();
        let space = Arc::new(Space::new(parameters).unwrap());
        let of = |name| build(name, Arc::clone(&space), 1, &Settings::new()).unwrap();
        let mut history = History::new(Goal::Minimize);
        let mut auto = of("auto");
        let mut generator = crate::draws::generator(1, 1);
        for _ in 0..trials {
            let configuration = auto.suggest(&history, 1).remove(0);
            let numbers = configuration.iter().filter_map(|(_, value)| value.as_f64());
            let bowl: f64 = numbers.map(|x| (x - 1.0) * (x - 1.0)).sum();
            let value = bowl + deviation * crate::normal::draw(&mut generator);
            let number = history.create(configuration);
            history.finish(number, Outcome::Succeeded(value));
        }
        let mut late = of("auto");
        assert_eq!(auto.suggest(&history, 2), late.suggest(&history, 2));
        assert_eq!(auto.why(), late.why());
        auto.why()[0].clone()
    }

    #[test]
    fn noise_is_seen_and_said() {
        assert_eq!(under_noise(47, 20.0).algorithm, "gp");
        let noisy = under_noise(52, 20.0);
        assert_eq!(noisy.algorithm, "cmaes");
        assert_eq!(noisy.choice.as_deref(), Some(Chosen::Noisy.words()));
        assert_eq!(under_noise(52, 0.1).algorithm, "gp");
    }

    #[test]
    fn it_does_not_change_over_for_the_last_few() {
        let with = |budget| Situation {
            budget: Some(budget),
            ..situation(10.0, 1, MANY + 1)
        };
        assert_eq!(choose(with(1200)), (Member::Gp, Chosen::Few));
        assert_eq!(choose(with(2000)), (Member::Other, Chosen::Many));
    }

    /// Whom it asks after so many trials, so many of which ran at once.
    fn asked(parameters: serde_json::Value, trials: usize, parallel: usize) -> Why {
        let parameters: Vec<Parameter> = serde_json::from_value(parameters).unwrap();
        let space = Arc::new(Space::new(parameters).unwrap());
        let of = |name| build(name, Arc::clone(&space), 1, &Settings::new()).unwrap();
        let mut history = History::new(Goal::Minimize);
        for configuration in of("random").suggest(&history, trials) {
            history.create(configuration);
        }
        let numbers: Vec<usize> = (0..trials).collect();
        for together in numbers.chunks(parallel) {
            for number in together.iter().rev() {
                let configuration = &history.trials()[*number].configuration;
                let value = configuration.get("x").and_then(crate::space::Value::as_f64);
                history.finish(*number, Outcome::Succeeded(value.unwrap_or(2.0)));
            }
        }
        let mut auto = of("auto");
        auto.suggest(&history, 1);
        auto.why()[0].clone()
    }

    #[test]
    fn who_is_asked_depends_on_what_there_is_to_search() {
        let float = json!([{"name": "x", "type": "float", "min": 0, "max": 1}]);
        let choice = json!([{"name": "c", "type": "categorical", "values": ["a", "b"]}, {"name": "x", "type": "float", "min": 0, "max": 1}]);
        let branch = json!([
            {"name": "b", "type": "bool"},
            {"name": "x", "type": "float", "min": 0, "max": 1, "when": {"b": [true]}},
            {"name": "y", "type": "float", "min": 0, "max": 1}
        ]);
        let first = asked(float.clone(), 0, 1);
        assert_eq!((&*first.algorithm, first.reason), ("gp", Reason::Startup));
        let chosen = |trials, parallel| asked(float.clone(), trials, parallel).choice;
        assert_eq!(chosen(0, 1).as_deref(), Some(Chosen::Few.words()));
        assert_eq!(chosen(70, 70).as_deref(), Some(Chosen::Parallel.words()));
        assert_eq!(chosen(70, 64).as_deref(), Some(Chosen::Few.words()));
        assert_eq!(asked(float.clone(), MANY + 1, 1).algorithm, "cmaes");
        assert_eq!(asked(choice, MANY + 1, 1).algorithm, "tpe");
        assert_eq!(asked(branch, MANY + 1, 1).algorithm, "tpe");
    }

    #[test]
    fn one_that_comes_late_asks_the_same() {
        let float = |name| json!({"name": name, "type": "float", "min": -5, "max": 5});
        let parameters = serde_json::from_value(json!([float("x"), float("y")])).unwrap();
        let space = Arc::new(Space::new(parameters).unwrap());
        let of = |name| build(name, Arc::clone(&space), 1, &Settings::new()).unwrap();
        let valley = |configuration: &Configuration| -> f64 {
            let at = |name| {
                configuration
                    .get(name)
                    .and_then(crate::space::Value::as_f64)
                    .unwrap()
            };
            let (x, y) = (at("x"), at("y"));
            (1.0 - x) * (1.0 - x) + 100.0 * (y - x * x) * (y - x * x)
        };
        let mut history = History::new(Goal::Minimize);
        let finish = |history: &mut History, configuration: Configuration| {
            let value = valley(&configuration);
            let number = history.create(configuration);
            history.finish(number, Outcome::Succeeded(value));
            value
        };
        for configuration in of("sobol").suggest(&history, MANY - 2) {
            finish(&mut history, configuration);
        }
        let mut auto = of("auto");
        let mut best = f64::INFINITY;
        for _ in 0..60 {
            let next = auto.suggest(&history, 1).remove(0);
            best = best.min(finish(&mut history, next));
        }
        assert_eq!(of("auto").suggest(&history, 3), auto.suggest(&history, 3));
        assert!(best < 1e-3, "{best}");
    }
}
