//! A generation: finished trials, in the order in which they finished, until there are enough to learn from.

use crate::history::{Goal, Outcome};

/// A finished trial.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub number: usize,
    /// Its coordinates in the unit cube; `None` where a parameter was not active.
    pub units: Vec<Option<f64>>,
    /// How bad it is: those that succeeded by their values, then those that were stopped early, then those that failed.
    pub loss: Loss,
}

/// Smaller is better.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) enum Loss {
    Succeeded(f64),
    Stopped,
    Failed,
}

impl Loss {
    pub fn new(goal: Goal, outcome: Outcome) -> Self {
        match (outcome, goal) {
            (Outcome::Succeeded(value), Goal::Minimize) => Loss::Succeeded(value),
            (Outcome::Succeeded(value), Goal::Maximize) => Loss::Succeeded(-value),
            (Outcome::EarlyStopped(_), _) => Loss::Stopped,
            (Outcome::Failed, _) => Loss::Failed,
        }
    }
}

/// What each member of a generation counts, in their order: the weight of its rank, equals the mean of theirs. `None` when all are equal:
/// then there is nothing to learn.
pub(super) fn weigh(members: &[Member], by_rank: &[f64]) -> Option<Vec<f64>> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    // Values are finite: any two losses compare.
    let compare = |a: &usize, b: &usize| members[*a].loss.partial_cmp(&members[*b].loss);
    order.sort_by(|a, b| compare(a, b).unwrap_or(std::cmp::Ordering::Equal));
    let mut weights = vec![0.0; members.len()];
    let mut rank = 0;
    for equals in order.chunk_by(|a, b| members[*a].loss == members[*b].loss) {
        if equals.len() == members.len() {
            return None;
        }
        let shared = &by_rank[rank..rank + equals.len()];
        let mean = shared.iter().sum::<f64>() / equals.len() as f64;
        equals.iter().for_each(|member| weights[*member] = mean);
        rank += equals.len();
    }
    Some(weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(losses: &[Loss]) -> Option<Vec<f64>> {
        let member = |loss: &Loss| Member {
            number: 0,
            units: Vec::new(),
            loss: *loss,
        };
        let members: Vec<Member> = losses.iter().map(member).collect();
        weigh(&members, &[1.0, 0.5, -0.5, -1.0][..losses.len()])
    }

    #[test]
    fn ranks_decide_and_equals_share() {
        use Loss::{Failed, Stopped, Succeeded};
        let found = weights(&[Failed, Stopped, Succeeded(1e300), Succeeded(-2.0)]);
        assert_eq!(found.unwrap(), [-1.0, -0.5, 0.5, 1.0]);
        let found = weights(&[Failed, Succeeded(0.0), Failed, Succeeded(-0.0)]);
        assert_eq!(found.unwrap(), [-0.75, 0.75, -0.75, 0.75]);
        assert_eq!(weights(&[Succeeded(1.0), Succeeded(1.0)]), None);
        assert_eq!(weights(&[Failed, Failed, Failed]), None);
    }
}
