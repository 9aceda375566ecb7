//! What a step left at a path: one file or a directory, with the hash of its content. Reads only; the store keeps it.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Keeps hashes of directories apart from hashes of files that happen to hold the same bytes.
const DIRECTORY_CONTEXT: &str = "tune 2026 artifact directory v1";

/// A file or directory that is fit to be stored.
#[derive(Debug)]
pub(super) struct Tree {
    /// BLAKE3 of a file's content; of a directory's sorted entries otherwise. In hex.
    pub hash: String,
    /// Bytes, of all files together.
    pub size: u64,
    /// Whether it is a directory.
    pub directory: bool,
    /// Sorted by path, so that a directory comes before what is in it. A single file is one entry with an empty path.
    pub entries: Vec<Entry>,
}

/// One file or directory of a tree.
#[derive(Debug)]
pub(super) struct Entry {
    /// Relative to the tree's root.
    pub path: PathBuf,
    /// Where it is read from; symbolic links are resolved.
    pub source: PathBuf,
    /// `None`: a directory.
    pub file: Option<FileEntry>,
}

/// What matters of a file, beside its content.
#[derive(Debug)]
pub(super) struct FileEntry {
    /// Whether its owner may execute it.
    pub executable: bool,
    /// Whether other names lead to the same file, so that it must not be changed.
    pub shared: bool,
    hash: blake3::Hash,
}

/// Why a tree could not be read.
#[derive(Debug)]
pub(super) enum TreeError {
    /// It holds something that cannot be stored.
    Unfit(String),
    /// The system refused.
    Io(io::Error),
}

impl From<io::Error> for TreeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads and hashes what is at `path`. Symbolic links to files are followed as long as they stay below `base`.
pub(super) fn read(base: &Path, path: &Path) -> Result<Tree, TreeError> {
    let mut tree = Tree {
        hash: String::new(),
        size: 0,
        directory: false,
        entries: Vec::new(),
    };
    let mut waiting = vec![PathBuf::new()];
    while let Some(relative) = waiting.pop() {
        let full = if relative.as_os_str().is_empty() {
            path.to_owned()
        } else {
            path.join(&relative)
        };
        let (source, metadata) = resolve(base, full)?;
        if metadata.is_dir() {
            for entry in fs::read_dir(&source)? {
                waiting.push(relative.join(entry?.file_name()));
            }
        }
        tree.size += if metadata.is_file() {
            metadata.len()
        } else {
            0
        };
        tree.entries.push(entry(relative, source, &metadata)?);
    }
    tree.entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(finish(tree))
}

/// The file or directory itself, or the file that a symbolic link leads to.
fn resolve(base: &Path, path: PathBuf) -> Result<(PathBuf, Metadata), TreeError> {
    let metadata = fs::symlink_metadata(&path)?;
    if metadata.is_file() || metadata.is_dir() {
        return Ok((path, metadata));
    }
    if !metadata.is_symlink() {
        return Err(unfit(
            &path,
            "is neither a file nor a directory; only these can be stored",
        ));
    }
    let Ok(target) = fs::canonicalize(&path) else {
        return Err(unfit(&path, "is a symbolic link to nothing"));
    };
    if !target.starts_with(fs::canonicalize(base)?) {
        return Err(unfit(
            &path,
            "is a symbolic link out of $TUNE_ARTIFACTS; copy the file instead",
        ));
    }
    let metadata = fs::metadata(&target)?;
    if !metadata.is_file() {
        return Err(unfit(
            &path,
            "is a symbolic link to something that is not a file; copy it instead",
        ));
    }
    Ok((target, metadata))
}

fn unfit(path: &Path, problem: &str) -> TreeError {
    TreeError::Unfit(format!("{} {problem}", path.display()))
}

fn entry(path: PathBuf, source: PathBuf, metadata: &Metadata) -> io::Result<Entry> {
    let file = if metadata.is_file() {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(File::open(&source)?)?;
        Some(FileEntry {
            executable: metadata.mode() & 0o100 != 0,
            shared: metadata.nlink() > 1,
            hash: hasher.finalize(),
        })
    } else {
        None
    };
    Ok(Entry { path, source, file })
}

fn finish(mut tree: Tree) -> Tree {
    let hash = match tree.entries.as_slice() {
        [
            Entry {
                file: Some(file), ..
            },
        ] => file.hash,
        entries => {
            tree.directory = true;
            hash_directory(entries)
        }
    };
    tree.hash = hash.to_hex().to_string();
    tree
}

/// Every entry as its kind, the length of its path, its path and, of a file, its hash: no two directories look alike.
fn hash_directory(entries: &[Entry]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_derive_key(DIRECTORY_CONTEXT);
    for entry in entries {
        let kind = match &entry.file {
            None => b'd',
            Some(file) if file.executable => b'x',
            Some(_) => b'f',
        };
        let path = entry.path.as_os_str().as_bytes();
        hasher.update(&[kind]);
        hasher.update(&(path.len() as u64).to_le_bytes());
        hasher.update(path);
        if let Some(file) = &entry.file {
            hasher.update(file.hash.as_bytes());
        }
    }
    hasher.finalize()
}
