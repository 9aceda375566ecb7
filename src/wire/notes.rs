//! What people wrote about an experiment or a trial, and what is to change in it.

use serde::{Deserialize, Serialize};
use tune_experiments::notes;
use utoipa::ToSchema;

/// What people wrote about an experiment or a trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Notes {
    /// Short words, in alphabetical order.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Free text; empty for none.
    #[serde(default)]
    pub note: String,
}

/// What is to change: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotesPatch {
    /// All tags, in place of those that are there: words of letters, digits, `-`, `_`, `.`, `:` and `/`; at most 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Tags to add.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_tags: Vec<String>,
    /// Tags to take away; one that is not there is no mistake.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_tags: Vec<String>,
    /// Another note; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20000)]
    pub note: Option<String>,
}

impl From<notes::Notes> for Notes {
    fn from(notes::Notes { tags, note }: notes::Notes) -> Self {
        Self { tags, note }
    }
}

impl From<Notes> for notes::Notes {
    fn from(Notes { tags, note }: Notes) -> Self {
        Self { tags, note }
    }
}

impl From<NotesPatch> for notes::NotesPatch {
    fn from(patch: NotesPatch) -> Self {
        Self {
            tags: patch.tags,
            add: patch.add_tags,
            remove: patch.remove_tags,
            note: patch.note,
        }
    }
}

impl From<notes::NotesPatch> for NotesPatch {
    fn from(patch: notes::NotesPatch) -> Self {
        Self {
            tags: patch.tags,
            add_tags: patch.add,
            remove_tags: patch.remove,
            note: patch.note,
        }
    }
}
