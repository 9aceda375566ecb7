//! Files between steps, kept by content hash: stored once however often they are produced, and handed on as paths.

mod error;
mod large;
mod store;
mod tree;

pub use error::ArtifactError;
pub(crate) use error::reason;
pub(crate) use large::is_like_a_stand_in;
pub use store::ArtifactStore;

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A stored file or directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// BLAKE3 of its content, in hex; of a directory: of the sorted list of its files and their hashes.
    pub hash: String,
    /// Bytes, of all files together.
    pub size: u64,
    /// Where it is, relative to the artifact store's root; ends with the name the step gave it.
    pub path: PathBuf,
}
