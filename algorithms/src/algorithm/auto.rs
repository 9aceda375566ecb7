//! `auto` chooses among the others, and may choose anew while the search goes on.
//!
//! | as long as | it asks |
//! |---|---|
//! | fewer than 1,000 trials have finished | `gp` |
//! | later | `gp` once in four, else `tpe`: what `gp` gains by then hardly pays for its time |
//! | more than 100 parameters are active at once, or more than 64 trials run at once | `tpe` |
//!
//! It has no settings. What it chooses depends on the space and on the trials that have finished, not on the limits of the experiment: these can be
//! raised while it runs, and the search would no longer be the same after a restart. How many trials run at once is seen from the order in which they
//! finish.
//!
//! Numbers, choices and conditions make no difference to the choice: in `benches/search/`, `gp` is ahead of `tpe` with all of them. That no algorithm
//! is best everywhere, and that choosing pays, is the experience of the Black-Box Optimization Challenge (Turner et al. 2021, doi:10.48550/arXiv.2104.10201).

use super::gp::Gp;
use super::tpe::Tpe;
use super::{Algorithm, AlgorithmInfo, Why};
use crate::history::History;
use crate::space::Configuration;

/// What there is to know of `auto`.
pub(super) const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "auto",
    summary: "chooses for you: `gp`, and `tpe` where there are very many trials or parameters",
    settings: &[],
};

/// From so many finished trials on, `gp` is asked less …
const MANY: usize = 1_000;

/// … once in so many.
const SELDOM: usize = 4;

/// More active parameters are too many for `gp`.
const MOST_DIMENSIONS: f64 = 100.0;

/// More trials at once are too many for `gp`.
const MOST_PARALLEL: usize = 64;

/// Asks one of the others.
pub(super) struct Auto {
    gp: Gp,
    tpe: Tpe,
    why: Vec<Why>,
    /// How many trials ran at once, as far as the first so many finished trials tell: a cache.
    parallel: (usize, usize),
}

/// Those that it chooses among. Another one is added here, in `member` and in `choose`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Member {
    Gp,
    Tpe,
}

impl Auto {
    /// From algorithms for the same space.
    pub fn new(gp: Gp, tpe: Tpe) -> Self {
        Self {
            gp,
            tpe,
            why: Vec::new(),
            parallel: (0, 0),
        }
    }

    fn member(&mut self, member: Member) -> &mut dyn Algorithm {
        match member {
            Member::Gp => &mut self.gp,
            Member::Tpe => &mut self.tpe,
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
fn choose(dimensions: f64, parallel: usize, finished: usize) -> (Member, &'static str) {
    if dimensions > MOST_DIMENSIONS {
        (Member::Tpe, "there are very many parameters")
    } else if parallel > MOST_PARALLEL {
        (Member::Tpe, "very many trials run at once")
    } else if finished < MANY {
        (Member::Gp, "it learns most from each of the trials so far")
    } else if finished.is_multiple_of(SELDOM) {
        (
            Member::Gp,
            "with very many trials, it is asked now and then",
        )
    } else {
        (Member::Tpe, "there are very many trials")
    }
}

impl Algorithm for Auto {
    fn suggest(&mut self, history: &History, count: usize) -> Vec<Configuration> {
        self.follow(history.finished());
        let finished = history.finished().len();
        let (chosen, words) = choose(self.gp.dimensions(), self.parallel.1, finished);
        let member = self.member(chosen);
        let suggested = member.suggest(history, count);
        let explained = member.why().iter().map(|why| Why {
            choice: Some(words.into()),
            ..why.clone()
        });
        self.why = explained.collect();
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
    use super::*;

    #[test]
    fn gp_is_asked_unless_there_is_too_much_of_anything() {
        assert_eq!(choose(10.0, 8, 0).0, Member::Gp);
        assert_eq!(choose(10.0, 8, 999).0, Member::Gp);
        assert_eq!(choose(200.0, 1, 50).0, Member::Tpe);
        assert_eq!(choose(10.0, 65, 50).0, Member::Tpe);
        let later = (1000..1008).map(|finished| choose(10.0, 8, finished).0);
        let asked = later.filter(|member| *member == Member::Gp).count();
        assert_eq!(asked, 2);
    }

    #[test]
    fn how_many_run_at_once_is_seen_from_the_order_of_the_ends() {
        let seen = |finished: &[usize]| {
            let space = std::sync::Arc::new(crate::space::Space::new(Vec::new()).unwrap());
            let checked = |info: AlgorithmInfo| {
                crate::setting::check(info.settings, &crate::setting::Settings::new()).unwrap()
            };
            let gp = Gp::new(space.clone(), 1, &checked(super::super::gp::INFO));
            let tpe = Tpe::new(space, 1, &checked(super::super::tpe::INFO));
            let mut auto = Auto::new(gp, tpe);
            auto.follow(&finished[..finished.len() / 2]);
            auto.follow(finished);
            auto.parallel.1
        };
        assert_eq!(seen(&[0, 1, 2, 3]), 1);
        assert_eq!(seen(&[3, 0, 1, 2, 7, 6, 5, 4]), 4);
    }
}
