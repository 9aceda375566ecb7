//! The store and its contract. The methods are in the files beside this one, by what they are for.

use super::{ExperimentId, StoreError};
use sqlx::{SqliteConnection, SqlitePool};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::MutexGuard;

/// Everything `tune` remembers: experiments, trials, step runs, metrics and events. Cheap to clone.
///
/// **What is durable when.** A method that writes is one transaction: when it returns `Ok`, all of it is stored and survives the
/// death of the process at any moment (`kill -9` included); when it returns an error, nothing of it is. A power failure or a crash
/// of the operating system may lose the last transactions, but never leaves half of one. If the future of
/// a method that writes is dropped, all of it is written or nothing.
///
/// **Who may write.** Only the holder of the experiment's [`DriverLock`](super::DriverLock) commits. Anyone may
/// [`create`](Store::create) and [`request`](Store::request); [`delete`](Store::delete) takes the lock itself. The holder of the
/// lock, or whoever has found that nobody drives the experiment, may [`change_limits`](Store::change_limits). Writers in several
/// processes take turns; readers never wait for a writer and see every transaction whole.
///
/// **Numbers.** Parameters, documents, objectives, levels and values come back to the last bit, NaN and ±∞ included; only -0
/// becomes 0. Times are kept to the microsecond.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) root: PathBuf,
    pub(super) readers: SqlitePool,
    /// None when the store can only be read.
    pub(super) writer: Option<tokio::sync::Mutex<SqliteConnection>>,
    /// The place in the order of arrival that the next report of an experiment takes, once known.
    pub(super) metric_order: Mutex<HashMap<ExperimentId, i64>>,
}

impl Store {
    /// The store's directory.
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.inner.writer.is_none()
    }

    /// The one connection that writes.
    pub(super) async fn writer(&self) -> Result<MutexGuard<'_, SqliteConnection>, StoreError> {
        match &self.inner.writer {
            Some(writer) => Ok(writer.lock().await),
            None => Err(StoreError::ReadOnly),
        }
    }

    /// Another process may have driven the experiment since: look up the order of its reports again.
    pub(super) fn forget_metric_order(&self, id: ExperimentId) {
        self.metric_order().remove(&id);
    }

    pub(super) fn metric_order(&self) -> std::sync::MutexGuard<'_, HashMap<ExperimentId, i64>> {
        self.inner
            .metric_order
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
