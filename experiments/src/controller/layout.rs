//! Where an experiment's files are, below the store's directory.

use crate::store::ExperimentId;
use std::path::{Path, PathBuf};

/// The folders of a store: `runs/` for what steps print and write, `artifacts/` for what they hand on.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout of the store whose directory this is (absolute, since steps run elsewhere).
    pub fn new(root: &Path) -> std::io::Result<Self> {
        Ok(Self {
            root: std::path::absolute(root)?,
        })
    }

    /// Everything the steps of one experiment wrote: `runs/EXPERIMENT`.
    pub fn runs(&self, experiment: ExperimentId) -> PathBuf {
        self.root.join("runs").join(experiment.0.to_string())
    }

    /// One step run: `runs/EXPERIMENT/TRIAL/STEP`.
    pub fn step(&self, experiment: ExperimentId, trial: u64, step: &str) -> PathBuf {
        self.runs(experiment).join(trial.to_string()).join(step)
    }

    /// One attempt: `runs/EXPERIMENT/TRIAL/STEP/ATTEMPT`; its log is the file `log` in it.
    pub fn attempt(
        &self,
        experiment: ExperimentId,
        trial: u64,
        step: &str,
        attempt: u32,
    ) -> PathBuf {
        self.step(experiment, trial, step).join(attempt.to_string())
    }

    /// What a step run keeps across its attempts: `runs/EXPERIMENT/TRIAL/STEP/checkpoint`.
    pub fn checkpoint(&self, experiment: ExperimentId, trial: u64, step: &str) -> PathBuf {
        self.step(experiment, trial, step).join("checkpoint")
    }

    /// The artifact store.
    pub fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }
}
