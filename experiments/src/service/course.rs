//! The course of experiments: driving them, pausing, resuming, ending, other limits; and the end of the process itself.

use super::evaluation::{ended, refusal};
use super::wanting::Outcome;
use super::{Service, ServiceError};
use crate::controller::{
    Answer, Control, DriveError, Layout, LimitsPatch, NewLimits, Want, WantError, Wish,
};
use crate::state::ExperimentState;
use crate::store::{ExperimentId, ExperimentRecord, Request, StoreError};
use jiff::Timestamp;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

/// How often experiments are looked for that another process has left behind; less often when looking takes long.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(5);
const LOOKING: u32 = 100;
/// How often it is looked whether another process has stored events.
const NEWS_EVERY: Duration = Duration::from_millis(500);
/// How much of the time that running steps have at the end of the process is for those that must be asked to stop; half of it at the most.
const TO_STOP: Duration = Duration::from_secs(5);

impl Service {
    /// Takes up every experiment that is to go on and that nobody drives, now and whenever one is left behind, until
    /// [`shutdown`](Service::shutdown).
    ///
    /// # Errors
    /// None while it runs: what goes wrong with the store is tried again.
    pub async fn run(&self) -> Result<(), ServiceError> {
        let mut control = self.inner.control.subscribe();
        tokio::select! {
            _ = control.wait_for(|control| *control > Control::Run) => {}
            () = self.look_for_abandoned() => {}
            () = self.look_for_news() => {}
        }
        Ok(())
    }

    async fn look_for_abandoned(&self) {
        loop {
            let begun = Instant::now();
            let pause = match self.take_up_abandoned().await {
                Ok(()) => (begun.elapsed() * LOOKING).clamp(LOOK_EVERY, LOOK_AT_LEAST_EVERY),
                Err(error) => {
                    tracing::warn!(%error, "cannot look for experiments to go on with; trying again");
                    LOOK_EVERY
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn look_for_news(&self) {
        loop {
            match self.inner.setup.store.last_of_all_events().await {
                Ok(last) => {
                    self.inner.news.send_if_modified(|news| {
                        let newer = last > *news;
                        *news = (*news).max(last);
                        newer
                    });
                }
                Err(error) => tracing::debug!(%error, "cannot look for news; trying again"),
            }
            tokio::time::sleep(NEWS_EVERY).await;
        }
    }

    /// Starts nothing new, lets running steps end, keeps the state. One that is paused stays so.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] when it has ended.
    pub async fn pause(&self, id: ExperimentId) -> Result<ExperimentRecord, ServiceError> {
        match self.want(id, Want::Wish(Wish::Pause)).await {
            Err(ServiceError::DrivenElsewhere(_)) => self.request(id, Request::Pause).await,
            Ok(Outcome::Finished(record)) => Err(ended(&record)),
            changed => match record(changed?)? {
                record if record.state.is_finished() => Err(ended(&record)),
                record => Ok(record),
            },
        }
    }

    /// Goes on with an experiment that is paused.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] when it has ended.
    pub async fn resume(&self, id: ExperimentId) -> Result<ExperimentRecord, ServiceError> {
        match self.want(id, Want::Wish(Wish::Resume)).await? {
            Outcome::Finished(record) => Err(ended(&record)),
            changed => record(changed),
        }
    }

    /// Ends the experiment; its running trials are stopped. One that has ended stays as it is.
    ///
    /// # Errors
    /// All that keeps an experiment from being driven.
    pub async fn cancel(&self, id: ExperimentId) -> Result<ExperimentRecord, ServiceError> {
        match self.want(id, Want::Wish(Wish::Cancel)).await {
            Err(ServiceError::DrivenElsewhere(_)) => self.request(id, Request::Cancel).await,
            changed => record(changed?),
        }
    }

    /// Changes limits; a finished experiment whose budget is raised runs on.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for limits that make no sense.
    pub async fn change_limits(
        &self,
        id: ExperimentId,
        patch: LimitsPatch,
    ) -> Result<ExperimentRecord, ServiceError> {
        self.new_limits(id, NewLimits::Patch(patch)).await
    }

    pub(super) async fn new_limits(
        &self,
        id: ExperimentId,
        limits: NewLimits,
    ) -> Result<ExperimentRecord, ServiceError> {
        match self.want(id, Want::Limits(limits.clone())).await {
            Ok(Outcome::Finished(record)) => {
                let lock = self.inner.setup.store.lock(id, None).await;
                let _lock = lock.map_err(|error| in_use(error, None))?;
                self.store_limits(record.id, limits).await?;
            }
            // The process that drives it sees for itself.
            Err(ServiceError::DrivenElsewhere(_)) => {
                self.store_limits(id, limits).await?;
                return self.record(id).await;
            }
            changed => return record(changed?),
        }
        self.taken_up(id).await
    }

    /// The experiment once it goes on, if it does: whoever looks at it next sees that it has begun anew.
    async fn taken_up(&self, id: ExperimentId) -> Result<ExperimentRecord, ServiceError> {
        self.take_up(id);
        match self.wish(id, Wish::Resume).await {
            Err(ServiceError::DrivenElsewhere(_)) => self.record(id).await,
            begun => record(begun?),
        }
    }

    async fn store_limits(&self, id: ExperimentId, limits: NewLimits) -> Result<(), ServiceError> {
        let setup = &self.inner.setup;
        let components = setup.components.as_ref();
        let change = |stored| Ok::<_, WantError>(limits.apply(&stored, components)?);
        let changing = setup.store.change_limits(id, Timestamp::now(), change);
        changing.await?;
        Ok(())
    }

    /// Deletes the experiment with all its data. One that is running is refused.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] when it is running.
    pub async fn delete(&self, id: ExperimentId) -> Result<(), ServiceError> {
        let record = self.record(id).await?;
        if matches!(
            record.state,
            ExperimentState::Pending | ExperimentState::Running
        ) {
            return Err(running());
        }
        if self.inner.drivers.of(id).is_some() {
            // It lets go if nothing is under way any more.
            let _ = self.want(id, Want::Rest).await;
        }
        let store = &self.inner.setup.store;
        match store.delete(id).await {
            Err(StoreError::InUse) => return Err(running()),
            deleted => deleted?,
        }
        let layout = Layout::new(store.root()).map_err(DriveError::Io)?;
        let removing = spawn_blocking(move || layout.remove_runs(id));
        let removed = removing.await.map_err(std::io::Error::other);
        removed.flatten().map_err(DriveError::Io)?;
        Ok(())
    }

    /// Takes no more work and lets running steps end; state is kept. Those that still run shortly before the end of `grace` are asked to
    /// stop, and killed at its end.
    pub async fn shutdown(&self, grace: Duration) {
        let tasks = &self.inner.tasks;
        tasks.close();
        self.inner.control.send_replace(Control::Drain);
        let to_stop = TO_STOP.min(grace / 2);
        if timeout(grace - to_stop, tasks.wait()).await.is_ok() {
            return;
        }
        self.inner.control.send_replace(Control::Kill);
        if timeout(to_stop, tasks.wait()).await.is_err() {
            for id in self.inner.drivers.driven() {
                self.inner.setup.engine.kill_experiment(id);
            }
            tasks.wait().await;
        }
    }

    /// Asks the other process that drives the experiment.
    async fn request(
        &self,
        id: ExperimentId,
        request: Request,
    ) -> Result<ExperimentRecord, ServiceError> {
        self.inner.setup.store.request(id, request).await?;
        self.record(id).await
    }
}

fn record(outcome: Outcome) -> Result<ExperimentRecord, ServiceError> {
    match outcome {
        Outcome::Finished(record) => Ok(record),
        Outcome::Answered(answered) => match answered.answer {
            Answer::Done => Ok((*answered.experiment).clone()),
            refused => Err(refusal(refused, 0)),
        },
    }
}

pub(super) fn in_use(error: StoreError, address: Option<String>) -> ServiceError {
    match error {
        StoreError::InUse => ServiceError::DrivenElsewhere(address),
        error => error.into(),
    }
}

fn running() -> ServiceError {
    ServiceError::Conflict("the experiment is running: cancel it first".to_owned())
}
