//! The document as a tree in which every node knows where it was written.
//!
//! Numbers in it are finite and fit JSON; keys are texts and unique. What the nodes mean is for the checks to say.

mod json;
mod offset;
mod parse;
mod scalar;

pub(super) use json::written;
pub(super) use offset::source_offset;
pub(super) use parse::parse;

use serde_json::Value as Json;
use std::ops::Range;

/// A range of bytes in one of the texts that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// 0: the file; n: the n-th override.
    pub source: usize,
    /// Bytes.
    pub range: Range<usize>,
}

/// A node of the document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// A scalar's text with its quotes; the first character or less of a sequence or mapping.
    pub place: Place,
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    /// From `i64::MIN` to `u64::MAX`.
    Int(i128),
    /// Finite.
    Float(f64),
    Text(String),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key of a mapping and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub key: String,
    pub place: Place,
    pub node: Node,
}

impl Node {
    /// The value under the key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a mapping; of anything else: none.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// Whether nothing was written.
    pub fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    /// The same document without positions.
    pub fn to_json(&self) -> Json {
        match &self.kind {
            Kind::Null => Json::Null,
            Kind::Bool(value) => Json::Bool(*value),
            Kind::Int(value) => int_to_json(*value),
            Kind::Float(value) => Json::from(*value),
            Kind::Text(value) => Json::from(value.as_str()),
            Kind::Sequence(nodes) => nodes.iter().map(Node::to_json).collect(),
            Kind::Mapping(entries) => {
                let pairs = entries.iter();
                Json::Object(pairs.map(|e| (e.key.clone(), e.node.to_json())).collect())
            }
        }
    }
}

fn int_to_json(value: i128) -> Json {
    match i64::try_from(value) {
        Ok(value) => Json::from(value),
        Err(_) => u64::try_from(value).map_or(Json::Null, Json::from),
    }
}
