//! Many experiments in one process: each is driven by a task of its own, all share the slots of one engine, and whoever wants something of
//! one (a person over HTTP, a client that asks and tells, the command line) says it here. Answers come when what led to them is stored.
//!
//! An experiment is driven while something happens in it, and a while longer; then it rests, costs nothing, and is taken up again when
//! somebody wants something of it.

mod course;
mod driving;
mod error;
mod evaluation;
mod finished;
mod standing;
mod submission;
mod wanting;

pub use crate::controller::{LimitsPatch, Told};
pub use error::ServiceError;
pub use evaluation::MOST_AT_ONCE;
pub use standing::{Standing, Wait};

use crate::controller::{Control, Pool, Setup};
use crate::store::{ExperimentId, ExperimentRecord, TrialRecord};
use driving::Drivers;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// Drives experiments and answers for them. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    setup: Setup,
    pool: Pool,
    news: watch::Sender<i64>,
    drivers: Drivers,
    /// What becomes of the process: all drivers listen.
    control: watch::Sender<Control>,
    tasks: TaskTracker,
}

/// What a client was given by [`Service::ask`].
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The trials, `running`, each with its lease; fewer than wanted, or none, when the limits or the space allow no more right now.
    pub trials: Vec<TrialRecord>,
    /// The experiment as it is after that: when it has finished, nobody has to ask again.
    pub experiment: ExperimentRecord,
    /// The levels at which trials are judged, and the last; none where they are not known beforehand.
    pub rungs: Arc<[i64]>,
}

/// The state of the shared slots, for the operator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// How many there are.
    pub slots: usize,
    /// How many are in use.
    pub in_use: usize,
    /// How many steps wait for one.
    pub waiting: usize,
    /// How many experiments are driven by this process.
    pub driven: usize,
}

impl Service {
    /// A service that drives nothing yet.
    pub fn new(setup: Setup) -> Self {
        let pool = Pool::new(setup.slots);
        Self {
            inner: Arc::new(Inner {
                setup,
                pool,
                news: watch::Sender::new(0),
                drivers: Drivers::default(),
                control: watch::Sender::new(Control::Run),
                tasks: TaskTracker::new(),
            }),
        }
    }

    /// Changes whenever events have been stored, by this process or another.
    pub fn news(&self) -> watch::Receiver<i64> {
        self.inner.news.subscribe()
    }

    /// The state of the shared slots.
    pub fn load(&self) -> Load {
        let (slots, in_use, waiting) = self.inner.pool.load();
        Load {
            slots,
            in_use,
            waiting,
            driven: self.inner.drivers.count(),
        }
    }

    /// The experiment of that name, if this process drives it: known without asking the store.
    pub fn driven(&self, name: &str) -> Option<ExperimentId> {
        self.inner.drivers.named(name)
    }

    async fn record(&self, id: ExperimentId) -> Result<ExperimentRecord, ServiceError> {
        let found = self.inner.setup.store.experiment_by_id(id).await?;
        found.ok_or(ServiceError::NoSuchExperiment)
    }

    fn is_leaving(&self) -> bool {
        *self.inner.control.borrow() > Control::Run
    }
}
