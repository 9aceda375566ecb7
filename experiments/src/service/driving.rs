//! The experiments that this process drives: each by a task of its own. Whatever goes wrong in one stays there.

use super::Service;
use crate::causes::in_one_line;
use crate::controller::{
    DriveError, Driver, Event, Loaded, Message, WantError, Ways, load, of_experiment, take_lock,
};
use crate::state::{ExperimentReason, ExperimentState};
use crate::store::{
    Changes, EventKind, ExperimentId, ExperimentRecord, ExperimentUpdate, NewEvent, Store,
    StoreError,
};
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::Instrument;

/// How to reach the task that drives an experiment.
pub(super) type Messages = mpsc::Sender<Message>;

/// How many messages may wait for the task; more are refused.
const INBOX: usize = 4096;

/// Who drives what.
#[derive(Default)]
pub(super) struct Drivers(Mutex<Table>);

#[derive(Default)]
struct Table {
    driven: HashMap<ExperimentId, Messages>,
    /// The names of those whose lock is held: while it is, none is deleted, and no name becomes another's.
    names: HashMap<String, ExperimentId>,
    /// Left alone though they have not ended, until somebody wants something of them or something happens: after which event.
    resting: HashMap<ExperimentId, i64>,
    /// Not to be tried before this moment, and the pause that led to it.
    failed: HashMap<ExperimentId, (Instant, Duration)>,
}

/// Pauses before an experiment is tried again that could not be driven: the first, and the longest.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

impl Drivers {
    pub fn count(&self) -> usize {
        self.table().driven.len()
    }

    pub fn driven(&self) -> Vec<ExperimentId> {
        self.table().driven.keys().copied().collect()
    }

    pub fn of(&self, id: ExperimentId) -> Option<Messages> {
        self.table().driven.get(&id).cloned()
    }

    pub fn named(&self, name: &str) -> Option<ExperimentId> {
        self.table().names.get(name).copied()
    }

    /// Whether the experiment is to be taken up though nobody asks for it.
    fn is_due(&self, id: ExperimentId) -> bool {
        let table = self.table();
        let failed = table.failed.get(&id);
        !table.driven.contains_key(&id)
            && !table.resting.contains_key(&id)
            && failed.is_none_or(|(until, _)| *until <= Instant::now())
    }

    fn end(&self, id: ExperimentId, end: &End) {
        let mut table = self.table();
        table.driven.remove(&id);
        match end {
            End::Rests(last) => drop(table.resting.insert(id, *last)),
            End::Over => drop(table.failed.remove(&id)),
            End::Failed => {
                let last = table.failed.get(&id).map(|(_, pause)| *pause * 2);
                let pause = last.unwrap_or(AGAIN.0).min(AGAIN.1);
                table.failed.insert(id, (Instant::now() + pause, pause));
            }
        }
    }

    /// What happens in an experiment that rests is another process's doing: when that has gone, it is left to be taken up. One that was
    /// deleted has no events.
    async fn forget_disturbed(&self, store: &Store) -> Result<(), StoreError> {
        let resting = self.table().resting.clone();
        for (id, last) in resting {
            if store.last_event(id).await? != last {
                self.table().resting.remove(&id);
            }
        }
        Ok(())
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of an experiment whose lock is held; forgotten when dropped.
struct Named(Service, String);

impl Named {
    fn note(service: &Service, record: &ExperimentRecord) -> Self {
        let mut table = service.inner.drivers.table();
        table.names.insert(record.name.clone(), record.id);
        drop(table);
        Self(service.clone(), record.name.clone())
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        self.0.inner.drivers.table().names.remove(&self.1);
    }
}

/// How the driving of an experiment ended.
enum End {
    /// Nothing happens unless somebody wants something; the number of its last event.
    Rests(i64),
    /// There is no more to do, or another process does it, or the store was away: then it goes on as soon as that answers.
    Over,
    /// It could not go on, and may another time.
    Failed,
}

impl Service {
    /// The task that drives the experiment: the one that does, or a new one.
    pub(super) fn take_up(&self, id: ExperimentId) -> Messages {
        let mut table = self.inner.drivers.table();
        if let Some(messages) = table.driven.get(&id) {
            return messages.clone();
        }
        table.resting.remove(&id);
        let (messages, inbox) = mpsc::channel(INBOX);
        table.driven.insert(id, messages.clone());
        let service = self.clone();
        let span = of_experiment(id);
        // On the heap: what it takes to drive an experiment is large.
        let driving = Box::pin(async move { service.attend(id, inbox).await });
        self.inner.tasks.spawn(driving.instrument(span));
        messages
    }

    /// Takes up what is to go on and nobody drives.
    pub(super) async fn take_up_abandoned(&self) -> Result<(), StoreError> {
        let store = &self.inner.setup.store;
        self.inner.drivers.forget_disturbed(store).await?;
        for record in store.abandoned().await? {
            if self.inner.drivers.is_due(record.id) {
                self.take_up(record.id);
            }
        }
        Ok(())
    }

    /// The messages outlive the driving: whoever has sent one that was not looked at hears that nobody did, and only when another task can
    /// be started.
    async fn attend(&self, id: ExperimentId, inbox: mpsc::Receiver<Message>) {
        let mut left = None;
        let driven = Box::pin(unless_it_panics(self.drive(id, inbox, &mut left))).await;
        let end = match driven {
            Ok(Ok(end)) => end,
            Ok(Err(error)) => {
                refuse(&mut left, &error, self.elsewhere(id).await.as_deref());
                failed(&error)
            }
            Err(panic) => {
                tracing::error!("tune itself failed: {panic}");
                End::Failed
            }
        };
        self.inner.drivers.end(id, &end);
        drop(left);
    }

    async fn drive(
        &self,
        id: ExperimentId,
        inbox: mpsc::Receiver<Message>,
        left: &mut Option<mpsc::Receiver<Message>>,
    ) -> Result<End, DriveError> {
        let setup = &self.inner.setup;
        *left = Some(inbox);
        let lock = take_lock(setup, id).await?;
        let loaded = match load(setup, id).await {
            Ok(loaded) => loaded,
            Err(error @ DriveError::Spec(_)) => {
                if let Some(record) = setup.store.experiment_by_id(id).await? {
                    self.set_aside(&record, &in_one_line(&error)).await;
                }
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        let Some(begin) = beginning(&loaded) else {
            return Ok(End::Over);
        };
        let ways = Ways {
            control: self.inner.control.subscribe(),
            news: self.inner.news.clone(),
            slots: self.inner.pool.join(id),
            messages: left.take(),
        };
        let named = Named::note(self, &loaded.record);
        let mut driver = Driver::new(setup, lock, loaded, ways);
        let result = Box::pin(unless_it_panics(driver.run(begin))).await;
        if !matches!(result, Ok(Ok(()))) {
            driver.kill_all().await;
        }
        let end = self.concluded(&mut driver, result).await;
        drop(named);
        *left = driver.release().await;
        end
    }

    async fn concluded(
        &self,
        driver: &mut Driver,
        result: Result<Result<(), DriveError>, String>,
    ) -> Result<End, DriveError> {
        let why = match result {
            // Still under the lock: what happens afterwards is another's doing.
            Ok(Ok(())) if driver.has_rested() => {
                let last = self.inner.setup.store.last_event(driver.record().id).await;
                return Ok(last.map_or(End::Over, End::Rests));
            }
            Ok(Ok(())) => return Ok(End::Over),
            Ok(Err(DriveError::Refused(words))) => {
                tracing::warn!(
                    "the machine has no room for another step: {words}; the experiment is paused"
                );
                return Ok(End::Over);
            }
            Ok(Err(error @ DriveError::Algorithm(_))) => in_one_line(&error),
            Ok(Err(error)) => {
                match &error {
                    // Whoever waits finds the process that drives it now.
                    DriveError::TakenOver | DriveError::Store(StoreError::TakenOver) => {}
                    DriveError::Store(error) => {
                        driver.answer_all(|| WantError::Store(error.again()));
                    }
                    error => driver.answer_all(|| WantError::Failed(in_one_line(error))),
                }
                return Err(error);
            }
            Err(panic) => panic,
        };
        let why = format!("the experiment crashed: {why}");
        self.set_aside(driver.record(), &why).await;
        driver.answer_all(|| WantError::Crashed(why.clone()));
        Ok(End::Over)
    }

    /// Pauses an experiment that cannot be driven, so that it does not fail again and again.
    async fn set_aside(&self, record: &ExperimentRecord, why: &str) {
        tracing::error!(name = %record.name, "{why}; it is paused");
        let (state, reason) = (ExperimentState::Paused, Some(ExperimentReason::Crashed));
        let event = NewEvent {
            at: Timestamp::now(),
            kind: EventKind::Experiment,
            trial: None,
            step: None,
            data: json!({ "state": state, "reason": reason, "explanation": why }),
        };
        let changes = Changes {
            experiment: Some(ExperimentUpdate {
                state,
                reason,
                started_at: record.started_at,
                finished_at: record.finished_at,
                active_seconds: record.active_seconds,
            }),
            events: vec![event],
            ..Changes::default()
        };
        match self.inner.setup.store.commit(record.id, changes).await {
            Ok(last) => self
                .inner
                .news
                .send_modify(|news| *news = (*news).max(last)),
            Err(error) => tracing::error!(%error, "that it is paused cannot be stored"),
        }
    }

    /// Where the process can be reached that drives the experiment.
    pub(super) async fn elsewhere(&self, id: ExperimentId) -> Option<String> {
        let driver = self.inner.setup.store.driver(id).await;
        driver.ok().flatten()?.address
    }
}

/// An experiment that another process drives, or that is gone, is no failure.
fn failed(error: &DriveError) -> End {
    match error {
        DriveError::Store(StoreError::InUse | StoreError::NoSuchExperiment(_)) => End::Over,
        // Looking for experiments that nobody drives succeeds when the store is back; to wait longer helps nobody.
        DriveError::TakenOver
        | DriveError::Store(StoreError::TakenOver | StoreError::Unavailable(_)) => {
            tracing::warn!(error = %in_one_line(error), "the experiment cannot be driven while its store is away");
            End::Over
        }
        error => {
            tracing::warn!(error = %in_one_line(error), "the experiment cannot be driven for now");
            End::Failed
        }
    }
}

/// How to begin: an experiment that is paused stays so, one that has come to its end is left alone.
fn beginning(loaded: &Loaded) -> Option<Event> {
    match loaded.record.state {
        ExperimentState::Paused => Some(Event::Attend),
        _ => loaded.open.then_some(Event::Begin),
    }
}

/// Tells everybody who waits why nothing comes of it.
fn refuse(inbox: &mut Option<mpsc::Receiver<Message>>, error: &DriveError, address: Option<&str>) {
    let why = || match error {
        DriveError::Store(StoreError::InUse | StoreError::TakenOver) | DriveError::TakenOver => {
            WantError::Elsewhere(address.map(str::to_owned))
        }
        DriveError::Store(StoreError::NoSuchExperiment(id)) => {
            WantError::Store(StoreError::NoSuchExperiment(*id))
        }
        DriveError::Store(error) => WantError::Store(error.again()),
        error => WantError::Failed(in_one_line(error)),
    };
    if let Some(inbox) = inbox {
        while let Ok(message) = inbox.try_recv() {
            // Who does not wait any more need not be told.
            let _ = message.reply.send(Err(why()));
        }
    }
}

/// The message of the panic, if that is how it ends.
async fn unless_it_panics<T>(doing: impl Future<Output = T>) -> Result<T, String> {
    let mut doing = pin!(doing);
    std::future::poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| doing.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
            Err(panic) => {
                let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
                let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
                Poll::Ready(Err(text.unwrap_or_else(|| "tune itself failed".to_owned())))
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::NewExperiment;
    use tempfile::TempDir;
    use tune_algorithms::history::Goal;

    #[tokio::test]
    async fn an_experiment_rests_until_something_happens_in_it() {
        let directory = TempDir::new().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let drivers = Drivers::default();
        let mut ids = Vec::new();
        for name in ["quiet", "disturbed", "deleted"] {
            let new = NewExperiment {
                name: name.to_owned(),
                goal: Goal::Minimize,
                document: json!({}),
                directory: directory.path().to_owned(),
                created_at: Timestamp::now(),
                key: None,
                tags: Vec::new(),
                prior: Vec::new(),
            };
            let id = store.create(new).await.unwrap().id;
            let last = store.last_event(id).await.unwrap();
            drivers.end(id, &End::Rests(last));
            assert!(!drivers.is_due(id));
            ids.push(id);
        }
        let [quiet, disturbed, deleted] = ids[..] else {
            panic!("three were created");
        };
        let other = Store::open(directory.path()).await.unwrap();
        let same = |document| Ok::<_, StoreError>((document, json!({})));
        let changed = other.change_limits(disturbed, Timestamp::now(), same);
        changed.await.unwrap();
        other.delete(deleted).await.unwrap();
        drivers.forget_disturbed(&store).await.unwrap();
        assert!(!drivers.is_due(quiet));
        assert!(drivers.is_due(disturbed));
        assert!(!drivers.table().resting.contains_key(&deleted));
    }
}
