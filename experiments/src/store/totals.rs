//! Numbers over the whole store, for those who run the server.

use super::{Store, StoreError};
use crate::state::TrialState;
use std::collections::BTreeMap;

impl Store {
    /// How many trials there are in each state, of all experiments together; states without trials are absent.
    pub async fn counts_of_all(&self) -> Result<BTreeMap<TrialState, u64>, StoreError> {
        let query = super::database::Statement::new(
            "SELECT state, CAST(sum(trials) AS BIGINT) FROM trial_counts WHERE trials > 0 GROUP BY state",
        );
        let counts = self.all(query, |row| {
            let mut columns = super::rows::Columns::of(row);
            Ok((columns.word()?, columns.count()?))
        });
        Ok(counts.await?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Changes;
    use super::super::testing::{
        Kind, commit, experiment, new_experiment, over_both, succeeded, trial,
    };
    use super::*;

    over_both! {
        trials_of_all_experiments_are_counted_together,
    }

    async fn trials_of_all_experiments_are_counted_together(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        assert!(store.counts_of_all().await.unwrap().is_empty());
        let other = store.create(new_experiment("other")).await.unwrap().id;
        for id in [id, other] {
            // The running one ends: its former state counts no more.
            for state in [TrialState::Running, TrialState::Failed] {
                let changes = Changes {
                    trials: vec![succeeded(0, 0, 0.5), trial(1, state)],
                    ..Changes::default()
                };
                commit(&store, id, changes).await.unwrap();
            }
        }
        let counts = BTreeMap::from([(TrialState::Succeeded, 2), (TrialState::Failed, 2)]);
        assert_eq!(store.counts_of_all().await.unwrap(), counts);
    }
}
