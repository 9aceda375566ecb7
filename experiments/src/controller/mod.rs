//! What happens next: a pure state machine, and the loop that carries its commands out.

use std::path::PathBuf;

/// What the user wants of the loop, in order of severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// Go on.
    #[default]
    Run,
    /// Start nothing new, let running steps end, keep the state.
    Drain,
    /// Kill the running steps, keep the state: they run again as new attempts later.
    Kill,
}

/// Where the loop keeps files, all below the store's directory.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The store's directory, `.tune` by default.
    pub root: PathBuf,
}

impl Layout {
    /// The directory of one attempt: `runs/EXPERIMENT_ID/TRIAL/STEP/ATTEMPT`. Its log is the file `log` in it.
    pub fn attempt(&self, experiment: i64, trial: u64, step: &str, attempt: u32) -> PathBuf {
        let mut path = self
            .root
            .join("runs")
            .join(experiment.to_string())
            .join(trial.to_string());
        path.push(step);
        path.push(attempt.to_string());
        path
    }

    /// The artifact store.
    pub fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }
}
