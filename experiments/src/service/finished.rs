//! What is said of trials that have finished: the same again, something else, or too late.

use super::{Service, ServiceError};
use crate::controller::{DriveError, Told};
use crate::metrics::ClientReport;
use crate::spec;
use crate::state::{TrialReason, TrialState};
use crate::store::{ExperimentId, TrialRecord};
use std::collections::HashMap;

impl Service {
    /// The end of a trial that has finished is told.
    pub(super) async fn told_again(
        &self,
        id: ExperimentId,
        number: u64,
        told: &Told,
    ) -> Result<TrialRecord, ServiceError> {
        let record = self.stored_trial(id, number).await?;
        // A trial that was never handed out can be told as well, if it is not a pipeline's.
        let by_client = record.handed_out > 0 || self.evaluated_by_clients(id).await?;
        match by_client && is_that(&record, told) {
            true => Ok(record),
            false => Err(ServiceError::Conflict(format!(
                "trial {number} has ended already, and differently: {}",
                in_words(&record)
            ))),
        }
    }

    /// A trial that has finished was heard of: one that was stopped is told so again.
    pub(super) async fn reported_late(
        &self,
        id: ExperimentId,
        number: u64,
    ) -> Result<Option<String>, ServiceError> {
        let record = self.stored_trial(id, number).await?;
        match record.state {
            TrialState::EarlyStopped => Ok(record.explanation),
            _ => Err(ServiceError::Conflict(format!(
                "trial {number} has ended already: {}",
                in_words(&record)
            ))),
        }
    }

    async fn evaluated_by_clients(&self, id: ExperimentId) -> Result<bool, ServiceError> {
        let record = self.record(id).await?;
        let components = self.inner.setup.components.as_ref();
        let read = spec::read_document(&record.document, components);
        let experiment = read.map_err(|error| DriveError::Spec(Box::new(error)))?;
        Ok(experiment.pipeline.is_empty())
    }

    async fn stored_trial(
        &self,
        id: ExperimentId,
        number: u64,
    ) -> Result<TrialRecord, ServiceError> {
        let found = self.inner.setup.store.trial(id, number).await?;
        found.ok_or(ServiceError::NoSuchTrial(number))
    }
}

/// Whether the trial of a client ended as was told.
fn is_that(record: &TrialRecord, told: &Told) -> bool {
    match (record.state, record.reason, told) {
        (TrialState::EarlyStopped, ..) => true,
        (TrialState::Failed, Some(TrialReason::Told), Told::Failed(words)) => {
            record.explanation.as_deref() == Some(words)
        }
        (
            TrialState::Succeeded | TrialState::Failed,
            None | Some(TrialReason::MetricMissing | TrialReason::MetricNotFinite),
            Told::Succeeded(reports),
        ) => last_values(reports)
            .into_iter()
            .all(|(name, value)| has(record, name, value)),
        _ => false,
    }
}

/// Of several values of a metric the last.
fn last_values(reports: &[ClientReport]) -> HashMap<&str, f64> {
    let values = reports.iter();
    values
        .map(|report| (report.name.as_str(), report.value))
        .collect()
}

fn has(record: &TrialRecord, name: &str, value: f64) -> bool {
    let stored = record.metrics.get(name);
    stored.is_some_and(|stored| *stored == value || (stored.is_nan() && value.is_nan()))
}

fn in_words(record: &TrialRecord) -> String {
    match &record.explanation {
        Some(why) => format!("{} ({why})", record.state),
        None => record.state.to_string(),
    }
}
