//! What users wrote, checked: kept from one request to the next. To check a large document takes long, and it never changes.

use super::App;
use super::failures::{Failure, internal};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tune_experiments::spec::{self, Experiment};
use tune_experiments::store::{ExperimentId, ExperimentRecord};

/// The documents that are kept have so many bytes together: checked, one takes a few times as much room.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// The least that one counts for.
const EACH: usize = 4 * 1024;
/// A document of more bytes is checked on a thread that may be held up.
const LARGE: usize = 16 * 1024;

/// See the head of this file.
#[derive(Default)]
pub struct Specs {
    known: Mutex<Known<Arc<Experiment>>>,
}

impl Specs {
    /// What the user wrote, checked.
    pub async fn of(
        &self,
        app: &App,
        record: &ExperimentRecord,
    ) -> Result<Arc<Experiment>, Failure> {
        let text = record.document.to_string();
        let hash = blake3::hash(text.as_bytes());
        if let Some(known) = self.locked().get(record.id, hash) {
            return Ok(known);
        }
        let checked = match text.len() {
            0..=LARGE => read(app, &record.document)?,
            _ => {
                let (app, document) = (app.clone(), record.document.clone());
                let reading = tokio::task::spawn_blocking(move || read(&app, &document));
                reading.await.map_err(|error| internal(&error))??
            }
        };
        self.locked()
            .keep(record.id, hash, text.len(), checked.clone());
        Ok(checked)
    }

    fn locked(&self) -> MutexGuard<'_, Known<Arc<Experiment>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of each experiment, and how many bytes that counts for. When it is too much, it begins anew.
#[derive(Debug)]
struct Known<T> {
    by_id: HashMap<ExperimentId, (blake3::Hash, usize, T)>,
    bytes: usize,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self {
            by_id: HashMap::new(),
            bytes: 0,
        }
    }
}

impl<T: Clone> Known<T> {
    fn get(&self, id: ExperimentId, hash: blake3::Hash) -> Option<T> {
        let (of, _, checked) = self.by_id.get(&id)?;
        (*of == hash).then(|| checked.clone())
    }

    fn keep(&mut self, id: ExperimentId, hash: blake3::Hash, length: usize, checked: T) {
        let bytes = length.max(EACH);
        if let Some((_, old, _)) = self.by_id.remove(&id) {
            self.bytes -= old;
        }
        if self.bytes + bytes > MOST_BYTES {
            *self = Self::default();
        }
        self.bytes += bytes;
        self.by_id.insert(id, (hash, bytes, checked));
    }
}

fn read(app: &App, document: &Json) -> Result<Arc<Experiment>, Failure> {
    let read = spec::read_document(document, &app.components);
    // It was accepted once: only another version of this program can refuse it.
    read.map(Arc::new).map_err(|error| internal(&error).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_by_its_size() {
        let mut known = Known::default();
        let hash = blake3::hash(b"");
        let quarter = MOST_BYTES / 4;
        for id in [1, 2, 3, 4, 4] {
            known.keep(ExperimentId(id), hash, quarter, id);
        }
        let kept =
            |known: &Known<i64>| [1, 4, 5].map(|id| known.get(ExperimentId(id), hash).is_some());
        assert_eq!(kept(&known), [true, true, false]);
        known.keep(ExperimentId(5), hash, 0, 5);
        assert_eq!((kept(&known), known.bytes), ([false, false, true], EACH));
        assert_eq!(known.get(ExperimentId(5), blake3::hash(b"other")), None);
    }
}
