//! What a step that ended well leaves to later steps: the values in `$TUNE_OUTPUT` and the declared artifacts.

use super::mask::Mask;
use super::places::Places;
use super::tail::open_file;
use crate::artifacts::{Artifact, ArtifactError, ArtifactStore, is_like_a_stand_in, reason};
use crate::engine::Task;
use crate::metrics::parse_output;
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

/// Artifacts up to this size are hashed at once; larger ones on a thread that may block.
const SMALL: u64 = 1024 * 1024;

/// A `$TUNE_OUTPUT` of up to so many bytes is read at once; a larger one on a thread that may block.
const SMALL_OUTPUT: u64 = 64 * 1024;

/// The largest `$TUNE_OUTPUT` that is read, in bytes: it must fit in memory.
const LARGEST_OUTPUT: u64 = 1024 * 1024 * 1024;

type Values = Map<String, Json>;

/// What a step leaves.
pub(super) struct Results {
    /// Values, complete.
    pub values: Values,
    /// Values, with large ones replaced by what [`ArtifactStore::restore_values`] turns back into them.
    pub stored_values: Values,
    /// Stored artifacts.
    pub artifacts: IndexMap<String, Artifact>,
}

/// Collects them; what is wrong with them, in words, otherwise.
pub(super) async fn collect(
    task: &Task,
    places: &Places,
    store: &ArtifactStore,
    mask: &Mask,
) -> Result<Results, String> {
    let (values, stored_values) = values(places.output(), store, mask).await?;
    let artifacts = artifacts(task, places, store).await?;
    Ok(Results {
        values,
        stored_values,
        artifacts,
    })
}

async fn artifacts(
    task: &Task,
    places: &Places,
    store: &ArtifactStore,
) -> Result<IndexMap<String, Artifact>, String> {
    if task.artifacts.is_empty() {
        return Ok(IndexMap::new());
    }
    let base = places.artifacts();
    if are_small(&base, task) {
        return store_all(store, &base, task);
    }
    let (store, base, task) = (store.clone(), base, task.clone());
    let storing = spawn_blocking(move || store_all(&store, &base, &task));
    storing
        .await
        .map_err(|_| "storing the artifacts was broken off".to_owned())?
}

/// The values twice: complete, and as they are to be remembered.
async fn values(
    path: PathBuf,
    store: &ArtifactStore,
    mask: &Mask,
) -> Result<(Values, Values), String> {
    let file = match open_file(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
        Err(error) => return Err(unreadable(&error)),
    };
    if file.metadata().map_or(0, |file| file.len()) <= SMALL_OUTPUT {
        return read_values(file, store, mask);
    }
    let (store, mask) = (store.clone(), mask.clone());
    let reading = spawn_blocking(move || read_values(file, &store, &mask));
    reading
        .await
        .map_err(|_| "reading $TUNE_OUTPUT was broken off".to_owned())?
}

fn read_values(file: File, store: &ArtifactStore, mask: &Mask) -> Result<(Values, Values), String> {
    let bytes = read(file).map_err(|error| unreadable(&error))?;
    let mut output = parse_output(&mask.whole(&bytes)).map_err(|problem| {
        let words = problem.to_string();
        String::from_utf8_lossy(&mask.whole(words.as_bytes())).into_owned()
    })?;
    // Once more: what was JSON within JSON is text now.
    mask.fields(&mut output.values);
    mask.fields(&mut output.large);
    let mut stored_values = output.values.clone();
    let alike = output
        .values
        .iter()
        .filter(|(_, it)| is_like_a_stand_in(it));
    for (name, value) in output.large.iter().chain(alike) {
        let stand_in = store
            .keep_value(name, value)
            .map_err(|error| error.to_string())?;
        stored_values.insert(name.clone(), stand_in);
    }
    let mut values = output.values;
    values.extend(output.large);
    Ok((values, stored_values))
}

fn unreadable(error: &io::Error) -> String {
    format!("$TUNE_OUTPUT could not be read: {}", reason(error))
}

fn read(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST_OUTPUT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_OUTPUT {
        let text = "it is larger than 1 GiB; hand that much data on as an artifact";
        return Err(io::Error::other(text));
    }
    Ok(bytes)
}

fn are_small(base: &Path, task: &Task) -> bool {
    let size = |path: &String| {
        fs::symlink_metadata(base.join(path))
            .ok()
            .filter(fs::Metadata::is_file)
            .map(|file| file.len())
    };
    task.artifacts
        .values()
        .all(|path| size(path).is_some_and(|size| size <= SMALL))
}

/// Stores every declared artifact, then removes the originals: with the same content in the store, they would only take space.
fn store_all(
    store: &ArtifactStore,
    base: &Path,
    task: &Task,
) -> Result<IndexMap<String, Artifact>, String> {
    let mut stored = IndexMap::new();
    for (name, path) in &task.artifacts {
        let artifact = store
            .store(name, base, path)
            .map_err(|error| explain(&error, task))?;
        stored.insert(name.clone(), artifact);
    }
    if let Err(error) = fs::remove_dir_all(base) {
        tracing::warn!(%error, directory = %base.display(), "stored artifacts were not removed from their first place");
    }
    Ok(stored)
}

fn explain(error: &ArtifactError, task: &Task) -> String {
    let ArtifactError::Missing { path, .. } = error else {
        return error.to_string();
    };
    let elsewhere = task.working_directory.join(path);
    if elsewhere.exists() {
        return format!(
            "{error}; there is {}, but a step's artifacts must be written below $TUNE_ARTIFACTS",
            elsewhere.display()
        );
    }
    format!("{error}; the step must write it there")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tempfile::TempDir;

    #[test]
    fn no_way_to_write_a_secret_brings_it_into_values_or_their_names() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("output");
        let mask = Mask::new(vec![b"secret".to_vec()]);
        let store = ArtifactStore::new(directory.path());
        let read = |text: &str| {
            fs::write(&path, text).unwrap();
            read_values(File::open(&path).unwrap(), &store, &mask)
        };
        let (values, stored) = read(r#"{ "is": ["\u0073ecret", "s\\u0065cret"] }"#).unwrap();
        let expected = json!({ "is": ["***", "***"] });
        assert_eq!(Json::Object(values), expected);
        assert_eq!(Json::Object(stored), expected);
        for name in ["my secret", r"my \u0073ecret", r"my s\\u0065cret"] {
            let why = read(&format!(r#"{{ "{name}": 1 }}"#)).unwrap_err();
            assert!(why.contains("`my ***` is not a name"), "{why}");
        }
    }
}
