//! Who is asking, and what of: what a page must know before it asks anything else.

use super::schema;
use serde::Serialize;
use tune_experiments::store::Role;
use utoipa::ToSchema;

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Session {
    /// Whether the server has tokens: then whoever has none is told nothing else.
    pub tokens: bool,
    /// The name of the caller's token; null without one.
    pub name: Option<String>,
    /// What the caller may do; null: nothing.
    #[schema(value_type = Option<schema::Role>)]
    pub role: Option<Role>,
    /// The version of the server.
    pub version: Option<String>,
    /// Number of the last event of any experiment: a stream of events that begins after it tells what happens from now on.
    pub last_event: Option<i64>,
}
