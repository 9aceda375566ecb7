//! Runs the program in a directory of its own and hands back what it said.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A directory to run the program in.
pub struct Place {
    directory: TempDir,
}

/// What one run said.
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error, with the directory's path replaced by `DIR`.
    pub error: String,
}

impl Place {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            directory: TempDir::new().unwrap(),
        }
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The program, ready to be run here, away from the settings of whoever runs the tests.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tune"));
        command
            .args(args)
            .current_dir(self.directory.path())
            .env_remove("TUNE_STORE")
            .env_remove("TUNE_LOG")
            .env("NO_COLOR", "1")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn tune(&self, args: &[&str]) -> Said {
        self.said(&self.command(args).output().unwrap())
    }

    fn said(&self, output: &Output) -> Said {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        // A temporary directory may be reached by a link.
        let real = self.directory.path().canonicalize().unwrap();
        let error = text(&output.stderr)
            .replace(&*real.to_string_lossy(), "DIR")
            .replace(&*self.directory.path().to_string_lossy(), "DIR");
        Said {
            code: output.status.code().unwrap(),
            out: text(&output.stdout),
            error,
        }
    }
}
