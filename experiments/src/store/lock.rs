//! Who drives an experiment. In SQLite's store: an advisory lock on a file, which the system releases when its holder dies. In a shared
//! store: a lease.

use super::database::{Row, Statement};
use super::lease::Lease;
use super::open::BUSY_TIMEOUT;
use super::{ExperimentId, Store, StoreError, sql};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Held by the one process that drives an experiment; dropping it releases the lock.
///
/// The lock holds the name of the holder's session: whoever finds one there after taking the lock knows what a holder that died may have
/// left.
#[derive(Debug)]
pub struct DriverLock {
    held: Held,
}

#[derive(Debug)]
enum Held {
    File(LockFile),
    Lease(Lease),
}

/// A file that this process has locked.
#[derive(Debug)]
struct LockFile {
    file: File,
    path: PathBuf,
    /// Whether the session in it is the holder's own.
    is_signed: AtomicBool,
}

impl LockFile {
    fn session(&self) -> Option<String> {
        let mut session = String::new();
        (&self.file).read_to_string(&mut session).ok()?;
        (!session.is_empty()).then_some(session)
    }

    fn sign(&self, session: &str) -> Result<(), StoreError> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.write_all_at(session.as_bytes(), 0))
            .map_err(|error| StoreError::at(&self.path, error))?;
        self.is_signed.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // What another has left is left to one who looks after it. A name of our own that stays costs the next holder a look, no more.
        if self.is_signed.load(Ordering::Relaxed) {
            let _ = self.file.set_len(0);
        }
    }
}

/// The process that drives an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driver {
    /// Where it can be asked for things: a base URL.
    pub address: Option<String>,
}

/// That this process works on the store, as long as it is held: it drives experiments, or may begin to at any moment.
#[derive(Debug)]
pub struct Presence {
    /// Locked by all that work on it. In a shared store nothing: servers share it as they like, and leases tell who drives what.
    _file: Option<File>,
}

impl DriverLock {
    /// Ends when the lock is lost: its holder must stop driving at once. A lock on a file is never lost; a lease is when another process
    /// has taken it, or when it could not be renewed until shortly before its end.
    pub fn lost(&self) -> impl Future<Output = ()> + Send + use<> {
        let lost = match &self.held {
            Held::File(_) => None,
            Held::Lease(lease) => Some(lease.lost()),
        };
        async move {
            match lost {
                Some(lost) => lost.await,
                None => std::future::pending().await,
            }
        }
    }

    /// The session of a holder that did not release the lock itself.
    pub fn left_behind(&self) -> Option<String> {
        match &self.held {
            Held::File(file) => file.session(),
            Held::Lease(lease) => lease.left_behind(),
        }
    }

    /// Writes down whose the lock is now.
    ///
    /// # Errors
    /// When the system or the database refuses; [`StoreError::TakenOver`].
    pub async fn sign(&self, session: &str) -> Result<(), StoreError> {
        match &self.held {
            Held::File(file) => file.sign(session),
            Held::Lease(lease) => lease.sign(session).await,
        }
    }

    /// Releases the lock, and waits until everybody can see it. A process that is about to end needs this: what is merely dropped in a
    /// shared store is released in the background.
    ///
    /// # Errors
    /// When the database cannot be reached; the lease runs out by itself then.
    pub async fn release(self) -> Result<(), StoreError> {
        match self.held {
            Held::File(_) => Ok(()),
            Held::Lease(lease) => lease.release().await,
        }
    }
}

/// [`Store::driver`] holds the lock for an instant: a driver that meets it looks again, this often.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(5);

/// How often a sign of life of another process is looked for.
const PULSE_EVERY: Duration = Duration::from_millis(250);

impl Store {
    /// Becomes the driver of the experiment. `address` is where it can be asked for things meanwhile: a base URL, or none.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process, or another task of this one, drives it.
    pub async fn lock(
        &self,
        id: ExperimentId,
        address: Option<&str>,
    ) -> Result<DriverLock, StoreError> {
        if self.is_read_only() {
            return Err(StoreError::ReadOnly);
        }
        let held = match self.is_shared() {
            true => Held::Lease(Lease::take(self, id, address).await?),
            false => self.lock_file(id).await?,
        };
        self.forget_metric_order(id);
        Ok(DriverLock { held })
    }

    /// The same, but where another process drives it, that one may have died just now: whether it gives a sign of life is waited for, and
    /// if there is none, the lock is taken as soon as it can be.
    ///
    /// # Errors
    /// As for [`lock`](Store::lock).
    pub async fn lock_of_the_living(
        &self,
        id: ExperimentId,
        address: Option<&str>,
    ) -> Result<DriverLock, StoreError> {
        loop {
            match self.lock(id, address).await {
                // Whoever has it may seem dead and hold it all the same for a while: this process itself, for one.
                Err(StoreError::InUse) if !self.has_living_driver(id).await? => {
                    tokio::time::sleep(PULSE_EVERY).await;
                }
                taken => return taken,
            }
        }
    }

    /// Whether a process drives the experiment that lives: in a shared store, one that died seems to for some seconds more, and is waited
    /// for.
    ///
    /// # Errors
    /// Whatever keeps the database from reading.
    pub async fn has_living_driver(&self, id: ExperimentId) -> Result<bool, StoreError> {
        let mut last = None;
        while self.driver(id).await?.is_some() {
            if !self.is_shared() {
                return Ok(true);
            }
            let pulse = self.pulse(id).await?;
            if is_sign_of_life(last, pulse) {
                return Ok(true);
            }
            last = pulse.or(last);
            tokio::time::sleep(PULSE_EVERY).await;
        }
        Ok(false)
    }

    /// Lets others know that this process works on the store.
    ///
    /// # Errors
    /// When the system refuses the lock.
    pub async fn attend(&self) -> Result<Presence, StoreError> {
        if self.is_shared() {
            return Ok(Presence { _file: None });
        }
        if self.is_read_only() {
            return Err(StoreError::ReadOnly);
        }
        let path = self.presence_path();
        let file = create(&path)?;
        patiently(&path, || file.try_lock_shared()).await?;
        Ok(Presence { _file: Some(file) })
    }

    /// The same, if no other process works on the store. In a shared store: if no other process drives any experiment.
    ///
    /// # Errors
    /// When the system refuses the lock, or the database cannot be read.
    pub async fn attend_alone(&self) -> Result<Option<Presence>, StoreError> {
        if self.is_shared() {
            let driven = Statement::new(sql::postgres::DRIVEN).bind(self.inner.leases.holder());
            let driven = self.one(driven, |_: &Row| Ok(())).await?;
            return Ok(driven.is_none().then_some(Presence { _file: None }));
        }
        // Between the two locks another could take the first: one at a time.
        let _others_wait = lock_opening(self.root()).await?;
        let path = self.presence_path();
        let file = create(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(StoreError::at(&path, error)),
        }
        patiently(&path, || file.try_lock_shared()).await?;
        Ok(Some(Presence { _file: Some(file) }))
    }

    async fn lock_file(&self, id: ExperimentId) -> Result<Held, StoreError> {
        let path = self.lock_path(id);
        let file = create(&path)?;
        patiently(&path, || file.try_lock()).await?;
        Ok(Held::File(LockFile {
            file,
            path,
            is_signed: AtomicBool::new(false),
        }))
    }

    /// Who drives the experiment right now, if some process does.
    pub async fn driver(&self, id: ExperimentId) -> Result<Option<Driver>, StoreError> {
        if self.is_shared() {
            return self.lease_holder(id).await;
        }
        let driven = self.is_locked(id);
        Ok(driven.then_some(Driver { address: None }))
    }

    pub(super) fn is_locked(&self, id: ExperimentId) -> bool {
        File::open(self.lock_path(id))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    fn presence_path(&self) -> PathBuf {
        locks(self.root()).join("process.lock")
    }

    pub(super) fn lock_path(&self, id: ExperimentId) -> PathBuf {
        locks(self.root()).join(format!("{}.lock", id.0))
    }
}

/// Whether a pulse has moved on. None at all is none: who released the lock, or died, gives no more.
fn is_sign_of_life(last: Option<i64>, pulse: Option<i64>) -> bool {
    last.zip(pulse).is_some_and(|(last, pulse)| last != pulse)
}

/// Waits until no other process is opening the store, no longer than for its database.
pub(super) async fn lock_opening(root: &Path) -> Result<File, StoreError> {
    let path = locks(root).join("open.lock");
    let locking = tokio::task::spawn_blocking(move || {
        let file = create(&path)?;
        file.lock().map_err(|error| StoreError::at(&path, error))?;
        Ok(file)
    });
    match tokio::time::timeout(BUSY_TIMEOUT, locking).await {
        Err(_) => Err(StoreError::Busy),
        Ok(Ok(locked)) => locked,
        Ok(Err(stopped)) => Err(StoreError::at(root, stopped.into())),
    }
}

fn locks(root: &Path) -> PathBuf {
    root.join("locks")
}

fn create(path: &Path) -> Result<File, StoreError> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(|error| StoreError::at(directory, error))?;
    }
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .map_err(|error| StoreError::at(path, error))
}

/// Tries to lock the file at `path` until whoever only looks has done so.
async fn patiently(
    path: &Path,
    lock: impl Fn() -> Result<(), TryLockError>,
) -> Result<(), StoreError> {
    for attempt in 1..=ATTEMPTS {
        match lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if attempt < ATTEMPTS => tokio::time::sleep(PAUSE).await,
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(StoreError::at(path, error)),
        }
    }
    Err(StoreError::InUse)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Kind, experiment, new_experiment, over_both};
    use super::*;

    over_both! {
        only_one_handle_drives_an_experiment,
        experiments_are_driven_independently,
        what_a_holder_left_behind_is_known_to_the_next,
    }

    async fn only_one_handle_drives_an_experiment(kind: Kind) {
        let (place, store, id) = experiment(kind).await;
        assert!(store.driver(id).await.unwrap().is_none());
        let driver = store.lock(id, Some("http://a")).await.unwrap();
        let other = place.open().await;
        for handle in [&store, &other] {
            assert!(matches!(
                handle.lock(id, None).await,
                Err(StoreError::InUse)
            ));
            assert!(matches!(handle.delete(id).await, Err(StoreError::InUse)));
            assert!(handle.abandoned().await.unwrap().is_empty());
        }
        let address = other.driver(id).await.unwrap().unwrap().address;
        assert_eq!(address.as_deref(), store.is_shared().then_some("http://a"));
        driver.release().await.unwrap();
        assert!(other.driver(id).await.unwrap().is_none());
        assert_eq!(other.abandoned().await.unwrap()[0].id, id);
        other.lock(id, None).await.unwrap();
    }

    #[tokio::test]
    async fn one_process_knows_of_another_that_drives_nothing() {
        let (place, store, _id) = experiment(Kind::Sqlite).await;
        let alone = store.attend_alone().await.unwrap();
        let other = place.open().await;
        assert!(alone.is_some());
        assert!(other.attend_alone().await.unwrap().is_none());
        let both = other.attend().await.unwrap();
        drop(alone);
        assert!(store.attend_alone().await.unwrap().is_none());
        drop(both);
        assert!(store.attend_alone().await.unwrap().is_some());
    }

    #[tokio::test]
    async fn who_drives_a_shared_store_is_not_alone_there() {
        let (place, store, id) = experiment(Kind::Postgres).await;
        let other = place.open().await;
        let driver = other.lock(id, None).await.unwrap();
        assert!(store.attend_alone().await.unwrap().is_none());
        driver.release().await.unwrap();
        assert!(store.attend_alone().await.unwrap().is_some());
    }

    #[test]
    fn a_pulse_that_ends_is_no_sign_of_life() {
        assert!(is_sign_of_life(Some(1), Some(2)));
        for (last, pulse) in [
            (Some(1), Some(1)),
            (Some(1), None),
            (None, Some(1)),
            (None, None),
        ] {
            assert!(!is_sign_of_life(last, pulse), "{last:?} {pulse:?}");
        }
    }

    async fn experiments_are_driven_independently(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let other = store.create(new_experiment("other")).await.unwrap().id;
        let _driver = store.lock(id, None).await.unwrap();
        store.lock(other, None).await.unwrap();
    }

    async fn what_a_holder_left_behind_is_known_to_the_next(kind: Kind) {
        let (_place, store, id) = experiment(kind).await;
        let driver = store.lock(id, None).await.unwrap();
        assert_eq!(driver.left_behind(), None);
        driver.sign("session").await.unwrap();
        drop(driver);
        // Dropped, not dead: nothing is left behind.
        let driver = store.lock(id, None).await.unwrap();
        assert_eq!(driver.left_behind(), None);
    }
}
