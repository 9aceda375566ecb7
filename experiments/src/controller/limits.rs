//! Other limits for an experiment that exists: what changes in its document.

use crate::pipeline::Components;
use crate::spec::{self, Limits, SpecError};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// New limits; `None` leaves a limit as it is, `Some(None)` takes it away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitsPatch {
    /// See [`Limits::max_trials`].
    pub max_trials: Option<Option<u64>>,
    /// See [`Limits::parallel_trials`].
    pub parallel_trials: Option<u32>,
    /// See [`Limits::max_failed_trials`].
    pub max_failed_trials: Option<Option<u64>>,
    /// See [`Limits::max_duration`].
    pub max_duration: Option<Option<Duration>>,
    /// See [`Limits::priority`].
    pub priority: Option<u32>,
}

/// Where new limits come from.
#[derive(Clone, Debug, PartialEq)]
pub enum NewLimits {
    /// Some of them change.
    Patch(LimitsPatch),
    /// All are those of this document, which is otherwise the stored one.
    Document(Json),
}

impl NewLimits {
    /// The document with them, and what they are.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn apply(
        self,
        stored: &Json,
        components: &dyn Components,
    ) -> Result<(Json, Limits), Box<SpecError>> {
        let document = match self {
            Self::Patch(patch) => patch.applied(stored.clone()),
            Self::Document(document) => document,
        };
        let experiment = spec::read_document(&document, components).map_err(Box::new)?;
        Ok((document, experiment.limits))
    }
}

impl LimitsPatch {
    fn applied(self, mut document: Json) -> Json {
        let seconds = |limit: Option<Duration>| limit.map(|limit| limit.as_secs_f64());
        let changes = [
            ("max_trials", self.max_trials.map(|limit| json!(limit))),
            (
                "parallel_trials",
                self.parallel_trials.map(|limit| json!(limit)),
            ),
            (
                "max_failed_trials",
                self.max_failed_trials.map(|limit| json!(limit)),
            ),
            (
                "max_duration",
                self.max_duration.map(|limit| json!(seconds(limit))),
            ),
            ("priority", self.priority.map(|priority| json!(priority))),
        ];
        if let Some(keys) = document.as_object_mut() {
            for (key, value) in changes {
                match value {
                    Some(Json::Null) => drop(keys.remove(key)),
                    Some(value) => drop(keys.insert(key.to_owned(), value)),
                    None => {}
                }
            }
        }
        document
    }
}
