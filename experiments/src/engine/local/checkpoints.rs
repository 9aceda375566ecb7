//! The folders in which steps keep what they need to go on after an interruption. Most steps keep nothing, and making a folder costs more
//! than all else that is done before a process starts: one that was left empty becomes that of the next attempt.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The folders that were left empty.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    empty: Mutex<Vec<PathBuf>>,
}

impl Checkpoints {
    /// Makes the folder, unless an earlier attempt has left something in it.
    pub fn open(&self, path: &Path) -> io::Result<()> {
        match self.replace(path) {
            true => Ok(()),
            false => fs::create_dir_all(path),
        }
    }

    /// Makes the folder, whatever anybody has left in it.
    pub fn open_empty(&self, path: &Path) -> io::Result<()> {
        if self.replace(path) {
            return Ok(());
        }
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::create_dir_all(path),
        }
    }

    /// Puts an empty folder there, if there is one at hand. Taking the place of another works only where that is empty.
    fn replace(&self, path: &Path) -> bool {
        let empty = self.take(path);
        empty.is_some_and(|empty| fs::rename(empty, path).is_ok())
    }

    /// An empty folder; the one at `path` is no longer among them.
    fn take(&self, path: &Path) -> Option<PathBuf> {
        let mut empty = self.empty();
        empty.retain(|other| other != path);
        empty.pop()
    }

    /// An attempt has ended: was its folder of any use?
    pub fn close(&self, path: PathBuf) {
        let is_empty = fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_none());
        if is_empty {
            self.empty().push(path);
        }
    }

    fn empty(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.empty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn a_folder_left_empty_becomes_the_next_and_one_in_use_is_kept() {
        let root = TempDir::new().unwrap();
        let [first, second, third] = ["1", "2", "3"].map(|name| root.path().join(name));
        let checkpoints = Checkpoints::default();
        checkpoints.open(&first).unwrap();
        checkpoints.close(first.clone());
        checkpoints.open(&second).unwrap();
        assert!(second.is_dir() && !first.exists());
        fs::write(second.join("epoch-3"), "kept").unwrap();
        checkpoints.close(second.clone());
        checkpoints.open(&third).unwrap();
        checkpoints.close(third);
        checkpoints.open(&second).unwrap();
        assert_eq!(fs::read(second.join("epoch-3")).unwrap(), b"kept");
    }

    #[test]
    fn a_folder_that_must_be_empty_is() {
        let root = TempDir::new().unwrap();
        let [first, second] = ["1", "2"].map(|name| root.path().join(name));
        let checkpoints = Checkpoints::default();
        for path in [&first, &second] {
            fs::create_dir(path).unwrap();
            fs::write(path.join("epoch-3"), "another's").unwrap();
            checkpoints.open_empty(path).unwrap();
            assert_eq!(fs::read_dir(path).unwrap().count(), 0);
            checkpoints.close(first.clone());
        }
    }

    #[test]
    fn a_folder_in_use_again_is_not_given_away() {
        let root = TempDir::new().unwrap();
        let [first, second, third] = ["1", "2", "3"].map(|name| root.path().join(name));
        let checkpoints = Checkpoints::default();
        for path in [&first, &second] {
            checkpoints.open(path).unwrap();
        }
        checkpoints.close(first.clone());
        checkpoints.close(second);
        checkpoints.open(&first).unwrap();
        checkpoints.open(&third).unwrap();
        assert!(first.is_dir() && third.is_dir());
    }

    #[test]
    fn a_folder_that_has_vanished_is_made_anew() {
        let root = TempDir::new().unwrap();
        let (first, second) = (root.path().join("gone/1"), root.path().join("2"));
        let checkpoints = Checkpoints::default();
        checkpoints.open(&first).unwrap();
        checkpoints.close(first);
        fs::remove_dir_all(root.path().join("gone")).unwrap();
        checkpoints.open(&second).unwrap();
        assert!(second.is_dir());
    }
}
