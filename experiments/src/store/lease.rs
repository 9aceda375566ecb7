//! Who drives an experiment of a shared store: a lease, a row of the database with a token that grows with every holder. It is renewed in
//! the background while it is held; what is written is checked against it.

use super::database::{Row, Statement};
use super::rows::Columns;
use super::{Driver, ExperimentId, Store, StoreError, sql};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// How long a lease lasts, and when it is renewed: another server can go on this long after its holder died.
const LASTS: Duration = Duration::from_secs(6);
const RENEW_EVERY: Duration = Duration::from_secs(2);
/// How soon a renewal that failed is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(250);
/// The holder stops this long before another may begin.
const MARGIN: Duration = Duration::from_secs(1);

/// The leases that are held through a store, and who holds them.
#[derive(Debug)]
pub(super) struct Leases {
    /// Unlike that of any other store that was ever opened.
    holder: String,
    held: Mutex<HashMap<ExperimentId, Held>>,
}

/// What is written under a lease.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Held {
    /// 0 while it is being taken.
    pub token: i64,
    /// How many commits have been answered.
    pub commits: u64,
}

impl Default for Leases {
    fn default() -> Self {
        let chance = RandomState::new().build_hasher().finish();
        Self {
            holder: format!("{}-{chance:016x}", std::process::id()),
            held: Mutex::default(),
        }
    }
}

impl Leases {
    fn held(&self) -> MutexGuard<'_, HashMap<ExperimentId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn holder(&self) -> &str {
        &self.holder
    }

    /// Whether the lease is held, or being taken, through this store.
    pub(super) fn is_ours(&self, id: ExperimentId) -> bool {
        self.held().contains_key(&id)
    }

    pub(super) fn get(&self, id: ExperimentId) -> Option<Held> {
        self.held().get(&id).copied().filter(|held| held.token > 0)
    }

    /// A commit under this token was answered: the next one is another.
    pub(super) fn answered(&self, id: ExperimentId, token: i64) {
        if let Some(held) = self.held().get_mut(&id)
            && held.token == token
        {
            held.commits += 1;
        }
    }
}

/// The place in [`Leases`] of a lease that is held or being taken; gives it back when dropped.
#[derive(Debug)]
struct Place {
    store: Store,
    id: ExperimentId,
}

impl Place {
    fn take(store: &Store, id: ExperimentId) -> Result<Self, StoreError> {
        let mut held = store.inner.leases.held();
        if held.contains_key(&id) {
            return Err(StoreError::InUse);
        }
        held.insert(id, Held::default());
        let store = store.clone();
        Ok(Self { store, id })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.store.inner.leases.held().remove(&self.id);
    }
}

/// A lease that is held.
#[derive(Debug)]
pub(super) struct Lease {
    /// None once it has been released.
    place: Option<Place>,
    token: i64,
    left_behind: Option<String>,
    renewal: JoinHandle<()>,
    is_lost: watch::Receiver<bool>,
}

impl Lease {
    pub(super) async fn take(
        store: &Store,
        id: ExperimentId,
        address: Option<&str>,
    ) -> Result<Self, StoreError> {
        let place = Place::take(store, id)?;
        let asked = Instant::now();
        let statement = Statement::new(sql::postgres::TAKE_LEASE)
            .bind(id.0)
            .bind(store.inner.leases.holder.as_str())
            .bind(address)
            .bind(LASTS.as_secs_f64());
        let taken = store.write_one(statement, |row| {
            let mut columns = Columns::of(row);
            Ok((columns.take()?, columns.take()?))
        });
        let Some((token, left_behind)) = taken.await? else {
            return Err(store.why_not_taken(id).await?);
        };
        store
            .inner
            .leases
            .held()
            .insert(id, Held { token, commits: 0 });
        let (lost, is_lost) = watch::channel(false);
        let renewal = tokio::spawn(renew(store.clone(), id, token, asked, lost));
        Ok(Self {
            place: Some(place),
            token,
            left_behind,
            renewal,
            is_lost,
        })
    }

    pub(super) fn left_behind(&self) -> Option<String> {
        self.left_behind.clone()
    }

    pub(super) async fn sign(&self, session: &str) -> Result<(), StoreError> {
        let Some(place) = &self.place else {
            return Err(StoreError::TakenOver);
        };
        let statement = Statement::new(sql::postgres::SIGN_LEASE)
            .bind(place.id.0)
            .bind(self.token)
            .bind(session);
        match place.store.write(statement).await? {
            0 => Err(StoreError::TakenOver),
            _ => Ok(()),
        }
    }

    /// Ends when the lease is lost.
    pub(super) fn lost(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut is_lost = self.is_lost.clone();
        async move {
            // That the renewal has ended means the same.
            let _ = is_lost.wait_for(|lost| *lost).await;
        }
    }

    /// Gives the lease back, and waits until the database has taken it; one that is lost is not waited for.
    pub(super) async fn release(mut self) -> Result<(), StoreError> {
        if *self.is_lost.borrow() {
            return Ok(());
        }
        self.renewal.abort();
        match self.place.take() {
            Some(place) => release(place, self.token).await,
            None => Ok(()),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
        if let Some(place) = self.place.take()
            && let Ok(runtime) = Handle::try_current()
        {
            let token = self.token;
            // Without an answer the lease runs out by itself.
            runtime.spawn(release(place, token));
        }
    }
}

/// Gives the place back at once, so that the lease can be taken again through this store; what is returned tells the database.
fn release(place: Place, token: i64) -> impl Future<Output = Result<(), StoreError>> + Send {
    let (store, id) = (place.store.clone(), place.id);
    drop(place);
    let statement = Statement::new(sql::postgres::RELEASE_LEASE)
        .bind(id.0)
        .bind(token);
    async move { store.write(statement).await.map(drop) }
}

/// Renews the lease until it is lost: taken over, or not renewed in time.
async fn renew(
    store: Store,
    id: ExperimentId,
    token: i64,
    taken: Instant,
    lost: watch::Sender<bool>,
) {
    let mut renewed = taken;
    let mut pause = RENEW_EVERY;
    loop {
        sleep(pause).await;
        let asked = Instant::now();
        let end = renewed + LASTS - MARGIN;
        let left = end.saturating_duration_since(asked);
        let statement = Statement::new(sql::postgres::RENEW_LEASE)
            .bind(id.0)
            .bind(token)
            .bind(LASTS.as_secs_f64());
        pause = match timeout(left, store.write(statement)).await {
            Ok(Ok(0)) | Err(_) => break,
            Ok(Ok(_)) => {
                renewed = asked;
                RENEW_EVERY
            }
            Ok(Err(_)) if left.is_zero() => break,
            Ok(Err(_)) => TRY_AGAIN.min(left),
        };
    }
    lost.send_replace(true);
}

impl Store {
    /// What changes whenever the driver gives a sign of life; nothing when there is no driver.
    pub(super) async fn pulse(&self, id: ExperimentId) -> Result<Option<i64>, StoreError> {
        let pulse = Statement::new(sql::postgres::PULSE).bind(id.0);
        let pulse = self.one(pulse, |row| Columns::of(row).take::<Option<i64>>());
        Ok(pulse.await?.flatten())
    }

    async fn why_not_taken(&self, id: ExperimentId) -> Result<StoreError, StoreError> {
        let lease = Statement::new(sql::postgres::LEASE).bind(id.0);
        Ok(match self.one(lease, |_: &Row| Ok(())).await? {
            Some(()) => StoreError::InUse,
            None => StoreError::NoSuchExperiment(id),
        })
    }

    pub(super) async fn lease_holder(
        &self,
        id: ExperimentId,
    ) -> Result<Option<Driver>, StoreError> {
        let statement = Statement::new(sql::postgres::DRIVER).bind(id.0);
        let read = |row: &Row| {
            let address = Columns::of(row).take()?;
            Ok(Driver { address })
        };
        self.one(statement, read).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::Changes;
    use super::super::testing::{Kind, Place, experiment, trial, trial_event};
    use super::*;
    use crate::state::TrialState;

    /// What another process does once the lease has run out.
    async fn take_over(place: &Place, id: ExperimentId) -> (Store, super::super::DriverLock) {
        let other = place.open().await;
        let run_out = "UPDATE leases SET expires_at = clock_timestamp() - interval '1 second' WHERE experiment_id = $1";
        other
            .write(Statement::new(run_out).bind(id.0))
            .await
            .unwrap();
        let driver = other.lock(id, None).await.unwrap();
        (other, driver)
    }

    fn changes(number: u64) -> Changes {
        Changes {
            trials: vec![trial(number, TrialState::Queued)],
            events: vec![trial_event(number, TrialState::Queued)],
            ..Changes::default()
        }
    }

    #[tokio::test]
    async fn whoever_was_taken_over_writes_nothing_more() {
        let (place, store, id) = experiment(Kind::Postgres).await;
        let driver = store.lock(id, None).await.unwrap();
        driver.sign("first").await.unwrap();
        store.commit(id, changes(0)).await.unwrap();
        let (other, next) = take_over(&place, id).await;
        assert_eq!(next.left_behind().as_deref(), Some("first"));
        assert!(matches!(
            store.commit(id, changes(1)).await,
            Err(StoreError::TakenOver)
        ));
        assert!(matches!(
            driver.sign("late").await,
            Err(StoreError::TakenOver)
        ));
        // Told by the renewal, which finds another's token.
        driver.lost().await;
        // What is released late is not the other's lease.
        driver.release().await.unwrap();
        other.commit(id, changes(2)).await.unwrap();
        assert!(matches!(
            store.commit(id, changes(1)).await,
            Err(StoreError::TakenOver)
        ));
        assert_eq!(store.trial(id, 1).await.unwrap(), None);
        assert_eq!(store.events_after(Some(id), 0, 10).await.unwrap().len(), 3);
        assert!(store.driver(id).await.unwrap().is_some());
        next.release().await.unwrap();
        store.lock(id, None).await.unwrap();
    }

    #[tokio::test]
    async fn nobody_commits_without_the_lease() {
        let (_place, store, id) = experiment(Kind::Postgres).await;
        assert!(matches!(
            store.commit(id, changes(0)).await,
            Err(StoreError::TakenOver)
        ));
        store.delete(id).await.unwrap();
        assert!(matches!(
            store.commit(id, changes(0)).await,
            Err(StoreError::NoSuchExperiment(_))
        ));
        assert!(matches!(
            store.lock(id, None).await,
            Err(StoreError::NoSuchExperiment(_))
        ));
    }

    #[tokio::test]
    async fn the_same_commit_again_changes_nothing() {
        let (_place, store, id) = experiment(Kind::Postgres).await;
        let _driver = store.lock(id, None).await.unwrap();
        let last = store.commit(id, changes(0)).await.unwrap();
        // As if the answer had been lost on the way.
        store.inner.leases.held().get_mut(&id).unwrap().commits -= 1;
        assert_eq!(store.commit(id, changes(0)).await.unwrap(), last);
        assert_eq!(store.events_after(Some(id), 0, 10).await.unwrap().len(), 2);
        // Not the same: as far as anybody knows, a new one.
        let next = store.commit(id, changes(0)).await.unwrap();
        assert_eq!(next, last + 1);
        assert_eq!(store.counts(id).await.unwrap()[&TrialState::Queued], 1);
    }

    #[tokio::test]
    async fn a_lease_that_was_forgotten_is_taken_at_once() {
        let (place, store, id) = experiment(Kind::Postgres).await;
        let driver = store.lock(id, None).await.unwrap();
        let token = store.inner.leases.get(id).unwrap().token;
        assert!(store.abandoned().await.unwrap().is_empty());
        // As if the database had not heard of its release.
        store.inner.leases.held().clear();
        let other = place.open().await;
        assert!(other.abandoned().await.unwrap().is_empty());
        assert_eq!(store.abandoned().await.unwrap()[0].id, id);
        let _again = store.lock(id, None).await.unwrap();
        assert!(store.inner.leases.get(id).unwrap().token > token);
        // What is late is not written: its token is an older one.
        assert!(matches!(
            driver.sign("late").await,
            Err(StoreError::TakenOver)
        ));
    }

    #[tokio::test]
    async fn a_lease_that_is_dropped_is_soon_free() {
        let (place, store, id) = experiment(Kind::Postgres).await;
        drop(store.lock(id, None).await.unwrap());
        // At once through the same store, whether or not the database knows yet.
        store.lock(id, None).await.unwrap().release().await.unwrap();
        let other = place.open().await;
        assert!(other.driver(id).await.unwrap().is_none());
    }
}
