//! All trials of an experiment, read in blocks: a row of the answer carries some thousand of them, each column as one text with commas
//! between. Row by row, handing them over from SQLite's thread would cost several times as much as reading them.

use super::database::{Connection, Statement};
use super::rows::{Columns, damaged, parse_word};
use super::{ExperimentId, LoadedTrial, Point, Store, StoreError, sql};
use jiff::Timestamp;
use std::fmt::Display;
use std::str::FromStr;
use tune_algorithms::space::Configuration;

/// So many trials are in a block.
const SIZE: i64 = 2_000;

const LAST: &str = "SELECT max(number) FROM trials WHERE experiment_id = $1";

impl Store {
    /// All trials, by number.
    pub(super) async fn whole(&self, id: ExperimentId) -> Result<Vec<Point>, StoreError> {
        let mut reader = self.reader().await?;
        let mut transaction = reader.begin().await?;
        let points = all(&mut transaction.on(), id).await?;
        transaction.commit().await?;
        Ok(points)
    }
}

/// All trials of the experiment, by number, as the transaction sees them.
pub(super) async fn all(
    connection: &mut Connection<'_>,
    id: ExperimentId,
) -> Result<Vec<Point>, StoreError> {
    let last = connection.one(Statement::new(LAST).bind(id.0)).await?;
    let last: Option<i64> = match &last {
        Some(row) => row.get(0)?,
        None => None,
    };
    let mut trials = Vec::new();
    let mut from = 0;
    while last.is_some_and(|last| from <= last) {
        trials.extend(block(connection, id, from).await?);
        from += SIZE;
    }
    Ok(trials)
}

async fn block(
    connection: &mut Connection<'_>,
    id: ExperimentId,
    from: i64,
) -> Result<Vec<Point>, StoreError> {
    let text = match connection {
        Connection::Sqlite(_) => sql::sqlite::BLOCK,
        Connection::Postgres(_) => sql::postgres::BLOCK,
    };
    let Some(row) = connection.one(of_block(text, id, from)).await? else {
        return Ok(Vec::new());
    };
    let mut columns = Columns::of(&row);
    let mut next = || Ok::<&str, StoreError>(columns.take::<Option<&str>>()?.unwrap_or_default());
    let texts = Texts {
        numbers: next()?,
        states: next()?,
        objectives: next()?,
        parameters: next()?,
        enqueued: next()?,
        finished_orders: next()?,
        started: next()?,
        finished: next()?,
    };
    let extreme = extreme(connection, &texts, id, from).await?;
    texts.read(extreme)
}

/// The objectives that have no text.
async fn extreme(
    connection: &mut Connection<'_>,
    texts: &Texts<'_>,
    id: ExperimentId,
    from: i64,
) -> Result<Vec<f64>, StoreError> {
    if !texts.objectives.contains('?') {
        return Ok(Vec::new());
    }
    let statement = of_block(sql::sqlite::EXTREME_OBJECTIVES, id, from);
    connection.all(statement, |row| Ok(row.get(0)?)).await
}

fn of_block(text: &'static str, id: ExperimentId, from: i64) -> Statement {
    Statement::new(text).bind(id.0).bind(from).bind(from + SIZE)
}

/// The columns of a block.
struct Texts<'a> {
    numbers: &'a str,
    states: &'a str,
    objectives: &'a str,
    parameters: &'a str,
    enqueued: &'a str,
    finished_orders: &'a str,
    started: &'a str,
    finished: &'a str,
}

impl Texts<'_> {
    /// With the objectives that have no text, in their order.
    fn read(&self, extreme: Vec<f64>) -> Result<Vec<Point>, StoreError> {
        if self.numbers.is_empty() {
            return Ok(Vec::new());
        }
        let configurations: Vec<Configuration> =
            serde_json::from_str(self.parameters).map_err(damaged)?;
        if self.numbers.split(',').count() != configurations.len() {
            return Err(damaged("a column of trials is too short"));
        }
        let mut extreme = extreme.into_iter();
        let (mut states, mut objectives) = (self.states.split(','), self.objectives.split(','));
        let (mut enqueued, mut orders) =
            (self.enqueued.split(','), self.finished_orders.split(','));
        let (mut started, mut finished) = (self.started.split(','), self.finished.split(','));
        let mut trials = Vec::with_capacity(configurations.len());
        for (number, parameters) in self.numbers.split(',').zip(configurations) {
            let objective = match next(&mut objectives)? {
                "?" => Some(
                    extreme
                        .next()
                        .ok_or_else(|| damaged("an objective is missing"))?,
                ),
                text => optional(text)?,
            };
            let trial = LoadedTrial {
                number: number.parse().map_err(damaged)?,
                parameters,
                state: parse_word(next(&mut states)?)?,
                objective,
                enqueued: next(&mut enqueued)? == "1",
                finished_order: optional(next(&mut orders)?)?,
            };
            trials.push(Point {
                trial,
                started_at: time(next(&mut started)?)?,
                finished_at: time(next(&mut finished)?)?,
            });
        }
        Ok(trials)
    }
}

fn next<'a>(texts: &mut impl Iterator<Item = &'a str>) -> Result<&'a str, StoreError> {
    texts
        .next()
        .ok_or_else(|| damaged("a column of trials is too short"))
}

/// Nothing stands for NULL.
fn optional<T: FromStr<Err: Display>>(text: &str) -> Result<Option<T>, StoreError> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(damaged),
    }
}

fn time(text: &str) -> Result<Option<Timestamp>, StoreError> {
    let micros = optional(text)?;
    micros
        .map(|it| Timestamp::from_microsecond(it).map_err(damaged))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Kind, commit, experiment, over_both, succeeded, trial};
    use super::super::{Changes, TrialRecord};
    use super::*;
    use crate::state::TrialState;
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    over_both! {
        objectives_come_back_to_the_last_bit,
        every_column_is_that_of_its_trial_in_every_block,
        an_experiment_without_trials_has_no_blocks,
    }

    async fn read(store: &Store, id: ExperimentId) -> Vec<Point> {
        let mut reader = store.reader().await.unwrap();
        all(&mut reader.on(), id).await.unwrap()
    }

    async fn store_all(store: &Store, id: ExperimentId, trials: Vec<TrialRecord>) {
        let changes = Changes {
            trials,
            ..Changes::default()
        };
        commit(store, id, changes).await.unwrap();
    }

    async fn objectives_come_back_to_the_last_bit(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut values = vec![
            0.0,
            0.1,
            -1e-30,
            1e30,
            1.1e30,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            f64::MIN,
        ];
        values.extend(
            (0..3_000)
                .map(|_| f64::from_bits(random.random()))
                .filter(|it| it.is_finite()),
        );
        let trials = values
            .iter()
            .zip(0..)
            .map(|(value, number)| succeeded(number, number, *value));
        store_all(&store, id, trials.collect()).await;
        let read: Vec<u64> = read(&store, id)
            .await
            .iter()
            .map(|it| it.trial.objective.unwrap().to_bits())
            .collect();
        assert_eq!(
            read,
            values.iter().map(|it| it.to_bits()).collect::<Vec<_>>()
        );
    }

    async fn every_column_is_that_of_its_trial_in_every_block(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let count = 2 * SIZE as u64 + 1;
        let trials = (0..count).map(|number| TrialRecord {
            enqueued: number % 5 == 0,
            parameters: serde_json::from_str(&format!(
                r#"{{"x": {number}, "text": "a,b ] {number}"}}"#
            ))
            .unwrap(),
            started_at: (number % 3 != 0)
                .then(|| Timestamp::from_microsecond(number as i64).unwrap()),
            ..match number % 2 {
                0 => succeeded(number, number / 2, number as f64),
                _ => trial(number, TrialState::Running),
            }
        });
        let trials: Vec<TrialRecord> = trials.collect();
        store_all(&store, id, trials.clone()).await;
        let expected = trials.into_iter().map(|it| Point {
            trial: LoadedTrial {
                number: it.number,
                parameters: it.parameters,
                state: it.state,
                objective: it.objective,
                enqueued: it.enqueued,
                finished_order: it.finished_order,
            },
            started_at: it.started_at,
            finished_at: it.finished_at,
        });
        assert_eq!(read(&store, id).await, expected.collect::<Vec<_>>());
    }

    async fn an_experiment_without_trials_has_no_blocks(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        assert_eq!(read(&store, id).await, []);
    }
}
