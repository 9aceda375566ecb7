//! An engine without processes: a step runs until the test ends it, or ends at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::{mpsc, watch};
use tune_experiments::engine::{Ending, Engine, Leave, Outcome, Task, TaskId, Update};
use tune_experiments::metrics::Report;
use tune_experiments::store::ExperimentId;

/// What becomes of a step that is started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Steps {
    /// It reports 1 and succeeds.
    EndAtOnce,
    /// It runs until the test ends it.
    Hold,
}

/// The engine.
pub struct FakeEngine {
    steps: Steps,
    running: Mutex<BTreeMap<TaskId, mpsc::Sender<Update>>>,
    started: watch::Sender<Vec<TaskId>>,
}

impl FakeEngine {
    pub fn new(steps: Steps) -> Self {
        Self {
            steps,
            running: Mutex::default(),
            started: watch::Sender::new(Vec::new()),
        }
    }

    /// Everything that was ever started, in order.
    pub fn started(&self) -> Vec<TaskId> {
        self.started.borrow().clone()
    }

    /// Waits until so many steps have been started.
    pub async fn has_started(&self, count: usize) {
        let mut started = self.started.subscribe();
        started
            .wait_for(|started| started.len() >= count)
            .await
            .unwrap();
    }

    pub fn running(&self) -> Vec<TaskId> {
        self.tasks().keys().cloned().collect()
    }

    /// Has a running step report 1 and succeed.
    pub async fn finish(&self, id: &TaskId) {
        let updates = self.tasks().remove(id).expect("it runs");
        succeed(id, &updates).await;
    }

    fn tasks(&self) -> MutexGuard<'_, BTreeMap<TaskId, mpsc::Sender<Update>>> {
        self.running.lock().unwrap()
    }
}

async fn succeed(id: &TaskId, updates: &mpsc::Sender<Update>) {
    let report = Report {
        name: "score".to_owned(),
        level: 0.0,
        value: 1.0,
    };
    // Nobody listens when the driver has gone.
    let _ = updates
        .send(Update::Reported(id.clone(), vec![report]))
        .await;
    let ended = Update::Ended(id.clone(), Box::default());
    let _ = updates.send(ended).await;
}

impl Engine for FakeEngine {
    fn start(&self, task: Task, leave: Leave, updates: mpsc::Sender<Update>) {
        let hold = self.steps == Steps::Hold;
        let id = task.id;
        if hold {
            self.tasks().insert(id.clone(), updates.clone());
        }
        let started = self.started.clone();
        tokio::spawn(async move {
            if leave.await.is_ok() {
                if !hold {
                    succeed(&id, &updates).await;
                }
                started.send_modify(|started| started.push(id));
            }
        });
    }

    fn stop(&self, id: &TaskId) {
        if let Some(updates) = self.tasks().remove(id) {
            let id = id.clone();
            let ending = Ending {
                outcome: Outcome::Stopped,
                ..Ending::default()
            };
            tokio::spawn(async move { updates.send(Update::Ended(id, Box::new(ending))).await });
        }
    }

    fn kill_experiment(&self, experiment: ExperimentId) {
        let running = self.running().into_iter();
        for id in running.filter(|id| id.experiment == experiment) {
            self.stop(&id);
        }
    }

    fn session(&self) -> &'static str {
        "fake"
    }

    fn end_session(&self, _: &str) {}
}
