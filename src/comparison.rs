//! Compares the trials of an experiment by the value of one parameter: which value is better, and how sure that is. Pure: the
//! trials come in, the verdict goes out; `terminal` and `wire` show it.

use tune_algorithms::compare::{self, Summary, Test};
use tune_algorithms::history::Goal;
use tune_algorithms::space::{Configuration, Domain, Space, Value};
use tune_experiments::state::TrialState;
use tune_experiments::store::LoadedTrial;

/// Groups with fewer results than this are left out of the test: a rank test cannot find anything in them.
pub const FEWEST: usize = 5;
/// Differences that chance brings about more often than this are not called differences.
pub const LEVEL: f64 = 0.05;

/// The trials of an experiment by the value of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The parameter.
    pub parameter: String,
    /// The groups, the best median first; those without results last.
    pub groups: Vec<Group>,
    /// The rank test over the groups that are judged, when there are at least two.
    pub test: Option<compare::Comparison>,
    /// What follows from it.
    pub verdict: Verdict,
}

/// The trials with one value of the parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The value.
    pub value: Value,
    /// How many trials have it and have ended.
    pub trials: u64,
    /// How many of them were stopped early: they have no final result and are not compared.
    pub early_stopped: u64,
    /// How many of them failed or were cancelled.
    pub failed: u64,
    /// Whether it has enough results to be tested.
    pub judged: bool,
    /// Where the results of the succeeded ones lie.
    pub summary: Option<Summary>,
    /// The best of them.
    pub best: Option<BestTrial>,
    results: Vec<f64>,
}

/// The best trial of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct BestTrial {
    /// Its number.
    pub trial: u64,
    /// Its objective.
    pub objective: f64,
    /// Its configuration.
    pub parameters: Configuration,
}

/// What a comparison comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// One value is better than the other, or the best of several that differ.
    Better {
        /// The value.
        winner: Value,
        /// For two groups: in which share of all pairs the winner's trial is better (ties count half).
        share_of_pairs: Option<f64>,
    },
    /// The results do not tell the groups apart.
    Unclear,
    /// There are too few results to say anything.
    TooFew,
}

/// Gathers trials one by one, so that an experiment of any size can be compared.
#[derive(Debug)]
pub struct Comparer {
    parameter: String,
    goal: Goal,
    groups: Vec<Group>,
}

impl Comparer {
    /// Nothing gathered yet; groups for the values that the parameter is known to take.
    pub fn new(parameter: &str, space: &Space, goal: Goal) -> Self {
        let mut comparer = Self {
            parameter: parameter.to_owned(),
            goal,
            groups: Vec::new(),
        };
        for value in choices(space, parameter).unwrap_or_default() {
            comparer.group(&value);
        }
        comparer
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    fn group(&mut self, value: &Value) -> &mut Group {
        let known = self.groups.iter().position(|group| group.value == *value);
        let index = known.unwrap_or_else(|| {
            self.groups.push(Group {
                value: value.clone(),
                trials: 0,
                early_stopped: 0,
                failed: 0,
                judged: false,
                summary: None,
                best: None,
                results: Vec::new(),
            });
            self.groups.len() - 1
        });
        &mut self.groups[index]
    }

    /// Takes in a trial. Those that have not ended, or in which the parameter is not active, belong to no group.
    pub fn add(&mut self, trial: &LoadedTrial) {
        let Some(value) = trial.parameters.get(&self.parameter) else {
            return;
        };
        if !trial.state.is_finished() {
            return;
        }
        let goal = self.goal;
        let group = self.group(value);
        group.trials += 1;
        match (trial.state, trial.objective) {
            (TrialState::Succeeded, Some(objective)) => group.succeeded(trial, objective, goal),
            (TrialState::EarlyStopped, _) => group.early_stopped += 1,
            _ => group.failed += 1,
        }
    }

    /// The comparison of what was gathered.
    pub fn finish(mut self) -> Comparison {
        for group in &mut self.groups {
            group.summary = Summary::of(&group.results);
            group.judged = group.results.len() >= FEWEST;
        }
        let goal = self.goal;
        self.groups
            .sort_by(|a, b| rank(a, goal).total_cmp(&rank(b, goal)));
        let results: Vec<&[f64]> = self
            .groups
            .iter()
            .filter(|group| group.judged)
            .map(|group| group.results.as_slice())
            .collect();
        let test = compare::compare(&results);
        let verdict = verdict(&self.groups, test.as_ref(), goal);
        Comparison {
            parameter: self.parameter,
            groups: self.groups,
            test,
            verdict,
        }
    }
}

impl Group {
    fn succeeded(&mut self, trial: &LoadedTrial, objective: f64, goal: Goal) {
        self.results.push(objective);
        let best = self.best.as_ref().map(|best| best.objective);
        if best.is_none_or(|best| goal.better(objective, best)) {
            self.best = Some(BestTrial {
                trial: trial.number,
                objective,
                parameters: trial.parameters.clone(),
            });
        }
    }
}

/// Small for good groups.
fn rank(group: &Group, goal: Goal) -> f64 {
    match (&group.summary, goal) {
        (None, _) => f64::INFINITY,
        (Some(summary), Goal::Minimize) => summary.median,
        (Some(summary), Goal::Maximize) => -summary.median,
    }
}

fn verdict(groups: &[Group], test: Option<&compare::Comparison>, goal: Goal) -> Verdict {
    let judged: Vec<&Group> = groups.iter().filter(|group| group.judged).collect();
    let Some(test) = test else {
        return Verdict::TooFew;
    };
    if test.p_value >= LEVEL {
        return Verdict::Unclear;
    }
    match (test.test, judged.as_slice()) {
        (Test::MannWhitney, [first, second]) => {
            let share = share_of_pairs(&first.results, &second.results, goal);
            let (winner, share) = if share >= 0.5 {
                (first, share)
            } else {
                (second, 1.0 - share)
            };
            Verdict::Better {
                winner: winner.value.clone(),
                share_of_pairs: Some(share),
            }
        }
        _ => Verdict::Better {
            winner: judged[0].value.clone(),
            share_of_pairs: None,
        },
    }
}

/// In which share of all pairs the first is better; ties count half. Over sorted values: n log n.
fn share_of_pairs(first: &[f64], second: &[f64], goal: Goal) -> f64 {
    let mut sorted = second.to_vec();
    sorted.sort_by(f64::total_cmp);
    let wins: f64 = first
        .iter()
        .map(|value| {
            let below = sorted.partition_point(|other| other < value);
            let above = sorted.len() - sorted.partition_point(|other| other <= value);
            let ties = sorted.len() - below - above;
            let won = match goal {
                Goal::Maximize => below,
                Goal::Minimize => above,
            };
            won as f64 + ties as f64 / 2.0
        })
        .sum();
    wins / (first.len() * second.len()) as f64
}

/// The values of a parameter that has a few of them by its nature.
pub fn choices(space: &Space, parameter: &str) -> Option<Vec<Value>> {
    let parameter = space
        .parameters()
        .iter()
        .find(|known| known.name == parameter)?;
    match &parameter.domain {
        Domain::Categorical { values } | Domain::Ordinal { values } => Some(values.clone()),
        Domain::Bool => Some(vec![Value::Bool(false), Value::Bool(true)]),
        Domain::Float { .. } | Domain::Int { .. } => None,
    }
}

/// What is wrong where no parameter is named and [`natural_parameter`] knows none.
pub const NONE_IS_NATURAL: &str =
    "there is no parameter with 2 to 6 choices, always active, to compare by";

/// What can be done then: which parameters suit, and `how` one is named.
pub fn suited(space: &Space, how: &str) -> String {
    let names = space.parameters().iter().map(|it| it.name.as_str());
    let suited: Vec<&str> = names
        .filter(|name| choices(space, name).is_some())
        .collect();
    if suited.is_empty() {
        return format!(
            "numbers have too many values, unless only a few were tried: then name one with {how}"
        );
    }
    format!("name one with {how}: {}", suited.join(", "))
}

/// The parameter by which an experiment is compared when nobody says so: the first categorical one that is always active and has
/// a few choices.
pub fn natural_parameter(space: &Space) -> Option<&str> {
    let suits = |domain: &Domain| matches!(domain, Domain::Categorical { values } if (2..=6).contains(&values.len()));
    space
        .parameters()
        .iter()
        .find(|parameter| parameter.when.is_none() && suits(&parameter.domain))
        .map(|parameter| parameter.name.as_str())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    fn trial(number: u64, model: &str, state: TrialState, objective: Option<f64>) -> LoadedTrial {
        LoadedTrial {
            number,
            state,
            enqueued: false,
            parameters: Configuration::from_iter([("model".to_owned(), Value::Text(model.into()))]),
            objective,
            finished_order: Some(number),
        }
    }

    /// Results of two models; with `lead`, the second is that much better.
    pub fn comparison(count: u64, lead: f64, goal: Goal) -> Comparison {
        let mut comparer = Comparer::new("model", &Space::new(Vec::new()).unwrap(), goal);
        for number in 0..count {
            let value = 0.8 + 0.01 * number as f64;
            comparer.add(&trial(
                2 * number,
                "forest",
                TrialState::Succeeded,
                Some(value),
            ));
            comparer.add(&trial(
                2 * number + 1,
                "boosting",
                TrialState::Succeeded,
                Some(value + lead),
            ));
        }
        comparer.add(&trial(90, "forest", TrialState::EarlyStopped, Some(0.99)));
        comparer.add(&trial(91, "forest", TrialState::Failed, None));
        comparer.add(&trial(92, "forest", TrialState::Running, None));
        comparer.finish()
    }

    /// Two models with a clear difference, and one that was tried once, with luck.
    pub fn with_a_small_group() -> Comparison {
        let mut comparer = Comparer::new("model", &Space::new(Vec::new()).unwrap(), Goal::Maximize);
        for number in 0..16 {
            let (model, lead) = [("forest", 0.0), ("boosting", 0.5)][number as usize % 2];
            let value = 0.3 + 0.01 * number as f64 + lead;
            comparer.add(&trial(number, model, TrialState::Succeeded, Some(value)));
        }
        comparer.add(&trial(20, "naive_bayes", TrialState::Succeeded, Some(0.99)));
        comparer.finish()
    }

    #[test]
    fn a_small_group_is_left_out_and_the_others_are_judged() {
        let comparison = with_a_small_group();
        assert_eq!(
            comparison.groups[0].value,
            Value::Text("naive_bayes".into())
        );
        assert!(!comparison.groups[0].judged);
        assert_eq!(
            comparison.verdict,
            Verdict::Better {
                winner: Value::Text("boosting".into()),
                share_of_pairs: Some(1.0),
            }
        );
    }

    #[test]
    fn a_clear_winner_is_named_whatever_the_goal() {
        let better = |value: &str| Verdict::Better {
            winner: Value::Text(value.into()),
            share_of_pairs: Some(1.0),
        };
        assert_eq!(
            comparison(8, 0.5, Goal::Maximize).verdict,
            better("boosting")
        );
        assert_eq!(comparison(8, 0.5, Goal::Minimize).verdict, better("forest"));
    }

    #[test]
    fn equal_groups_have_no_winner_and_small_ones_no_verdict() {
        assert_eq!(comparison(8, 0.0, Goal::Maximize).verdict, Verdict::Unclear);
        assert_eq!(comparison(4, 0.5, Goal::Maximize).verdict, Verdict::TooFew);
        assert_eq!(comparison(0, 0.5, Goal::Maximize).verdict, Verdict::TooFew);
    }

    #[test]
    fn only_trials_that_succeeded_are_compared() {
        let comparison = comparison(8, 0.5, Goal::Maximize);
        let forest = &comparison.groups[1];
        assert_eq!(forest.value, Value::Text("forest".into()));
        assert_eq!(
            (forest.trials, forest.early_stopped, forest.failed),
            (10, 1, 1)
        );
        assert_eq!(forest.summary.map(|summary| summary.count), Some(8));
        assert_eq!(forest.best.as_ref().map(|best| best.trial), Some(14));
    }

    #[test]
    fn ties_count_half() {
        let share = share_of_pairs(&[1.0, 2.0], &[1.0, 1.0], Goal::Maximize);
        assert_eq!(share, 0.75);
        assert_eq!(
            share_of_pairs(&[1.0, 2.0], &[1.0, 1.0], Goal::Minimize),
            0.25
        );
    }
}
