//! The trials of an experiment as points of charts: all of them, or so many as a screen can tell apart. Every trial that was better than
//! all that finished before it is always among them, so that the line of the best so far is exact.

use super::database::{Row, Statement};
use super::rows::Columns;
use super::{ExperimentId, LoadedTrial, Store, StoreError};
use jiff::Timestamp;
use tune_algorithms::history::Goal;

/// What a point is made of.
macro_rules! points {
    () => {
        "SELECT number, state, objective, parameters, enqueued, started_at, finished_at, finished_order \
         FROM trials WHERE experiment_id = $1 "
    };
}

/// Every so many-th, and those that improved on all that finished before.
macro_rules! records {
    ($best:literal, $better:literal) => {
        concat!(
            "AND (number % $2 = 0 OR number IN (SELECT number FROM (SELECT number, objective, ",
            $best,
            "(objective) OVER (ORDER BY finished_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before ",
            "FROM trials WHERE experiment_id = $1 AND state = 'succeeded' AND objective IS NOT NULL) AS lived ",
            "WHERE before IS NULL OR objective ",
            $better,
            " before)) ORDER BY number"
        )
    };
}

/// Those of which newer events tell.
macro_rules! changed {
    () => {
        "AND number IN (SELECT trial FROM events WHERE experiment_id = $1 AND seq > $2 AND trial IS NOT NULL) ORDER BY number"
    };
}

/// A trial as a chart shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What it tries and how it ended.
    pub trial: LoadedTrial,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// Points of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// How many trials the experiment has.
    pub total: u64,
    /// By number.
    pub points: Vec<Point>,
}

impl Store {
    /// About `most` of the trials, evenly spread over their numbers, and all that were the best when they finished.
    pub async fn points(
        &self,
        id: ExperimentId,
        goal: Goal,
        most: u32,
    ) -> Result<Points, StoreError> {
        let total: u64 = self.counts(id).await?.values().sum();
        let stride = total.div_ceil(u64::from(most.max(1))).max(1);
        if stride == 1 {
            let points = self.whole(id).await?;
            let total = points.len() as u64;
            return Ok(Points { total, points });
        }
        let statement = match goal {
            Goal::Minimize => sampled(concat!(points!(), records!("min", "<")), id, stride),
            Goal::Maximize => sampled(concat!(points!(), records!("max", ">")), id, stride),
        };
        let points = self.all(statement, point).await?;
        Ok(Points { total, points })
    }

    /// The number of the experiment's last event, and, by number, the trials of which events after that numbered `after` tell: all of
    /// them after 0. What came meanwhile may be among them, and is told again the next time.
    pub async fn changed_after(
        &self,
        id: ExperimentId,
        after: i64,
    ) -> Result<(i64, Vec<Point>), StoreError> {
        let last = self.last_event(id).await?;
        if after == 0 {
            return Ok((last, self.whole(id).await?));
        }
        let statement = Statement::new(concat!(points!(), changed!()));
        let statement = statement.bind(id.0).bind(after);
        Ok((last, self.all(statement, point).await?))
    }
}

fn sampled(text: &'static str, id: ExperimentId, stride: u64) -> Statement {
    let stride = i64::try_from(stride).unwrap_or(i64::MAX);
    Statement::new(text).bind(id.0).bind(stride)
}

fn point(row: &Row) -> Result<Point, StoreError> {
    let mut columns = Columns::of(row);
    let mut trial = LoadedTrial {
        number: columns.count()?,
        state: columns.word()?,
        objective: columns.take()?,
        parameters: columns.json()?,
        enqueued: columns.take()?,
        finished_order: None,
    };
    let (started_at, finished_at) = (columns.optional_time()?, columns.optional_time()?);
    trial.finished_order = columns.optional_count()?;
    Ok(Point {
        trial,
        started_at,
        finished_at,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Changes;
    use super::super::testing::{
        Kind, commit, experiment, over_both, succeeded, trial, trial_event,
    };
    use super::*;
    use crate::state::TrialState;

    over_both! {
        what_changed_after_an_event_is_told,
        few_trials_are_all_there,
        of_many_trials_the_best_so_far_are_kept,
    }

    async fn few_trials_are_all_there(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let trials = vec![succeeded(0, 0, 0.5), trial(1, TrialState::Running)];
        let changes = Changes {
            trials,
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        let found = store.points(id, Goal::Minimize, 2).await.unwrap();
        assert_eq!(found.total, 2);
        assert_eq!(found.points[0].trial.objective, Some(0.5));
        assert_eq!(found.points[0].trial.finished_order, Some(0));
        assert_eq!(found.points[1].trial.state, TrialState::Running);
    }

    async fn of_many_trials_the_best_so_far_are_kept(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let results = [5.0, 7.0, 4.0, 6.0, 3.0, 9.0, 9.5, 1.0];
        let trials = results.iter().enumerate();
        let changes = Changes {
            trials: trials
                .map(|(index, result)| succeeded(index as u64, index as u64, *result))
                .collect(),
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        for (goal, expected) in [
            (Goal::Minimize, vec![0, 2, 4, 7]),
            (Goal::Maximize, vec![0, 1, 4, 5, 6]),
        ] {
            let found = store.points(id, goal, 2).await.unwrap();
            let numbers: Vec<u64> = found
                .points
                .iter()
                .map(|point| point.trial.number)
                .collect();
            assert_eq!((found.total, numbers), (8, expected), "{goal:?}");
        }
    }

    async fn what_changed_after_an_event_is_told(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let states = |points: Vec<Point>| -> Vec<(u64, TrialState)> {
            let trials = points.into_iter().map(|it| it.trial);
            trials.map(|it| (it.number, it.state)).collect()
        };
        let changes = Changes {
            trials: (0..3).map(|it| trial(it, TrialState::Running)).collect(),
            events: (0..3)
                .map(|it| trial_event(it, TrialState::Running))
                .collect(),
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        let (last, all) = store.changed_after(id, 0).await.unwrap();
        assert_eq!(all.len(), 3);
        let changes = Changes {
            trials: vec![succeeded(1, 0, 0.5)],
            events: vec![trial_event(1, TrialState::Succeeded)],
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        let (now, changed) = store.changed_after(id, last).await.unwrap();
        assert!(now > last);
        assert_eq!(states(changed), [(1, TrialState::Succeeded)]);
        assert_eq!(store.changed_after(id, now).await.unwrap(), (now, vec![]));
    }
}
