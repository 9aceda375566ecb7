//! The transaction that is being written while the loop goes on, and what waits for it. Decides nothing; the loop begins it and takes it up
//! when it is done.

use super::super::drive::Setup;
use super::super::event::Command;
use crate::engine::TaskId;
use crate::store::{Changes, ExperimentId, StoreError};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::Instrument;

/// Leave for tasks to start.
pub(super) type Leaves = Vec<(TaskId, oneshot::Sender<()>)>;

/// What is being written, and what follows when it is.
pub(super) struct Storing {
    writing: JoinHandle<Result<i64, StoreError>>,
    /// Needed again should it fail.
    pub changes: Arc<Changes>,
    /// To be carried out in order.
    pub commands: Vec<Command>,
    /// Tasks that wait for it to start.
    pub leaves: Leaves,
}

impl Storing {
    /// Begins. It goes on by itself, whatever the loop is busy with, for others wait for their turn to write.
    pub fn begin(
        setup: &Setup,
        id: ExperimentId,
        changes: Changes,
        commands: Vec<Command>,
        leaves: Leaves,
    ) -> Self {
        let changes = Arc::new(changes);
        let (setup, written) = (setup.clone(), Arc::clone(&changes));
        let writing = async move { write(&setup, id, written).await };
        Self {
            writing: tokio::spawn(writing.in_current_span()),
            changes,
            commands,
            leaves,
        }
    }
}

/// Ready with the number of the last event when the transaction is written.
impl Future for Storing {
    type Output = Result<i64, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.writing).poll(context).map(|joined| {
            joined.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
        })
    }
}

/// Writes what changed; the number of the experiment's last event.
pub(super) async fn write(
    setup: &Setup,
    id: ExperimentId,
    changes: Arc<Changes>,
) -> Result<i64, StoreError> {
    let begun = Instant::now();
    let last = setup.store.commit(id, changes).await?;
    setup.observer.stored(begun.elapsed());
    Ok(last)
}
