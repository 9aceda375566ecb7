//! Lists in pages, for readers that take one after the other while the lists grow.

use super::{
    ExperimentId, ExperimentRecord, ExperimentSummary, MetricRecord, Store, StoreError, TrialQuery,
    TrialRecord,
};
use crate::state::ExperimentState;

/// Which experiments, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExperimentQuery {
    /// In one of these states; empty for any.
    pub states: Vec<ExperimentState>,
    /// Where the last page ended.
    pub after: Option<String>,
    /// How many at most.
    pub limit: u32,
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// In order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

impl Store {
    /// A page of experiments, each with counts and best trial.
    ///
    /// # Errors
    /// [`StoreError::BadQuery`] for a cursor that no page gave.
    pub async fn experiments_page(
        &self,
        query: &ExperimentQuery,
    ) -> Result<Page<ExperimentSummary>, StoreError> {
        let _ = query;
        todo!()
    }

    /// A page of what `query` asks for (its `offset` is not used). Costs about the same however many trials there are, and however
    /// far along the list the page is; trials that are added meanwhile appear at most once.
    ///
    /// # Errors
    /// [`StoreError::BadQuery`] for a cursor that no page of this query gave, or a value that does not suit what it is compared with.
    pub async fn trials_page(
        &self,
        id: ExperimentId,
        query: &TrialQuery,
        after: Option<&str>,
    ) -> Result<Page<TrialRecord>, StoreError> {
        let _ = (id, query, after);
        todo!()
    }

    /// A page of what a trial reported, in the order of arrival: of all metrics, or of one.
    pub async fn metrics_page(
        &self,
        id: ExperimentId,
        trial: u64,
        name: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<MetricRecord>, StoreError> {
        let _ = (id, trial, name, after, limit);
        todo!()
    }

    /// Experiments that want to be driven (`pending` or `running`) and that no process drives, oldest first.
    pub async fn abandoned(&self) -> Result<Vec<ExperimentRecord>, StoreError> {
        let mut found = Vec::new();
        for summary in self.experiments().await? {
            let it = summary.experiment;
            if matches!(it.state, ExperimentState::Pending | ExperimentState::Running)
                && self.driver(it.id).await?.is_none()
            {
                found.push(it);
            }
        }
        Ok(found)
    }

    /// The experiment that was submitted with this mark.
    pub async fn experiment_by_key(
        &self,
        key: &str,
    ) -> Result<Option<ExperimentRecord>, StoreError> {
        let _ = key;
        Ok(None)
    }

    /// The experiment with that id.
    pub async fn experiment_by_id(
        &self,
        id: ExperimentId,
    ) -> Result<Option<ExperimentRecord>, StoreError> {
        let found = self.experiments().await?.into_iter().map(|it| it.experiment);
        Ok(found.into_iter().find(|it| it.id == id))
    }

    /// Takes back what was asked of the experiment's driver.
    pub async fn withdraw_request(&self, id: ExperimentId) -> Result<(), StoreError> {
        let _ = id;
        Ok(())
    }

    /// Whether the database answers, and its schema is the one this program knows.
    pub async fn ready(&self) -> Result<(), StoreError> {
        todo!()
    }
}
