//! The trials of an experiment as points of charts: all of them, or so many as a screen can tell apart. Every trial that was better than
//! all that finished before it is always among them, so that the line of the best so far is exact.

use super::database::{Row, Statement};
use super::rows::Columns;
use super::{ExperimentId, Store, StoreError};
use crate::state::TrialState;
use jiff::Timestamp;
use tune_algorithms::history::Goal;
use tune_algorithms::space::Configuration;

/// What a point is made of.
macro_rules! points {
    () => {
        "SELECT number, state, objective, parameters, started_at, finished_at, finished_order \
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

/// A trial as a chart shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its number.
    pub number: u64,
    /// Where it stands.
    pub state: TrialState,
    /// Its objective.
    pub objective: Option<f64>,
    /// Its configuration.
    pub parameters: Configuration,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Its position among the finished trials.
    pub finished_order: Option<u64>,
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
        let count = Statement::new("SELECT count(*) FROM trials WHERE experiment_id = $1");
        let total = self.one(count.bind(id.0), |row| Columns::of(row).count());
        let total = total.await?.unwrap_or(0);
        let stride = total.div_ceil(u64::from(most.max(1))).max(1);
        let statement = match (stride, goal) {
            (1, _) => Statement::new(concat!(points!(), "ORDER BY number")).bind(id.0),
            (_, Goal::Minimize) => sampled(concat!(points!(), records!("min", "<")), id, stride),
            (_, Goal::Maximize) => sampled(concat!(points!(), records!("max", ">")), id, stride),
        };
        let points = self.all(statement, point).await?;
        Ok(Points { total, points })
    }
}

fn sampled(text: &'static str, id: ExperimentId, stride: u64) -> Statement {
    let stride = i64::try_from(stride).unwrap_or(i64::MAX);
    Statement::new(text).bind(id.0).bind(stride)
}

fn point(row: &Row) -> Result<Point, StoreError> {
    let mut columns = Columns::of(row);
    Ok(Point {
        number: columns.count()?,
        state: columns.word()?,
        objective: columns.take()?,
        parameters: columns.json()?,
        started_at: columns.optional_time()?,
        finished_at: columns.optional_time()?,
        finished_order: columns.optional_count()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Changes;
    use super::super::testing::{Kind, commit, experiment, over_both, succeeded, trial};
    use super::*;

    over_both! {
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
        assert_eq!(found.points[0].objective, Some(0.5));
        assert_eq!(found.points[0].finished_order, Some(0));
        assert_eq!(found.points[1].state, TrialState::Running);
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
            let numbers: Vec<u64> = found.points.iter().map(|point| point.number).collect();
            assert_eq!((found.total, numbers), (8, expected), "{goal:?}");
        }
    }
}
