//! What a request that cannot be served is answered with: an RFC 9457 problem.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tune_experiments::spec;
use utoipa::ToSchema;

/// A problem document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Which kind of problem: stable, the same for all problems of that kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This one in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<String>,
    /// What can be done about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// What is wrong with a submitted document, all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<FileProblem>,
    /// In what a submitted document differs from the experiment that has its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

/// One thing that is wrong with an experiment file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FileProblem {
    /// The key it is about; empty when it is about the whole file.
    pub path: String,
    /// From 1; 0 when it is in no line of the file.
    pub line: usize,
    /// In characters, from 1; 0 when it is in no line of the file.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl From<&spec::Problem> for FileProblem {
    fn from(problem: &spec::Problem) -> Self {
        Self {
            path: problem.path.clone(),
            line: problem.line,
            column: problem.column,
            message: problem.message.clone(),
            help: problem.help.clone(),
        }
    }
}

/// One key in which two experiments differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// `parameters.x.max`.
    pub path: String,
    /// What is stored; null: nothing.
    pub stored: Option<Json>,
    /// What the document says; null: nothing.
    pub given: Option<Json>,
}

impl From<spec::Difference> for Difference {
    fn from(difference: spec::Difference) -> Self {
        Self {
            path: difference.path,
            stored: difference.stored,
            given: difference.given,
        }
    }
}

impl From<Difference> for spec::Difference {
    fn from(difference: Difference) -> Self {
        Self {
            path: difference.path,
            stored: difference.stored,
            given: difference.given,
        }
    }
}
