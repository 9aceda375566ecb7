//! Who wants to know how long things take: the service's figures for its operator.

use crate::state::StepState;
use std::time::Duration;

/// Is told what was done, and how long it took. Called on hot paths, from several threads: an implementation counts, and does no more.
pub trait Observer: Send + Sync {
    /// The algorithm of that name made so many suggestions.
    fn suggested(&self, algorithm: &str, count: usize, took: Duration) {
        let _ = (algorithm, count, took);
    }

    /// A transaction was written.
    fn stored(&self, took: Duration) {
        let _ = took;
    }

    /// An attempt of a step ran, and ended in this state of its step run (`ready` when it is to be tried again).
    fn ran(&self, state: StepState, took: Duration) {
        let _ = (state, took);
    }
}

/// Nobody wants to know.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {}
