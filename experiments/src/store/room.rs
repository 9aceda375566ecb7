//! Whether there is room left where the store's files are. A transaction that is rolled back would not tell: the database writes into what it
//! has reserved before, while steps need room for logs and artifacts.

use super::StoreError;
use std::fs;
use std::io;
use std::path::Path;

/// What is written to find out: the log of a step and a few of the database's pages.
const ROOM: usize = 64 * 1024;

/// Writes a small file there, and removes it. The directory of a shared store's files may be yet to be made: `may_be_new`.
///
/// # Errors
/// [`StoreError::DiskFull`], or what else stands in the way of writing.
pub(super) fn look(directory: &Path, may_be_new: bool) -> Result<(), StoreError> {
    let path = directory.join(name());
    if may_be_new {
        fs::create_dir_all(directory).map_err(|error| StoreError::at(directory, error))?;
    }
    let written = fs::write(&path, vec![0; ROOM]);
    let removed = match fs::remove_file(&path) {
        // Whoever looked at the same moment has removed it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    (written.and(removed)).map_err(|error| StoreError::at(&path, error))
}

/// One of this process's own.
fn name() -> String {
    format!("room.{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    #[test]
    fn a_full_disk_is_found_and_nothing_is_left_behind() {
        let place = TempDir::new().unwrap();
        look(place.path(), false).unwrap();
        // What is written there finds no room.
        symlink("/dev/full", place.path().join(name())).unwrap();
        assert!(matches!(
            look(place.path(), false),
            Err(StoreError::DiskFull)
        ));
        look(place.path(), false).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_that_is_gone_is_named() {
        let place = TempDir::new().unwrap();
        let gone = place.path().join("gone");
        let error = look(&gone, false).unwrap_err();
        assert!(error.to_string().contains("gone"), "{error}");
        look(&gone, true).unwrap();
    }
}
