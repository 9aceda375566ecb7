//! What users wrote, checked: kept from one request to the next. To check a large document takes long, and it never changes.

use super::App;
use super::failures::{Failure, internal};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tune_experiments::spec::{self, Experiment};
use tune_experiments::store::{ExperimentId, ExperimentRecord};

/// The most that are kept.
const MOST: usize = 256;
/// A document of more bytes is checked on a thread that may be held up.
const LARGE: usize = 16 * 1024;

/// See the head of this file.
#[derive(Default)]
pub struct Specs {
    known: Mutex<HashMap<ExperimentId, (blake3::Hash, Arc<Experiment>)>>,
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
        if let Some(known) = self.get(record.id, hash) {
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
        self.keep(record.id, hash, checked.clone());
        Ok(checked)
    }

    fn get(&self, id: ExperimentId, hash: blake3::Hash) -> Option<Arc<Experiment>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, checked) = known.get(&id)?;
        (*of == hash).then(|| checked.clone())
    }

    fn keep(&self, id: ExperimentId, hash: blake3::Hash, checked: Arc<Experiment>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(id, (hash, checked));
    }
}

fn read(app: &App, document: &Json) -> Result<Arc<Experiment>, Failure> {
    let read = spec::read_document(document, &app.components);
    // It was accepted once: only another version of this program can refuse it.
    read.map(Arc::new).map_err(|error| internal(&error).into())
}
