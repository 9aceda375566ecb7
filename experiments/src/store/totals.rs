//! Numbers over the whole store, for those who run the server.

use super::{Store, StoreError};
use crate::state::TrialState;
use std::collections::BTreeMap;

impl Store {
    /// How many trials there are in each state, of all experiments together; states without trials are absent.
    pub async fn counts_of_all(&self) -> Result<BTreeMap<TrialState, u64>, StoreError> {
        let query =
            super::database::Statement::new("SELECT state, count(*) FROM trials GROUP BY state");
        let counts = self.all(query, |row| {
            let mut columns = super::rows::Columns::of(row);
            Ok((columns.word()?, columns.count()?))
        });
        Ok(counts.await?.into_iter().collect())
    }
}
