//! What is taken while several suggestions are made: what the history has tried, and what this batch has chosen.

use crate::history::History;
use crate::space::Configuration;
use std::collections::HashSet;

/// Suggestions in the making.
pub(super) struct Batch<'a> {
    history: &'a History,
    chosen: Vec<Configuration>,
    fingerprints: HashSet<u128>,
}

impl<'a> Batch<'a> {
    /// Fills a batch of up to `count` by asking for one configuration after the other, until there is none.
    pub fn fill(
        history: &'a History,
        count: usize,
        mut next: impl FnMut(&Self) -> Option<Configuration>,
    ) -> Vec<Configuration> {
        let mut batch = Self {
            history,
            chosen: Vec::new(),
            fingerprints: HashSet::new(),
        };
        while batch.chosen.len() < count
            && let Some(configuration) = next(&batch)
        {
            batch.fingerprints.insert(configuration.fingerprint());
            batch.chosen.push(configuration);
        }
        batch.chosen
    }

    /// The place of the next suggestion among all suggestions: trials that the user enqueued do not count.
    pub fn next_place(&self) -> usize {
        self.history.suggested() + self.chosen.len()
    }

    /// Whether a trial has tried it.
    pub fn tried(&self, configuration: &Configuration) -> bool {
        self.history.contains(configuration)
    }

    /// Whether a trial has tried it, or this batch is about to.
    pub fn taken(&self, configuration: &Configuration) -> bool {
        self.tried(configuration) || self.fingerprints.contains(&configuration.fingerprint())
    }
}
