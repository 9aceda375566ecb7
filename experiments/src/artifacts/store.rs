//! Where artifacts are kept: `ROOT/<2 hex>/<hash>/<name>`. What is there already is not stored again, what is there is complete
//! (everything arrives by one link or one rename) and its files are read-only. Nothing here decides when an artifact may go.

use super::tree::{self, Entry, FileEntry, Tree, TreeError};
use super::{Artifact, ArtifactError};
use std::fs::{self, DirEntry, File, Permissions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What was last touched so long ago is no longer being written.
const LEFTOVER_AGE: Duration = Duration::from_hours(24);

/// Keeps artifacts below one directory.
#[derive(Clone, Debug)]
pub struct ArtifactStore {
    root: PathBuf,
}

impl ArtifactStore {
    /// The store in this directory, which is made when the first artifact arrives.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where an artifact is.
    pub fn path(&self, artifact: &Artifact) -> PathBuf {
        self.root.join(&artifact.path)
    }

    /// Stores what is at `path` below `base` (the step's `$TUNE_ARTIFACTS`) as the artifact `name`. The original stays: on the same
    /// file system it becomes another name of the same file, elsewhere it is copied.
    ///
    /// # Errors
    /// When there is nothing, when it holds something other than files and directories or links that lead out of `base`, and when the
    /// system refuses, as on a full disk. Nothing half-stored can then be seen.
    pub fn store(&self, name: &str, base: &Path, path: &str) -> Result<Artifact, ArtifactError> {
        let source = source(name, base, path)?;
        let tree = tree::read(base, &source).map_err(|error| self.tree_error(name, path, error))?;
        let file_name = source
            .file_name()
            .map_or_else(|| PathBuf::from(name), PathBuf::from);
        let path = Path::new(&tree.hash[..2]).join(&tree.hash).join(file_name);
        self.keep(&tree, &self.root.join(&path))
            .map_err(|source| ArtifactError::Io {
                name: name.to_owned(),
                size: tree.size,
                root: self.root.clone(),
                source,
            })?;
        Ok(Artifact {
            hash: tree.hash,
            size: tree.size,
            path,
        })
    }

    fn tree_error(&self, name: &str, path: &str, error: TreeError) -> ArtifactError {
        let name = name.to_owned();
        match error {
            TreeError::Unfit(problem) => ArtifactError::Unfit { name, problem },
            TreeError::Io(source) if source.kind() == io::ErrorKind::NotFound => {
                ArtifactError::Missing {
                    name,
                    path: path.to_owned(),
                }
            }
            TreeError::Io(source) => ArtifactError::Io {
                name,
                size: 0,
                root: self.root.clone(),
                source,
            },
        }
    }

    fn keep(&self, tree: &Tree, place: &Path) -> io::Result<()> {
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        match tree.entries.as_slice() {
            [
                Entry {
                    source,
                    file: Some(file),
                    ..
                },
            ] => self.keep_file(source, file, place),
            _ if place.exists() => Ok(()),
            entries => self.keep_directory(entries, place),
        }
    }

    fn keep_directory(&self, entries: &[Entry], place: &Path) -> io::Result<()> {
        let temporary = self.temporary()?;
        let kept = self
            .fill_directory(entries, &temporary)
            .and_then(|()| fs::rename(&temporary, place));
        if kept.is_err() {
            // The first error is the one that matters.
            let _ = fs::remove_dir_all(&temporary);
        }
        match kept {
            Err(error) if place.is_dir() => {
                tracing::debug!(%error, "another step stored the same directory first");
                Ok(())
            }
            other => other,
        }
    }

    fn fill_directory(&self, entries: &[Entry], directory: &Path) -> io::Result<()> {
        for Entry { path, source, file } in entries {
            let place = directory.join(path);
            match file {
                Some(file) => self.keep_file(source, file, &place)?,
                None => fs::create_dir(place)?,
            }
        }
        Ok(())
    }

    fn keep_file(&self, source: &Path, file: &FileEntry, place: &Path) -> io::Result<()> {
        let linked = if file.shared {
            Err(io::ErrorKind::TooManyLinks.into())
        } else {
            fs::hard_link(source, place)
        };
        match linked {
            Ok(()) => make_read_only(place, file.executable),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                allow_execution(place, file.executable)
            }
            Err(_) => self.copy_file(source, file, place),
        }
    }

    fn copy_file(&self, source: &Path, file: &FileEntry, place: &Path) -> io::Result<()> {
        if place.exists() {
            return allow_execution(place, file.executable);
        }
        let temporary = self.temporary()?;
        let copied = copy(source, &temporary)
            .and_then(|()| make_read_only(&temporary, file.executable))
            .and_then(|()| fs::rename(&temporary, place));
        if copied.is_err() {
            // The first error is the one that matters.
            let _ = fs::remove_file(&temporary);
        }
        copied
    }

    /// A new path in the same file system as all artifacts. Its name is like no other's, whoever else uses the store and whatever a
    /// process that was killed has left.
    pub(super) fn temporary(&self) -> io::Result<PathBuf> {
        static PROCESS: LazyLock<u64> =
            LazyLock::new(|| RandomState::new().build_hasher().finish());
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let directory = self.temporaries();
        fs::create_dir_all(&directory)?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Ok(directory.join(format!("{:016x}-{number}", *PROCESS)))
    }

    fn temporaries(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Removes what processes that were killed while they stored something have left, once it is so old that nobody can be writing it.
    pub fn remove_leftovers(&self) {
        for entry in fs::read_dir(self.temporaries()).into_iter().flatten() {
            let removed = entry.and_then(|entry| remove_if_old(&entry));
            if let Err(error) = removed {
                tracing::warn!(%error, directory = %self.root.display(), "a leftover among the artifacts was not removed");
            }
        }
    }
}

fn remove_if_old(entry: &DirEntry) -> io::Result<()> {
    let metadata = entry.metadata()?;
    match metadata.modified()?.elapsed() {
        Ok(age) if age > LEFTOVER_AGE && metadata.is_dir() => fs::remove_dir_all(entry.path()),
        Ok(age) if age > LEFTOVER_AGE => fs::remove_file(entry.path()),
        _ => Ok(()),
    }
}

/// The full path of a declared path, which may not lead out of `base`.
fn source(name: &str, base: &Path, path: &str) -> Result<PathBuf, ArtifactError> {
    let mut source = base.to_owned();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(part) => source.push(part),
            Component::CurDir => {}
            _ => {
                return Err(ArtifactError::Unfit {
                    name: name.to_owned(),
                    problem: format!("its path `{path}` leads out of $TUNE_ARTIFACTS"),
                });
            }
        }
    }
    if leads_out(base, &source) {
        return Err(ArtifactError::Unfit {
            name: name.to_owned(),
            problem: format!("`{path}` leads out of $TUNE_ARTIFACTS through a symbolic link"),
        });
    }
    Ok(source)
}

/// Whether the directory that holds the source is not below `base`, or `base` not where it was made. What is not there leads nowhere.
fn leads_out(base: &Path, source: &Path) -> bool {
    if fs::symlink_metadata(base).is_ok_and(|metadata| metadata.is_symlink()) {
        return true;
    }
    if source == base {
        return false;
    }
    let real = |path: &Path| fs::canonicalize(path).ok();
    match (real(base), source.parent().and_then(real)) {
        (Some(base), Some(parent)) => !parent.starts_with(base),
        _ => false,
    }
}

fn copy(source: &Path, place: &Path) -> io::Result<()> {
    io::copy(&mut File::open(source)?, &mut File::create(place)?)?;
    Ok(())
}

fn make_read_only(path: &Path, executable: bool) -> io::Result<()> {
    let mode = if executable { 0o555 } else { 0o444 };
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// The same content may arrive a second time as a program; an executable bit too many harms nobody.
fn allow_execution(path: &Path, executable: bool) -> io::Result<()> {
    if executable {
        make_read_only(path, true)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};
    use tempfile::TempDir;

    struct Place {
        directory: TempDir,
        base: PathBuf,
        store: ArtifactStore,
    }

    fn place() -> Place {
        let directory = TempDir::new().unwrap();
        let base = directory.path().join("base");
        fs::create_dir(&base).unwrap();
        let store = ArtifactStore::new(directory.path().join("store"));
        Place {
            directory,
            base,
            store,
        }
    }

    impl Place {
        fn write(&self, path: &str, content: &str) -> PathBuf {
            let path = self.base.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            path
        }

        fn store(&self, path: &str) -> Result<Artifact, ArtifactError> {
            self.store.store("it", &self.base, path)
        }

        fn refusal(&self, path: &str) -> String {
            self.store(path).unwrap_err().to_string()
        }

        fn files_in_store(&self) -> usize {
            let mut waiting = vec![self.store.root.clone()];
            let mut files = 0;
            while let Some(path) = waiting.pop() {
                if path.is_dir() {
                    waiting.extend(
                        fs::read_dir(path)
                            .unwrap()
                            .map(|entry| entry.unwrap().path()),
                    );
                } else {
                    files += 1;
                }
            }
            files
        }
    }

    #[test]
    fn links_on_the_way_to_an_artifact_are_refused() {
        let scratch = TempDir::new().unwrap();
        let elsewhere = scratch.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("own"), "mine").unwrap();
        let before = fs::metadata(elsewhere.join("own")).unwrap();
        let store = ArtifactStore::new(scratch.path().join("store"));
        let base = scratch.path().join("base");
        symlink(&elsewhere, &base).unwrap();
        assert!(store.store("m", &base, "own").is_err());
        fs::remove_file(&base).unwrap();
        fs::create_dir(&base).unwrap();
        symlink(&elsewhere, base.join("sub")).unwrap();
        assert!(store.store("m", &base, "sub/own").is_err());
        let after = fs::metadata(elsewhere.join("own")).unwrap();
        assert_eq!(
            (before.mode(), before.nlink()),
            (after.mode(), after.nlink())
        );
    }

    #[test]
    fn a_file_is_kept_under_its_hash_and_name_read_only() {
        let place = place();
        place.write("model.json", "{}");
        let artifact = place.store("model.json").unwrap();
        assert_eq!(artifact.hash, blake3::hash(b"{}").to_hex().to_string());
        assert_eq!(artifact.size, 2);
        let expected = format!("{}/{}/model.json", &artifact.hash[..2], artifact.hash);
        assert_eq!(artifact.path, Path::new(&expected));
        let path = place.store.path(&artifact);
        assert_eq!(fs::read(&path).unwrap(), b"{}");
        assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o444);
    }

    #[test]
    fn the_same_content_is_stored_once_per_name() {
        let place = place();
        for path in ["a/model.bin", "b/model.bin", "c/other.bin"] {
            place.write(path, "same");
        }
        let first = place.store("a/model.bin").unwrap();
        assert_eq!(place.store("b/model.bin").unwrap(), first);
        assert_eq!(place.files_in_store(), 1);
        let other = place.store("c/other.bin").unwrap();
        assert_eq!(other.hash, first.hash);
        assert_eq!(place.files_in_store(), 2);
    }

    #[test]
    fn a_directory_is_kept_whole_with_executable_bits() {
        let place = place();
        place.write("out/deep/run.sh", "echo");
        let script = place.base.join("out/deep/run.sh");
        fs::set_permissions(script, Permissions::from_mode(0o755)).unwrap();
        place.write("out/data.csv", "1,2");
        fs::create_dir(place.base.join("out/empty")).unwrap();
        let artifact = place.store("out").unwrap();
        let path = place.store.path(&artifact);
        assert_eq!(artifact.size, 7);
        assert_eq!(fs::read(path.join("data.csv")).unwrap(), b"1,2");
        assert!(path.join("empty").is_dir());
        let mode = fs::metadata(path.join("deep/run.sh")).unwrap().mode();
        assert_eq!(mode & 0o777, 0o555);
        assert_eq!(place.store("out").unwrap(), artifact);
    }

    #[test]
    fn a_directorys_hash_tells_names_contents_and_bits_apart() {
        let place = place();
        place.write("a/x", "1");
        place.write("b/y", "1");
        place.write("c/x", "2");
        place.write("d/x", "1");
        let mode = Permissions::from_mode(0o755);
        fs::set_permissions(place.base.join("d/x"), mode).unwrap();
        place.write("e/x", "1");
        let hash = |path: &str| place.store(path).unwrap().hash;
        let hashes = [hash("a"), hash("b"), hash("c"), hash("d")];
        for (index, one) in hashes.iter().enumerate() {
            assert!(!hashes[..index].contains(one), "{index}");
        }
        assert_eq!(hash("e"), hash("a"));
    }

    #[test]
    fn links_are_followed_inside_and_refused_outside() {
        let place = place();
        place.write("checkpoints/5.pt", "five");
        symlink("checkpoints/5.pt", place.base.join("best.pt")).unwrap();
        let artifact = place.store("best.pt").unwrap();
        let path = place.store.path(&artifact);
        assert_eq!(fs::read(&path).unwrap(), b"five");
        assert!(!fs::symlink_metadata(path).unwrap().is_symlink());

        symlink("/etc/passwd", place.base.join("secret")).unwrap();
        assert!(place.refusal("secret").contains("out of $TUNE_ARTIFACTS"));
        symlink("nowhere", place.base.join("broken")).unwrap();
        assert!(place.refusal("broken").contains("link to nothing"));
        symlink("checkpoints", place.base.join("folder")).unwrap();
        assert!(place.refusal("folder").contains("not a file"));
        assert!(place.refusal("../base/best.pt").contains("leads out of"));
        assert!(place.refusal("/etc/passwd").contains("leads out of"));
    }

    #[test]
    fn special_files_are_refused_without_opening_them() {
        let place = place();
        let _socket = std::os::unix::net::UnixListener::bind(place.base.join("socket")).unwrap();
        assert!(
            place
                .refusal("socket")
                .contains("neither a file nor a directory")
        );
        assert!(
            place
                .refusal(".")
                .contains("neither a file nor a directory")
        );
    }

    #[test]
    fn what_is_missing_is_named_with_its_path() {
        let place = place();
        assert_eq!(
            place.refusal("model.json"),
            "artifact `it` is missing: nothing at $TUNE_ARTIFACTS/model.json"
        );
    }

    #[test]
    fn a_file_with_other_names_is_copied_and_left_alone() {
        let place = place();
        let own = place.directory.path().join("own.csv");
        fs::write(&own, "1").unwrap();
        fs::hard_link(&own, place.base.join("data.csv")).unwrap();
        let artifact = place.store("data.csv").unwrap();
        let stored = fs::metadata(place.store.path(&artifact)).unwrap();
        let original = fs::metadata(&own).unwrap();
        assert_ne!(stored.ino(), original.ino());
        assert_eq!(original.mode() & 0o200, 0o200);
        assert_eq!(
            fs::read_dir(place.store.root.join("tmp")).unwrap().count(),
            0
        );
    }

    #[test]
    fn what_a_killed_process_of_the_same_id_has_left_is_in_nobodys_way() {
        let place = place();
        let temporaries = place.store.temporaries();
        fs::create_dir_all(&temporaries).unwrap();
        for number in 0..1000 {
            let name = format!("{}-{number}", std::process::id());
            fs::create_dir(temporaries.join(name)).unwrap();
        }
        place.write("out/a", "1");
        place.write("file", "2");
        fs::hard_link(place.base.join("file"), place.base.join("again")).unwrap();
        assert_eq!(place.store("out").unwrap().size, 1);
        assert_eq!(place.store("file").unwrap().size, 1);
    }

    #[test]
    fn leftovers_are_removed_once_they_are_old() {
        let place = place();
        place.store.remove_leftovers();
        let temporaries = place.store.temporaries();
        fs::create_dir_all(temporaries.join("old")).unwrap();
        fs::write(temporaries.join("old/part"), "1").unwrap();
        fs::create_dir(temporaries.join("new")).unwrap();
        fs::write(temporaries.join("old.bin"), "1").unwrap();
        fs::write(temporaries.join("new.bin"), "1").unwrap();
        let long_ago = std::time::SystemTime::now() - 2 * LEFTOVER_AGE;
        for old in ["old", "old.bin"] {
            let file = File::open(temporaries.join(old)).unwrap();
            file.set_modified(long_ago).unwrap();
        }
        place.store.remove_leftovers();
        let left = fs::read_dir(temporaries).unwrap();
        let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["new", "new.bin"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let place = place();
        let source = place.write("model.bin", "12 bytes, or");
        let error = copy(&source, Path::new("/dev/full")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_store_that_cannot_be_written_says_so() {
        let mut place = place();
        place.write("model.bin", "content");
        let file = place.write("file", "");
        place.store = ArtifactStore::new(&file);
        let text = place.refusal("model.bin");
        assert!(
            text.contains("while storing artifact `it` (7 bytes) in"),
            "{text}"
        );
    }
}
