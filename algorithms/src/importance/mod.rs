//! Which parameters matter: PED-ANOVA (Watanabe, Bansal & Hutter 2023, doi:10.24963/ijcai.2023/488).
//!
//! A parameter matters if its values among the best tenth of the trials are distributed otherwise than among all of
//! them. Its importance is the variance of the ratio of the two densities, estimated by kernels on at most 50 cells. That takes
//! milliseconds for ten thousand trials.
//!
//! A parameter under a condition is judged by the trials in which it was active, and counts for α²/β, where α is the
//! share of the best trials in which it was active and β that of all trials: what matters only in a bad branch matters
//! little. That a branch is good speaks for the parent, not for the children.
//!
//! Values are those that an algorithm chose: one that has learnt has tried good values more often, and the difference to
//! the best tenth is smaller. Parameters are compared with each other all the same.
//!
//! ```
//! use tune_algorithms::history::Goal;
//! use tune_algorithms::importance::importance;
//! use tune_algorithms::space::{Configuration, Domain, Parameter, Space, Value};
//!
//! let space = Space::new(vec![
//!     Parameter::new("matters", Domain::Bool),
//!     Parameter::new("does_not", Domain::Bool),
//! ])?;
//! let trials: Vec<(Configuration, Option<f64>)> = (0..40)
//!     .map(|i| (space.decode(&[f64::from(i % 2), f64::from(i / 2 % 2)]), Some(f64::from(i % 2))))
//!     .collect();
//! let found = importance(&space, Goal::Maximize, trials.iter().map(|(c, value)| (c, *value)));
//! assert_eq!(found[0].parameter, "matters");
//! assert!(found[0].share > 0.9);
//! # Ok::<(), Vec<tune_algorithms::space::SpaceError>>(())
//! ```

mod density;

use crate::history::{Goal, History, Outcome};
use crate::space::{Configuration, Domain, Parameter, Space};
use density::{Cells, nth};

/// The share of the trials that is compared with all.
const BEST: f64 = 0.1;

/// At least so many trials are compared with all.
const LEAST_BEST: usize = 2;

/// How much a parameter matters.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// Its name.
    pub parameter: String,
    /// Its share of the importance of all parameters, in [0, 1]; they add up to 1, unless nothing is known: then all
    /// are 0.
    pub share: f64,
}

/// How much each parameter matters for a value of trials: the objective, or any other metric. The most important come
/// first, equals in the order of the space. `None` is the value of a trial that is known not to be one of the best: stopped early.
pub fn importance<'a>(
    space: &Space,
    goal: Goal,
    trials: impl IntoIterator<Item = (&'a Configuration, Option<f64>)>,
) -> Vec<Importance> {
    // By parameter, so that each is looked at in one go.
    let mut columns = vec![Vec::new(); space.parameters().len()];
    let mut values = Vec::new();
    for (configuration, value) in trials {
        let point = space.encode(configuration);
        (columns.iter_mut().zip(point)).for_each(|(column, unit)| column.push(unit));
        values.push(value);
    }
    let is_best = best(goal, &values);
    let pairs = space.parameters().iter().zip(&columns);
    let raw: Vec<f64> = pairs
        .map(|(parameter, units)| difference(parameter, units, &is_best))
        .collect();
    sorted_shares(space.parameters(), &raw)
}

/// How much each parameter matters for the objective, from the trials that succeeded or were stopped early; those of another
/// search do not count.
pub fn of_history(space: &Space, history: &History) -> Vec<Importance> {
    let trials = history.trials()[history.prior()..]
        .iter()
        .filter_map(|trial| match trial.outcome? {
            Outcome::Succeeded(value) => Some((&trial.configuration, Some(value))),
            Outcome::EarlyStopped(_) => Some((&trial.configuration, None)),
            Outcome::Failed => None,
        });
    importance(space, history.goal(), trials)
}

/// Which of the trials are the best: with the last of them, all that are as good.
fn best(goal: Goal, values: &[Option<f64>]) -> Vec<bool> {
    let finite = |value: &Option<f64>| value.filter(|value| value.is_finite());
    let mut known: Vec<f64> = values.iter().filter_map(finite).collect();
    let count = ((BEST * values.len() as f64).ceil() as usize).max(LEAST_BEST);
    let place = count.min(known.len()).saturating_sub(1);
    let place = match goal {
        Goal::Minimize => place,
        Goal::Maximize => known.len().saturating_sub(1 + place),
    };
    let Some(last) = nth(&mut known, place) else {
        return vec![false; values.len()];
    };
    let is_best =
        |value: &Option<f64>| finite(value).is_some_and(|value| !goal.better(last, value));
    values.iter().map(is_best).collect()
}

/// How far the values of a parameter among the best trials differ from those among all.
fn difference(parameter: &Parameter, units: &[Option<f64>], is_best: &[bool]) -> f64 {
    let all: Vec<f64> = units.iter().copied().flatten().collect();
    let best: Vec<f64> = (units.iter().zip(is_best))
        .filter_map(|(unit, is_best)| unit.filter(|_| *is_best))
        .collect();
    // A value that never changes says nothing, whatever densities near it look like.
    if best.is_empty() || all.iter().all(|unit| *unit == all[0]) {
        return 0.0;
    }
    let ordered = !matches!(parameter.domain, Domain::Categorical { .. } | Domain::Bool);
    let cells = Cells::new(parameter.domain.count(), ordered);
    let pairs = cells.density(&best).into_iter().zip(cells.density(&all));
    let variance: f64 = pairs
        .map(|(best, all)| (best - all) * (best - all) / all)
        .sum();
    let share_of_best = best.len() as f64 / is_best.iter().filter(|is| **is).count() as f64;
    let share_of_all = all.len() as f64 / units.len() as f64;
    variance * share_of_best * share_of_best / share_of_all
}

fn sorted_shares(parameters: &[Parameter], raw: &[f64]) -> Vec<Importance> {
    let total: f64 = raw.iter().sum();
    let mut shares: Vec<Importance> = parameters
        .iter()
        .zip(raw)
        .map(|(parameter, raw)| Importance {
            parameter: parameter.name.clone(),
            share: if total > 0.0 { raw / total } else { 0.0 },
        })
        .collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share));
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws;
    use crate::space::Value;
    use serde_json::json;

    fn space(parameters: serde_json::Value) -> Space {
        Space::new(serde_json::from_value(parameters).unwrap()).unwrap()
    }

    /// The importances, in the order of the space, for random trials.
    fn of(space: &Space, count: u64, value: impl Fn(&Configuration) -> Option<f64>) -> Vec<f64> {
        let trials: Vec<(Configuration, Option<f64>)> = (0..count)
            .map(|trial| {
                let mut generator = draws::generator(1, trial);
                let point: Vec<f64> = space
                    .parameters()
                    .iter()
                    .map(|_| draws::unit(&mut generator))
                    .collect();
                let configuration = space.decode(&point);
                let value = value(&configuration);
                (configuration, value)
            })
            .collect();
        let pairs = trials
            .iter()
            .map(|(configuration, value)| (configuration, *value));
        let found = importance(space, Goal::Minimize, pairs);
        assert!(found.is_sorted_by(|a, b| a.share >= b.share));
        let share = |p: &Parameter| found.iter().find(|i| i.parameter == p.name).unwrap().share;
        space.parameters().iter().map(share).collect()
    }

    fn number(configuration: &Configuration, name: &str) -> f64 {
        configuration
            .get(name)
            .and_then(Value::as_f64)
            .unwrap_or(0.0)
    }

    #[test]
    fn what_never_changes_does_not_matter() {
        let trials: Vec<Configuration> = (0..40)
            .map(|trial| three_floats().decode(&[f64::from(trial) / 40.0, 1.0, 0.3]))
            .collect();
        let pairs = trials.iter().map(|trial| (trial, Some(number(trial, "a"))));
        let found = importance(&three_floats(), Goal::Minimize, pairs);
        let shares: Vec<f64> = found.iter().map(|it| it.share).collect();
        assert_eq!(shares, [1.0, 0.0, 0.0]);
    }

    fn three_floats() -> Space {
        let float = |name: &str| json!({"name": name, "type": "float", "min": -1, "max": 1});
        space(json!([float("a"), float("b"), float("c")]))
    }

    #[test]
    fn what_matters_more_comes_first_however_few_or_many_trials_there_are() {
        for count in [200, 10_000] {
            let found = of(&three_floats(), count, |c| {
                Some(10.0 * number(c, "a").powi(2) + 2.0 * number(c, "b").powi(2))
            });
            assert!(found[0] > 0.6, "{found:?}");
            assert!(
                found[0] > 2.0 * found[1] && found[1] > found[2],
                "{found:?}"
            );
            assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_order_of_values_matters_and_not_their_size() {
        let plain = of(&three_floats(), 300, |c| {
            Some(number(c, "a") - number(c, "b"))
        });
        let huge = of(&three_floats(), 300, |c| {
            Some((100.0 * (number(c, "a") - number(c, "b") - 2.0)).exp())
        });
        assert_eq!(plain, huge);
    }

    #[test]
    fn choices_and_ordinals_matter_too() {
        let space = space(json!([
            {"name": "kind", "type": "categorical", "values": [0, 1, 2, 3]},
            {"name": "size", "type": "ordinal", "values": [16, 32, 64]},
            {"name": "idle", "type": "bool"},
        ]));
        let found = of(&space, 500, |c| {
            Some(if number(c, "kind") == 2.0 { 0.0 } else { 5.0 } + number(c, "size") / 100.0)
        });
        assert!(found[0] > found[1] && found[1] > found[2], "{found:?}");
    }

    #[test]
    fn what_matters_in_a_bad_branch_only_matters_little() {
        let space = space(json!([
            {"name": "model", "type": "categorical", "values": [0, 1]},
            {"name": "good", "type": "float", "min": 0, "max": 1, "when": {"model": [0]}},
            {"name": "bad", "type": "float", "min": 0, "max": 1, "when": {"model": [1]}},
        ]));
        let found = of(&space, 1000, |c| {
            Some(number(c, "model") * 3.0 + number(c, "good") + number(c, "bad"))
        });
        assert!(found[1] > 0.5 && found[0] > 0.05, "{found:?}");
        assert_eq!(found[2], 0.0);
    }

    #[test]
    fn trials_that_were_stopped_early_are_not_among_the_best() {
        let found = of(&three_floats(), 500, |c| {
            (number(c, "b") > 0.0).then_some(0.0)
        });
        assert!(found[1] > 0.9, "{found:?}");
    }

    #[test]
    fn nothing_is_known_from_nothing() {
        let space = three_floats();
        let nothing = vec![0.0; 3];
        assert_eq!(of(&space, 0, |_| None), nothing);
        assert_eq!(of(&space, 50, |_| None), nothing);
        assert_eq!(of(&space, 50, |_| Some(1.0)), nothing);
        assert_eq!(of(&space, 50, |_| Some(f64::NAN)), nothing);
        let single = of(&space, 1, |_| Some(1.0));
        assert!(single.iter().all(|share| share.is_finite()));
    }

    #[test]
    fn a_history_is_read_as_it_is() {
        let space = three_floats();
        let mut history = History::new(Goal::Maximize);
        for trial in 0..300 {
            let mut generator = draws::generator(2, trial);
            let configuration = space.decode(&[0; 3].map(|_| draws::unit(&mut generator)));
            let value = number(&configuration, "c");
            let number = history.create(configuration);
            match number % 10 {
                0 => history.finish(number, Outcome::Failed),
                1 => {}
                _ => history.finish(number, Outcome::Succeeded(value)),
            }
        }
        assert_eq!(of_history(&space, &history)[0].parameter, "c");
    }
}
