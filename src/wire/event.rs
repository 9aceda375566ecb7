//! Events, as the stream of them and `--json` carry them.

use super::schema;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tune_experiments::store::{EventKind, StoredEvent};
use utoipa::ToSchema;

/// A change of state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Grows through the whole store: what `Last-Event-ID` names.
    pub seq: i64,
    /// The experiment's name.
    pub experiment: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What kind.
    #[schema(value_type = schema::EventKind)]
    pub kind: EventKind,
    /// The trial it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub trial: Option<u64>,
    /// The step it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub step: Option<String>,
    /// What happened: `state`, and what goes with it.
    #[schema(value_type = Object)]
    pub data: Json,
}

impl From<StoredEvent> for Event {
    fn from(event: StoredEvent) -> Self {
        Self {
            seq: event.seq,
            experiment: event.experiment,
            at: event.at,
            kind: event.kind,
            trial: event.trial,
            step: event.step,
            data: event.data,
        }
    }
}

impl From<Event> for StoredEvent {
    fn from(event: Event) -> Self {
        Self {
            seq: event.seq,
            experiment: event.experiment,
            at: event.at,
            kind: event.kind,
            trial: event.trial,
            step: event.step,
            data: event.data,
        }
    }
}
