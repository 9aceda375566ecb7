//! The files that attempts were given and need no more. Making a file is the dearest part of preparing an attempt where many have been
//! deleted lately (some file systems then search long for a place): one of an attempt that went well becomes the next attempt's.

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many are remembered.
const MOST: usize = 64;

/// Files that may be used again.
#[derive(Debug, Default)]
pub(super) struct Spares {
    files: Mutex<Vec<PathBuf>>,
}

impl Spares {
    /// Makes the file with that content.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when there is one, which stays as it is; and whatever keeps a file from being made.
    pub fn make(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let spare = self.take(path);
        if spare.is_some_and(|spare| {
            renameat_with(CWD, &spare, CWD, path, RenameFlags::NOREPLACE).is_ok()
        }) {
            if fill(path, content).is_ok() {
                return Ok(());
            }
            // The step that had it may have put anything in its place.
            match fs::symlink_metadata(path)?.is_dir() {
                true => fs::remove_dir_all(path)?,
                false => fs::remove_file(path)?,
            }
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(content)
    }

    /// Nobody needs the file any more.
    pub fn give(&self, path: PathBuf) {
        let mut files = self.files();
        if files.len() < MOST {
            files.push(path);
        }
    }

    /// Any of them; the one at `path` is no longer among them.
    fn take(&self, path: &Path) -> Option<PathBuf> {
        let mut files = self.files();
        files.retain(|other| other != path);
        files.pop()
    }

    fn files(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes over a file. The step that had it may have put something else in its place, or given it another name: neither is to be written
/// to. One that is too long is cut afterwards, for a file that was emptied first is sent to the disk at once.
fn fill(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.nlink() != 1 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    file.write_all(content)?;
    match content.len() as u64 {
        length if length < found.len() => file.set_len(length),
        _ => Ok(()),
    }
}

fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    File::options()
        .write(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// The files `1` and `2` in a folder; `1` has been made and given back.
    fn one_spare() -> (TempDir, Spares, [PathBuf; 2]) {
        let root = TempDir::new().unwrap();
        let paths = ["1", "2"].map(|name| root.path().join(name));
        let spares = Spares::default();
        spares.make(&paths[0], b"a long content").unwrap();
        spares.give(paths[0].clone());
        (root, spares, paths)
    }

    #[test]
    fn a_file_nobody_needs_becomes_the_next() {
        let (_root, spares, [first, second]) = one_spare();
        spares.make(&second, b"short").unwrap();
        assert_eq!(fs::read(&second).unwrap(), b"short");
        assert!(!first.exists());
    }

    #[test]
    fn what_is_there_already_stays() {
        let (_root, spares, [first, second]) = one_spare();
        fs::write(&second, "unknown").unwrap();
        let made = spares.make(&second, b"short");
        assert_eq!(made.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&second).unwrap(), b"unknown");
        let again = spares.make(&first, b"short");
        assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn what_has_another_name_or_is_a_link_is_not_written_to() {
        let (root, spares, [first, second]) = one_spare();
        let other = root.path().join("other");
        fs::hard_link(&first, &other).unwrap();
        spares.make(&second, b"short").unwrap();
        assert_eq!(fs::read(&second).unwrap(), b"short");
        assert_eq!(fs::read(&other).unwrap(), b"a long content");
        std::os::unix::fs::symlink(&other, &first).unwrap();
        spares.give(first);
        let third = root.path().join("3");
        spares.make(&third, b"short").unwrap();
        assert!(third.is_file() && !third.is_symlink());
        assert_eq!(fs::read(&other).unwrap(), b"a long content");
        let folder = root.path().join("folder");
        fs::create_dir_all(folder.join("in it")).unwrap();
        spares.give(folder);
        let fourth = root.path().join("4");
        spares.make(&fourth, b"short").unwrap();
        assert_eq!(fs::read(fourth).unwrap(), b"short");
    }

    #[test]
    fn one_that_has_vanished_is_made_anew() {
        let (_root, spares, [first, second]) = one_spare();
        fs::remove_file(first).unwrap();
        spares.make(&second, b"short").unwrap();
        assert_eq!(fs::read(second).unwrap(), b"short");
    }
}
