//! A permutation of the numbers below some size that needs no memory: a Feistel network over the next power of four,
//! walked until it lands below the size (Black & Rogaway 2002, doi:10.1007/3-540-45760-7_9).

use crate::draws::mix;

const ROUNDS: u64 = 8;

/// A bijection of 0..size, different for each seed.
#[derive(Clone, Debug)]
pub(super) struct Permutation {
    size: u128,
    /// Bits in each half of a number.
    half_bits: u32,
    seed: u64,
}

impl Permutation {
    pub fn new(size: u128, seed: u64) -> Self {
        let bits = u128::BITS - size.saturating_sub(1).leading_zeros();
        Self {
            size,
            half_bits: bits.div_ceil(2).max(1),
            seed,
        }
    }

    /// Where `index`, which must be below the size, is sent.
    pub fn apply(&self, index: u128) -> u128 {
        let mut image = self.encrypt(index);
        while image >= self.size {
            image = self.encrypt(image);
        }
        image
    }

    fn encrypt(&self, number: u128) -> u128 {
        let mask = u64::MAX >> (64 - self.half_bits);
        let (mut left, mut right) = (
            (number >> self.half_bits) as u64 & mask,
            number as u64 & mask,
        );
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ (mix(mix(self.seed, round), right) & mask));
        }
        u128::from(left) << self.half_bits | u128::from(right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_number_comes_once() {
        for size in [1, 2, 3, 7, 16, 17, 1000, 4097] {
            let permutation = Permutation::new(size, 5);
            let images: HashSet<u128> = (0..size).map(|index| permutation.apply(index)).collect();
            assert_eq!(images.len() as u128, size);
            assert!(images.iter().all(|image| *image < size));
        }
    }

    #[test]
    fn the_largest_size_works() {
        let permutation = Permutation::new(u128::MAX, 5);
        assert_ne!(permutation.apply(0), permutation.apply(u128::MAX - 1));
    }

    #[test]
    fn the_order_depends_on_the_seed_and_looks_random() {
        let order = |seed| {
            let permutation = Permutation::new(1000, seed);
            (0..1000)
                .map(|index| permutation.apply(index))
                .collect::<Vec<_>>()
        };
        assert_ne!(order(1), order(2));
        let ascents = order(1).windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((400..600).contains(&ascents), "{ascents}");
    }
}
