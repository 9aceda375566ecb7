//! Where an experiment's files are, below the store's directory.

use super::task::PARAMS_FILE;
use crate::engine;
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

    /// Removes everything the steps of one experiment wrote, if there is anything.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn remove_runs(&self, experiment: ExperimentId) -> std::io::Result<()> {
        match std::fs::remove_dir_all(self.runs(experiment)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// What the files of one attempt begin with: `runs/EXPERIMENT/TRIAL.STEP.ATTEMPT`.
    pub fn attempt(
        &self,
        experiment: ExperimentId,
        trial: u64,
        step: &str,
        attempt: u32,
    ) -> PathBuf {
        self.runs(experiment)
            .join(format!("{trial}.{step}.{attempt}"))
    }

    /// All that an attempt printed.
    pub fn log(&self, experiment: ExperimentId, trial: u64, step: &str, attempt: u32) -> PathBuf {
        engine::log_of(&self.attempt(experiment, trial, step, attempt))
    }

    /// Whether the attempt began here and its files are still there; its log is made when it prints something.
    pub fn has_begun(
        &self,
        experiment: ExperimentId,
        trial: u64,
        step: &str,
        attempt: u32,
    ) -> bool {
        let files_at = self.attempt(experiment, trial, step, attempt);
        engine::file_of(&files_at, PARAMS_FILE).exists()
    }

    /// What a step run keeps across its attempts: `runs/EXPERIMENT/TRIAL.STEP.checkpoint`.
    pub fn checkpoint(&self, experiment: ExperimentId, trial: u64, step: &str) -> PathBuf {
        self.runs(experiment)
            .join(format!("{trial}.{step}.checkpoint"))
    }

    /// The artifact store.
    pub fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }
}
