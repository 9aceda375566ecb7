//! Where an attempt's files are, and making them before it starts.

use super::checkpoints::Checkpoints;
use super::spares::Spares;
use crate::engine::{Task, file_of, log_of};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// So many attempts back unmasked files are looked for: each attempt has done so itself, but for those that died with their process.
const MOST_EARLIER: u32 = 16;

/// The files of an attempt: all begin with the same path.
pub(super) struct Places {
    files_at: PathBuf,
    checkpoint: PathBuf,
    is_first_attempt: bool,
}

impl Places {
    /// Of this task. Absolute, because the step runs elsewhere.
    pub fn of(task: &Task) -> io::Result<Self> {
        Ok(Self {
            files_at: std::path::absolute(&task.files_at)?,
            checkpoint: std::path::absolute(&task.checkpoint)?,
            is_first_attempt: task.id.attempt == 1,
        })
    }

    /// What all of them begin with.
    pub fn files_at(&self) -> &Path {
        &self.files_at
    }

    /// All it prints.
    pub fn log(&self) -> PathBuf {
        log_of(&self.files_at)
    }

    /// `$TUNE_OUTPUT`.
    pub fn output(&self) -> PathBuf {
        file_of(&self.files_at, "output")
    }

    /// `$TUNE_METRICS`.
    pub fn metrics(&self) -> PathBuf {
        file_of(&self.files_at, "metrics.jsonl")
    }

    /// `$TUNE_ARTIFACTS`.
    pub fn artifacts(&self) -> PathBuf {
        file_of(&self.files_at, "artifacts")
    }

    /// What the step wrote for `tune` to read, and nobody has masked.
    pub fn remove_unmasked(&self) {
        for path in [self.output(), self.metrics()] {
            // As a rule there is none.
            let _ = fs::remove_file(path);
        }
    }

    /// The same, of the attempts before this one: the process may have died before it could.
    fn remove_unmasked_of_earlier(&self, task: &Task) {
        let recent = task.id.attempt.saturating_sub(MOST_EARLIER)..task.id.attempt;
        for attempt in recent {
            let earlier = Self {
                files_at: self.files_at.with_extension(attempt.to_string()),
                checkpoint: self.checkpoint.clone(),
                is_first_attempt: false,
            };
            earlier.remove_unmasked();
        }
    }

    /// `$TUNE_CHECKPOINT_DIR`.
    pub fn checkpoint(&self) -> &Path {
        &self.checkpoint
    }

    /// Makes what the attempt finds when it starts. Files that are there already were left by an attempt that the store does not know: it
    /// was restored or deleted, or the process died before it could note that the attempt begins. Nothing in them may be taken for what
    /// this attempt writes, and no first attempt goes on where an unknown one was: that may have tried something else. What the attempt is
    /// given tells of all that one has left.
    pub fn prepare(
        &self,
        task: &Task,
        checkpoints: &Checkpoints,
        spares: &Spares,
    ) -> io::Result<()> {
        if !task.secrets.is_empty() {
            self.remove_unmasked_of_earlier(task);
        }
        for (name, content) in &task.files {
            self.make(name, content.as_bytes(), spares)?;
        }
        if !task.artifacts.is_empty() {
            fs::create_dir(self.artifacts())?;
        }
        match self.is_first_attempt {
            true => checkpoints.open_empty(&self.checkpoint),
            false => checkpoints.open(&self.checkpoint),
        }
    }

    fn make(&self, name: &str, content: &[u8], spares: &Spares) -> io::Result<()> {
        let path = file_of(&self.files_at, name);
        match spares.make(&path, content) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.remove_unknown()?;
                spares.make(&path, content)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(path.parent().unwrap_or(&path))?;
                spares.make(&path, content)
            }
            made => made,
        }
    }

    /// Whether the attempt has left nothing but its log, and what it was given.
    pub fn are_empty(&self) -> bool {
        let mut left = [self.output(), self.metrics(), self.artifacts()].into_iter();
        !left.any(|path| fs::symlink_metadata(path).is_ok())
    }

    /// What the attempt was given is no longer needed.
    pub fn give_back(&self, task: &Task, spares: &Spares) {
        let names = task.files.keys();
        names.for_each(|name| spares.give(file_of(&self.files_at, name)));
    }

    fn remove_unknown(&self) -> io::Result<()> {
        let (directory, start) = (self.files_at.parent(), self.files_at.file_name());
        let (Some(directory), Some(start)) = (directory, start) else {
            return Ok(());
        };
        let start = format!("{}.", start.to_string_lossy());
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if !entry.file_name().to_string_lossy().starts_with(&start) {
                continue;
            }
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false => fs::remove_file(entry.path())?,
            }
        }
        Ok(())
    }
}
