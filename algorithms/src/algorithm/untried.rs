//! Walks through all configurations of a lattice, in order or shuffled, and finds those that nobody has tried.

use super::batch::Batch;
use super::permutation::Permutation;
use crate::space::{Configuration, Lattice};

/// Finds untried configurations. However many calls are made, the walk is made once: what has been tried stays tried.
#[derive(Debug)]
pub(super) struct Untried {
    lattice: Lattice,
    /// The order of the walk; `None`: that of the ranks.
    shuffle: Option<Permutation>,
    /// Every configuration before this position of the walk has been tried: a cache.
    start: u128,
    /// Every configuration before this position has been tried or is taken by the current batch: a cache.
    position: u128,
}

impl Untried {
    /// In the order of the ranks.
    pub fn in_order(lattice: Lattice) -> Self {
        Self {
            lattice,
            shuffle: None,
            start: 0,
            position: 0,
        }
    }

    /// In an order that the seed decides.
    pub fn shuffled(lattice: Lattice, seed: u64) -> Self {
        let shuffle = Some(Permutation::new(lattice.count(), seed));
        Self {
            lattice,
            shuffle,
            start: 0,
            position: 0,
        }
    }

    /// To be called before each batch: what the last one chose may not have been tried.
    pub fn begin_batch(&mut self) {
        self.position = self.start;
    }

    /// The first configuration of the walk that is not taken; `None` when there is none left.
    pub fn next(&mut self, batch: &Batch<'_>) -> Option<Configuration> {
        loop {
            let configuration = self.at(self.position)?;
            if !batch.taken(&configuration) {
                return Some(configuration);
            }
            if self.start == self.position && batch.tried(&configuration) {
                self.start += 1;
            }
            self.position += 1;
        }
    }

    fn at(&self, position: u128) -> Option<Configuration> {
        if position >= self.lattice.count() {
            return None;
        }
        let shuffled = self.shuffle.as_ref().map(|shuffle| shuffle.apply(position));
        self.lattice.nth(shuffled.unwrap_or(position))
    }
}
