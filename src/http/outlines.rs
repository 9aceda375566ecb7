//! What every trial of an experiment tried and came to, kept in memory for charts, comparisons and importance: read once, then extended by
//! the trials of which events tell that they have changed. Of experiments that would need too much room nothing is kept longer than it is
//! used, and the one that was asked for longest ago goes first.

use crate::wire;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Mutex as Turn;
use tune_algorithms::history::Goal;
use tune_experiments::state::TrialState;
use tune_experiments::store::{
    ExperimentId, ExperimentRecord, LoadedTrial, Point, Points, Store, StoreError,
};

/// So many values of parameters are kept, of all experiments together: of about 50 bytes each.
const MOST_VALUES: usize = 2_000_000;
/// A trial takes as much room as so many parameters, beside its own.
const EACH_TRIAL: usize = 4;
/// What was worked out is told again until one in so many trials has changed.
const FEW: u64 = 1_000;

/// The outlines of the experiments that were asked for last.
#[derive(Debug, Default)]
pub struct Outlines {
    /// The latest last.
    kept: Mutex<Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    id: ExperimentId,
    values: usize,
    /// Who extends it has it alone.
    outline: Arc<Turn<Arc<Outline>>>,
}

impl Outlines {
    /// The experiment as it is now.
    pub async fn of(
        &self,
        store: &Store,
        record: &ExperimentRecord,
    ) -> Result<Arc<Outline>, StoreError> {
        let place = self.place(record);
        let mut outline = place.lock().await;
        if store.last_event(record.id).await? != outline.last {
            let (last, changed) = store.changed_after(record.id, outline.last).await?;
            Arc::make_mut(&mut outline).extend(last, changed);
            self.weigh(record.id, outline.values);
        }
        Ok(outline.clone())
    }

    /// Whether to ask for it costs little.
    pub fn is_kept(&self, id: ExperimentId) -> bool {
        self.locked().iter().any(|it| it.id == id && it.values > 0)
    }

    /// Whether so many trials with so many parameters each are kept once they have been read.
    pub fn fit(trials: u64, parameters: usize) -> bool {
        Self::share(trials, parameters) <= 1.0
    }

    /// The share of all room that so many trials with so many parameters each take.
    pub fn share(trials: u64, parameters: usize) -> f64 {
        trials as f64 * (parameters + EACH_TRIAL) as f64 / MOST_VALUES as f64
    }

    fn place(&self, record: &ExperimentRecord) -> Arc<Turn<Arc<Outline>>> {
        let mut kept = self.locked();
        let known = kept.iter().position(|it| it.id == record.id);
        let latest = match known {
            Some(at) => kept.remove(at),
            None => Kept {
                id: record.id,
                values: 0,
                outline: Arc::new(Turn::new(Arc::new(Outline::new(record.goal)))),
            },
        };
        let outline = latest.outline.clone();
        kept.push(latest);
        outline
    }

    fn weigh(&self, id: ExperimentId, values: usize) {
        let mut kept = self.locked();
        if let Some(it) = kept.iter_mut().find(|it| it.id == id) {
            it.values = values;
        }
        while kept.iter().map(|it| it.values).sum::<usize>() > MOST_VALUES {
            kept.remove(0);
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All trials of an experiment.
#[derive(Clone, Debug)]
pub struct Outline {
    goal: Goal,
    /// The last event that is taken in.
    last: i64,
    /// By number.
    points: Vec<Point>,
    /// How much room they take: see [`MOST_VALUES`].
    values: usize,
    /// The numbers of those that were the best when they finished, in this order, and the last one's objective.
    records: Vec<u64>,
    best: Option<f64>,
    /// How many changes of trials have been taken in.
    changes: u64,
    told: Arc<Mutex<Vec<Told>>>,
}

/// An answer, and after how many changes it was worked out.
#[derive(Debug)]
struct Told {
    goal: Goal,
    changes: u64,
    importance: wire::Importance,
}

impl Outline {
    fn new(goal: Goal) -> Self {
        Self {
            goal,
            last: 0,
            points: Vec::new(),
            values: 0,
            records: Vec::new(),
            best: None,
            changes: 0,
            told: Arc::default(),
        }
    }

    /// All trials, by number.
    pub fn trials(&self) -> impl Iterator<Item = &LoadedTrial> {
        self.points.iter().map(|point| &point.trial)
    }

    /// About `most` of the trials, evenly spread over their numbers, and all that were the best when they finished.
    pub fn sample(&self, most: u32) -> Points {
        let total = self.points.len() as u64;
        let stride = total.div_ceil(u64::from(most.max(1))).max(1);
        let mut records = self.records.clone();
        records.sort_unstable();
        let is_drawn = |it: &&Point| {
            let number = it.trial.number;
            number.is_multiple_of(stride) || records.binary_search(&number).is_ok()
        };
        let points = self.points.iter().filter(is_drawn).cloned().collect();
        Points { total, points }
    }

    /// The importance of parameters for the objective, worked out by `work` unless it is known: as it is now, or, unless it is to be
    /// `exact`, as it was when a few trials less had come to their end. The answer says of how many it is.
    pub fn importance<E>(
        &self,
        goal: Goal,
        exact: bool,
        work: impl FnOnce() -> Result<wire::Importance, E>,
    ) -> Result<wire::Importance, E> {
        let few = if exact {
            0
        } else {
            self.points.len() as u64 / FEW
        };
        if let Some(known) = self.known(goal, few) {
            return Ok(known);
        }
        let importance = work()?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|it| it.goal != goal);
        told.push(Told {
            goal,
            changes: self.changes,
            importance: importance.clone(),
        });
        Ok(importance)
    }

    fn known(&self, goal: Goal, few: u64) -> Option<wire::Importance> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let known = told.iter().find(|it| it.goal == goal)?;
        (self.changes.abs_diff(known.changes) <= few).then(|| known.importance.clone())
    }

    fn extend(&mut self, last: i64, mut changed: Vec<Point>) {
        changed.retain(|it| self.find(it.trial.number).is_none_or(|old| old != it));
        self.changes += changed.len() as u64;
        let mut finished: Vec<(u64, u64, f64)> = changed.iter().filter_map(result).collect();
        finished.sort_unstable_by_key(|(order, ..)| *order);
        for (_, number, objective) in finished {
            if self
                .best
                .is_none_or(|best| self.goal.better(objective, best))
            {
                self.best = Some(objective);
                self.records.push(number);
            }
        }
        for point in changed {
            self.put(point);
        }
        self.last = last;
    }

    fn find(&self, number: u64) -> Option<&Point> {
        let found = self.place_of(number).ok()?;
        self.points.get(found)
    }

    fn put(&mut self, point: Point) {
        self.values += values(&point);
        match self.place_of(point.trial.number) {
            Ok(at) => {
                self.values -= values(&self.points[at]);
                self.points[at] = point;
            }
            Err(at) => self.points.insert(at, point),
        }
    }

    fn place_of(&self, number: u64) -> Result<usize, usize> {
        match self.points.last() {
            Some(last) if last.trial.number < number => Err(self.points.len()),
            _ => self
                .points
                .binary_search_by_key(&number, |it| it.trial.number),
        }
    }
}

/// How much room a trial takes.
fn values(point: &Point) -> usize {
    point.trial.parameters.len() + EACH_TRIAL
}

/// Of one that succeeded: when it finished, its number, its objective.
fn result(point: &Point) -> Option<(u64, u64, f64)> {
    let trial = &point.trial;
    let succeeded = trial.state == TrialState::Succeeded;
    let objective = trial.objective.filter(|_| succeeded)?;
    Some((trial.finished_order?, trial.number, objective))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tune_algorithms::space::Configuration;

    fn point(number: u64, order: Option<u64>, objective: Option<f64>) -> Point {
        let state = match order {
            Some(_) => TrialState::Succeeded,
            None => TrialState::Running,
        };
        Point {
            trial: LoadedTrial {
                number,
                parameters: Configuration::default(),
                state,
                objective,
                enqueued: false,
                finished_order: order,
            },
            started_at: None,
            finished_at: None,
        }
    }

    fn numbers(points: &Points) -> Vec<u64> {
        points.points.iter().map(|it| it.trial.number).collect()
    }

    #[test]
    fn what_is_extended_is_as_if_it_had_been_read_at_once() {
        let results = [5.0, 7.0, 4.0, 6.0, 3.0, 9.0, 9.5, 1.0];
        // Trials end in another order than they began.
        let order = [1, 0, 3, 2, 5, 4, 7, 6];
        let done = |it: usize| point(it as u64, Some(order[it]), Some(results[it]));
        for goal in [Goal::Minimize, Goal::Maximize] {
            let mut whole = Outline::new(goal);
            whole.extend(9, (0..8).map(done).collect());
            let mut grown = Outline::new(goal);
            for pair in 0..4 {
                let (first, second) = (2 * pair, 2 * pair + 1);
                grown.extend(1, vec![point(first as u64, None, None)]);
                grown.extend(2, vec![done(second)]);
                grown.extend(3, vec![done(first), done(second)]);
            }
            assert_eq!(grown.records, whole.records, "{goal:?}");
            assert_eq!(grown.points, whole.points);
            assert_eq!(
                (grown.values, whole.values),
                (8 * EACH_TRIAL, 8 * EACH_TRIAL)
            );
            assert_eq!(grown.sample(2), whole.sample(2));
        }
    }

    #[test]
    fn a_sample_holds_every_trial_that_was_the_best() {
        let mut outline = Outline::new(Goal::Minimize);
        let results = [5.0, 7.0, 4.0, 6.0, 3.0, 9.0, 9.5, 1.0];
        let points = results.iter().enumerate();
        let points = points.map(|(at, result)| point(at as u64, Some(at as u64), Some(*result)));
        outline.extend(1, points.collect());
        let found = outline.sample(2);
        assert_eq!((found.total, numbers(&found)), (8, vec![0, 2, 4, 7]));
        assert_eq!(numbers(&outline.sample(8)).len(), 8);
    }

    #[test]
    fn what_was_asked_for_longest_ago_makes_room() {
        let outlines = Outlines::default();
        let record = |id| (ExperimentId(id), MOST_VALUES / 2);
        for (id, values) in [record(1), record(2), record(3)] {
            let outline = Arc::new(Turn::new(Arc::new(Outline::new(Goal::Minimize))));
            outlines.locked().push(Kept {
                id,
                values: 0,
                outline,
            });
            outlines.weigh(id, values);
        }
        let kept = [1, 2, 3].map(|id| outlines.is_kept(ExperimentId(id)));
        assert_eq!(kept, [false, true, true]);
        assert!(Outlines::fit(200_000, 6) && !Outlines::fit(200_000, 7));
        assert!(!Outlines::fit(u64::MAX, 1));
    }

    #[test]
    fn what_is_known_is_told_again_until_more_than_a_few_trials_have_changed() {
        let done = |it: u64| point(it, Some(it), Some(it as f64));
        let mut outline = Outline::new(Goal::Minimize);
        outline.extend(1, (0..2000).map(done).collect());
        let ask = |outline: &Outline, goal, exact| {
            let work = || {
                Ok::<_, ()>(wire::Importance {
                    metric: "loss".to_owned(),
                    goal,
                    trials: outline.points.len() as u64,
                    parameters: Vec::new(),
                })
            };
            outline.importance(goal, exact, work).unwrap().trials
        };
        assert_eq!(ask(&outline, Goal::Minimize, true), 2000);
        outline.extend(2, vec![done(2000), done(2001)]);
        assert_eq!(ask(&outline, Goal::Minimize, false), 2000);
        assert_eq!(ask(&outline, Goal::Maximize, false), 2002);
        outline.extend(3, vec![done(2002)]);
        assert_eq!(ask(&outline, Goal::Minimize, false), 2003);
        outline.extend(4, vec![done(2003)]);
        assert_eq!(ask(&outline, Goal::Minimize, true), 2004);
        assert_eq!(ask(&outline.clone(), Goal::Minimize, false), 2004);
    }
}
