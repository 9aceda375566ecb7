//! Submitting: a new experiment, or one that exists and goes on.

use super::{Service, ServiceError};
use crate::controller::{
    NewLimits, SubmitError, Submitted, Wish, as_it_is, compared, create, goes_on, prior,
};
use crate::spec::Submission;
use crate::state::ExperimentState;
use crate::store::{ExperimentRecord, StoreError};
use jiff::Timestamp;
use std::path::Path;

impl Service {
    /// Creates the experiment and drives it. `key`: the same submission with the same key is one experiment. With `go_on`, one that exists
    /// and says the same goes on, with the new limits if those differ.
    ///
    /// # Errors
    /// [`ServiceError::Submit`] when the name belongs to another experiment, [`ServiceError::Conflict`] when the key does.
    pub async fn submit(
        &self,
        submission: &Submission,
        directory: &Path,
        key: Option<&str>,
        go_on: bool,
    ) -> Result<Submitted, ServiceError> {
        if self.is_leaving() {
            return Err(ServiceError::ShuttingDown);
        }
        if let Some(record) = self.of_key(key).await? {
            return self.submitted_again(record, submission);
        }
        let submitted = match self.created(submission, directory, key).await {
            Err(taken @ ServiceError::Submit(SubmitError::Store(StoreError::NameTaken(_))))
                if go_on =>
            {
                let name = &submission.experiment.name;
                let found = self.inner.setup.store.experiment(name).await?;
                self.go_on(found.ok_or(taken)?, submission).await?
            }
            created => created?,
        };
        self.set_going(&submitted).await?;
        Ok(submitted)
    }

    /// Whether what the experiment starts from is there and fits.
    ///
    /// # Errors
    /// [`ServiceError::Submit`] when not.
    pub async fn try_out(&self, submission: &Submission) -> Result<(), ServiceError> {
        let store = &self.inner.setup.store;
        Ok(prior(store, submission).await.map(drop)?)
    }

    /// The store gives what another has created with the same key just then.
    async fn created(
        &self,
        submission: &Submission,
        directory: &Path,
        key: Option<&str>,
    ) -> Result<Submitted, ServiceError> {
        let (store, now) = (&self.inner.setup.store, Timestamp::now());
        match create(store, submission, directory, key, now).await? {
            Submitted::Created(record) => self.submitted_again(record, submission),
            other => Ok(other),
        }
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
        let given = &submission.experiment;
        let same_name = record.name == given.name;
        if same_name && compared(&record, components, given)?.is_none() {
            return Ok(Submitted::Created(record));
        }
        Err(ServiceError::Conflict(format!(
            "the key belongs to another submission, of experiment `{}`",
            record.name
        )))
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
        // Asked before the change: with it, the experiment may come to its end at once.
        let more = goes_on(&setup.store, &record, given).await?;
        let limits = NewLimits::Document(submission.document.clone());
        let record = self.new_limits(record.id, limits).await?;
        Ok(match more {
            true => Submitted::LimitsChanged(record),
            false => Submitted::Finished(record),
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
        self.wish(record.id, Wish::Resume).await.map(drop)
    }
}
