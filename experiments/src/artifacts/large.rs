//! Values too large for the database: each is kept as an artifact, and a small object stands for it until it is read.

use super::{Artifact, ArtifactError, ArtifactStore};
use serde_json::{Map, Value as Json, json};
use std::fs;
use std::io;
use std::path::Component;

/// The only key of the object that stands for a large value.
const STAND_IN: &str = "$artifact";

impl ArtifactStore {
    /// Keeps a value as an artifact and returns the object that stands for it.
    ///
    /// # Errors
    /// When the system refuses, as on a full disk.
    pub fn keep_value(&self, name: &str, value: &Json) -> Result<Json, ArtifactError> {
        let failed = |source| ArtifactError::Io {
            name: name.to_owned(),
            size: 0,
            root: self.root().to_owned(),
            source,
        };
        let directory = self.temporary().map_err(failed)?;
        let file = format!("{name}.json");
        let kept = fs::create_dir(&directory)
            .and_then(|()| fs::write(directory.join(&file), value.to_string()))
            .map_err(failed)
            .and_then(|()| self.store(name, &directory, &file));
        // What is left there is no more than a second name of the artifact.
        let _ = fs::remove_dir_all(&directory);
        Ok(json!({ STAND_IN: kept? }))
    }

    /// Whether all large values are here.
    pub fn has_values(&self, values: &Map<String, Json>) -> bool {
        let mut kept = values.values().filter_map(stands_for);
        kept.all(|artifact| self.path(&artifact).exists())
    }

    /// Puts the large values back in place of the objects that stand for them.
    ///
    /// # Errors
    /// When an artifact is gone or is not what was kept.
    pub fn restore_values(&self, values: &mut Map<String, Json>) -> io::Result<()> {
        for value in values.values_mut() {
            if let Some(artifact) = stands_for(value) {
                let bytes = fs::read(self.path(&artifact))?;
                *value = serde_json::from_slice(&bytes)?;
            }
        }
        Ok(())
    }
}

/// Whether a value of a user's looks as if it stood for another. It has to be kept as a large one is, to come back as it was.
pub fn is_like_a_stand_in(value: &Json) -> bool {
    value
        .as_object()
        .is_some_and(|object| object.len() == 1 && object.contains_key(STAND_IN))
}

fn stands_for(value: &Json) -> Option<Artifact> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    let artifact: Artifact = serde_json::from_value(object.get(STAND_IN)?.clone()).ok()?;
    let inside = |component| matches!(component, Component::Normal(_));
    artifact.path.components().all(inside).then_some(artifact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn a_kept_value_comes_back_whole() {
        let directory = TempDir::new().unwrap();
        let store = ArtifactStore::new(directory.path());
        let large = Json::from("x".repeat(100_000));
        let stand_in = store.keep_value("text", &large).unwrap();
        assert!(stand_in.to_string().len() < 300);
        let mut values = Map::new();
        values.insert("text".to_owned(), stand_in);
        values.insert("small".to_owned(), json!({"a": 1}));
        store.restore_values(&mut values).unwrap();
        assert_eq!(values["text"], large);
        assert_eq!(values["small"], json!({"a": 1}));
        let left = fs::read_dir(directory.path().join("tmp")).unwrap().count();
        assert_eq!(left, 0);
    }

    #[test]
    fn what_looks_like_a_stand_in_comes_back_when_it_is_kept_as_one() {
        let directory = TempDir::new().unwrap();
        let store = ArtifactStore::new(directory.path());
        let first = store.keep_value("text", &Json::from("first")).unwrap();
        assert!(is_like_a_stand_in(&first) && !is_like_a_stand_in(&json!({})));
        let stand_in = store.keep_value("alike", &first).unwrap();
        let mut values = Map::from_iter([("alike".to_owned(), stand_in)]);
        store.restore_values(&mut values).unwrap();
        assert_eq!(values["alike"], first);
    }

    #[test]
    fn an_object_that_only_looks_like_a_stand_in_is_left_alone() {
        let store = ArtifactStore::new("/nowhere");
        let mut values = Map::new();
        values.insert("a".to_owned(), json!({"$artifact": "mine"}));
        let outside = json!({"hash": "", "size": 0, "path": "../../etc/passwd"});
        values.insert("b".to_owned(), json!({ "$artifact": outside }));
        let before = values.clone();
        store.restore_values(&mut values).unwrap();
        assert_eq!(values, before);
    }
}
