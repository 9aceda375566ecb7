//! Where the steps of many trials stand: the grid of trials and steps, some neighbouring trials at a time.

use super::database::{Row, Statement};
use super::read::signed;
use super::rows::Columns;
use super::{ExperimentId, Store, StoreError};
use crate::state::{StepState, TrialState};
use indexmap::IndexMap;
use jiff::Timestamp;

/// A trial and how far its steps are.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialSteps {
    /// Its number.
    pub number: u64,
    /// Where it stands.
    pub state: TrialState,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Those of its steps that have a step run, in the order in which these were first written.
    pub steps: IndexMap<String, StepState>,
}

impl Store {
    /// At most `limit` trials from number `from` on, by number, and where their steps stand.
    pub async fn trial_steps(
        &self,
        id: ExperimentId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<TrialSteps>, StoreError> {
        let until = from.saturating_add(u64::from(limit));
        let within = |text| {
            Statement::new(text)
                .bind(id.0)
                .bind(signed(from))
                .bind(signed(until))
        };
        let trials = within(
            "SELECT number, state, started_at, finished_at FROM trials \
             WHERE experiment_id = $1 AND number >= $2 AND number < $3 ORDER BY number",
        );
        let mut trials = self.all(trials, trial).await?;
        let steps = within(
            "SELECT trial, step, state FROM step_runs \
             WHERE experiment_id = $1 AND trial >= $2 AND trial < $3 ORDER BY id",
        );
        for (number, step, state) in self.all(steps, step).await? {
            // One that was created between the two queries is shown the next time.
            if let Ok(at) = trials.binary_search_by_key(&number, |trial| trial.number) {
                trials[at].steps.insert(step, state);
            }
        }
        Ok(trials)
    }
}

fn trial(row: &Row) -> Result<TrialSteps, StoreError> {
    let mut columns = Columns::of(row);
    Ok(TrialSteps {
        number: columns.count()?,
        state: columns.word()?,
        started_at: columns.optional_time()?,
        finished_at: columns.optional_time()?,
        steps: IndexMap::new(),
    })
}

fn step(row: &Row) -> Result<(u64, String, StepState), StoreError> {
    let mut columns = Columns::of(row);
    Ok((columns.count()?, columns.take()?, columns.word()?))
}

#[cfg(test)]
mod tests {
    use super::super::Changes;
    use super::super::testing::{Kind, commit, experiment, over_both, step, succeeded, trial};
    use super::*;

    over_both! {
        neighbours_are_read_with_their_steps,
    }

    async fn neighbours_are_read_with_their_steps(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let changes = Changes {
            trials: vec![
                succeeded(0, 0, 0.5),
                succeeded(1, 1, 0.4),
                trial(2, TrialState::Running),
                trial(3, TrialState::Queued),
            ],
            steps: vec![
                step(0, "prepare", StepState::Succeeded),
                step(1, "prepare", StepState::Succeeded),
                step(1, "fit", StepState::Failed),
                step(2, "prepare", StepState::Running),
            ],
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        let found = store.trial_steps(id, 1, 2).await.unwrap();
        let states = |at: usize| -> Vec<(&str, StepState)> {
            let steps = found[at].steps.iter();
            steps.map(|(name, state)| (name.as_str(), *state)).collect()
        };
        let numbers: Vec<u64> = found.iter().map(|it| it.number).collect();
        assert_eq!(numbers, [1, 2]);
        assert_eq!(found[1].state, TrialState::Running);
        assert_eq!(
            states(0),
            [
                ("prepare", StepState::Succeeded),
                ("fit", StepState::Failed)
            ]
        );
        assert_eq!(states(1), [("prepare", StepState::Running)]);
        let rest = store.trial_steps(id, 3, u32::MAX).await.unwrap();
        assert_eq!(rest.len(), 1);
    }
}
