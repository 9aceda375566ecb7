//! What happens when an attempt of a step fails.

use super::super::experiment::Retries;
use super::super::keys::RETRIES;
use super::super::tree::{Entry, Kind, Node};
use super::Check;
use super::fields::{At, Fields};

impl Check<'_> {
    /// `retries: 2` is short for `retries: { max: 2 }`.
    pub(super) fn retries(&mut self, fields: &Fields<'_>) -> Option<Retries> {
        let Some(at) = fields.get("retries") else {
            return Some(Retries::default());
        };
        if matches!(at.node.kind, Kind::Mapping(_)) {
            return self.retries_block(&at);
        }
        let entry = Entry {
            key: "max".to_owned(),
            place: at.key_place().clone(),
            node: at.node.clone(),
        };
        let node = Node {
            place: at.place().clone(),
            kind: Kind::Mapping(vec![entry]),
        };
        let at = At {
            node: &node,
            ..at.clone()
        };
        self.retries_block(&at)
    }

    fn retries_block(&mut self, at: &At<'_>) -> Option<Retries> {
        let fields = self.fields(at, &RETRIES, None)?;
        let max = self.whole(&fields, "max");
        let delay = self.duration(&fields, "delay");
        let backoff = self.number(&fields, "backoff");
        Some(Retries {
            max: u32::try_from(max?).ok()?,
            delay: delay?,
            backoff: backoff?,
        })
    }
}
