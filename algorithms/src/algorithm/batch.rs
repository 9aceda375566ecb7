//! What is taken while several suggestions are made: what the history has tried, and what this batch has chosen.

use super::Why;
use crate::history::History;
use crate::space::Configuration;
use std::collections::HashSet;

/// Suggestions in the making.
pub(super) struct Batch<'a> {
    history: &'a History,
    chosen: Vec<Configuration>,
    why: Vec<Why>,
    fingerprints: HashSet<u128>,
}

impl<'a> Batch<'a> {
    /// Fills a batch of up to `count` by asking for one configuration after the other, until there is none; and why each is in it.
    pub fn fill(
        history: &'a History,
        count: usize,
        mut next: impl FnMut(&Self) -> Option<(Configuration, Why)>,
    ) -> (Vec<Configuration>, Vec<Why>) {
        let mut batch = Self {
            history,
            chosen: Vec::new(),
            why: Vec::new(),
            fingerprints: HashSet::new(),
        };
        while batch.chosen.len() < count
            && let Some((configuration, why)) = next(&batch)
        {
            batch.why.push(why);
            // Nobody asks after the last one.
            if batch.chosen.len() + 1 < count {
                batch.fingerprints.insert(configuration.fingerprint());
            }
            batch.chosen.push(configuration);
        }
        (batch.chosen, batch.why)
    }

    /// The place of the next suggestion among all suggestions: trials that the user enqueued do not count.
    pub fn next_place(&self) -> usize {
        self.history.suggested() + self.chosen.len()
    }

    /// Whether a trial has tried it.
    pub fn tried(&self, configuration: &Configuration) -> bool {
        self.history.contains(configuration)
    }

    /// The first that is not taken: one that another search has tried only when there is no other.
    pub fn first<T>(
        &self,
        candidates: impl IntoIterator<Item = (Configuration, T)>,
    ) -> Option<(Configuration, T)> {
        let mut known = None;
        for candidate in candidates {
            if self.taken(&candidate.0) {
                continue;
            }
            if !self.history.is_known(&candidate.0) {
                return Some(candidate);
            }
            known.get_or_insert(candidate);
        }
        known
    }

    /// Whether a trial has tried it, or this batch is about to.
    pub fn taken(&self, configuration: &Configuration) -> bool {
        let fingerprint = configuration.fingerprint();
        self.history.has_tried(fingerprint) || self.fingerprints.contains(&fingerprint)
    }
}
