//! Submitting: a new experiment, or one that exists and goes on.

use super::wanting::Outcome;
use super::{Service, ServiceError};
use crate::controller::{NewLimits, SubmitError, Submitted, Wish, as_it_is, compared, create};
use crate::spec::Submission;
use crate::state::ExperimentState;
use crate::store::{ExperimentRecord, StoreError};
use jiff::Timestamp;
use std::path::Path;

impl Service {
    /// Creates the experiment, or finds that it exists, and drives it. `key`: the same submission with the same key is one experiment.
    ///
    /// # Errors
    /// [`ServiceError::Submit`] when the name, or the key, belongs to another experiment.
    pub async fn submit(
        &self,
        submission: &Submission,
        directory: &Path,
        key: Option<&str>,
    ) -> Result<Submitted, ServiceError> {
        if self.is_leaving() {
            return Err(ServiceError::ShuttingDown);
        }
        if let Some(record) = self.of_key(key).await? {
            return self.submitted_again(record, submission);
        }
        let store = &self.inner.setup.store;
        let name = &submission.experiment.name;
        let submitted = match store.experiment(name).await.map_err(ServiceError::from)? {
            Some(record) => self.go_on(record, submission).await?,
            None => {
                let now = Timestamp::now();
                match create(store, submission, directory, key, now).await {
                    // Somebody was quicker, perhaps with the same submission.
                    Err(SubmitError::Store(StoreError::NameTaken(name))) => {
                        return match self.of_key(key).await? {
                            Some(record) => self.submitted_again(record, submission),
                            None => Err(SubmitError::Store(StoreError::NameTaken(name)).into()),
                        };
                    }
                    created => created?,
                }
            }
        };
        self.set_going(&submitted).await?;
        Ok(submitted)
    }

    async fn of_key(&self, key: Option<&str>) -> Result<Option<ExperimentRecord>, ServiceError> {
        match key {
            Some(key) => Ok(self.inner.setup.store.experiment_by_key(key).await?),
            None => Ok(None),
        }
    }

    /// The same answer as the first time; another submission under the same key is refused.
    fn submitted_again(
        &self,
        record: ExperimentRecord,
        submission: &Submission,
    ) -> Result<Submitted, ServiceError> {
        let components = self.inner.setup.components.as_ref();
        compared(&record, components, &submission.experiment)?;
        Ok(Submitted::Created(record))
    }

    async fn go_on(
        &self,
        record: ExperimentRecord,
        submission: &Submission,
    ) -> Result<Submitted, ServiceError> {
        let setup = &self.inner.setup;
        let given = &submission.experiment;
        if compared(&record, setup.components.as_ref(), given)?.is_none() {
            return Ok(as_it_is(&setup.store, record, given).await?);
        }
        let limits = NewLimits::Document(submission.document.clone());
        let record = self.new_limits(record.id, limits).await?;
        Ok(match as_it_is(&setup.store, record, given).await? {
            Submitted::Continues(record) => Submitted::LimitsChanged(record),
            other => other,
        })
    }

    /// Whoever submits an experiment wants it to run, also when it was paused.
    async fn set_going(&self, submitted: &Submitted) -> Result<(), ServiceError> {
        let (Submitted::Created(record)
        | Submitted::Continues(record)
        | Submitted::LimitsChanged(record)) = submitted
        else {
            return Ok(());
        };
        if record.state != ExperimentState::Paused {
            self.take_up(record.id);
            return Ok(());
        }
        match self.wish(record.id, Wish::Resume).await {
            Ok(Outcome::Answered(_) | Outcome::Finished(_))
            | Err(ServiceError::DrivenElsewhere(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
