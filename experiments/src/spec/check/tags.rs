//! What an experiment is found by.

use super::super::tree::Kind;
use super::super::words;
use super::Check;
use super::fields::Fields;
use crate::notes::{MOST_TAGS, TAG_RULE, is_tag};
use std::collections::BTreeSet;

impl Check<'_> {
    /// Short words, each once, in order.
    pub(super) fn tags(&mut self, fields: &Fields<'_>) -> Option<Vec<String>> {
        let Some(at) = fields.get("tags") else {
            return Some(Vec::new());
        };
        let Kind::Sequence(nodes) = &at.node.kind else {
            let message = format!("expected a list of words, found {}", self.found(&at));
            self.at(
                &at,
                message,
                Some("write a list: `[baseline, nlp]`".to_owned()),
            );
            return None;
        };
        let mut tags = BTreeSet::new();
        for (index, node) in nodes.iter().enumerate() {
            let at = at.item(index, node);
            let tag = self.text_at(&at)?;
            if !is_tag(&tag) {
                let message = format!("{} is no tag", words::quoted(&tag));
                self.at(&at, message, Some(TAG_RULE.to_owned()));
            }
            tags.insert(tag);
        }
        if tags.len() > MOST_TAGS {
            let message = format!("these are more than {MOST_TAGS} tags");
            self.at(&at, message, None);
        }
        Some(tags.into_iter().collect())
    }
}
