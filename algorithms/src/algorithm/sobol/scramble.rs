//! Nested uniform scrambling: Owen, Randomly permuted (t,m,s)-nets and (t,s)-sequences (1995),
//! doi:10.1007/978-1-4612-2552-2_19.

use crate::draws::mix;

/// Flips each bit of a coordinate at random, where the coin for a bit is chosen by the seed and all bits above it, so
/// that the halves, quarters … of the interval are swapped independently.
pub(super) fn owen(coordinate: u32, seed: u64) -> u32 {
    (0..u32::BITS).fold(0, |flips, bit| {
        // The leading one keeps prefixes of different lengths apart.
        let prefix = (1_u64 << 32 | u64::from(coordinate)) >> (32 - bit);
        let coin = (mix(seed, prefix) >> 63) as u32;
        flips | coin << (31 - bit)
    }) ^ coordinate
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn equal_prefixes_stay_equal_and_different_ones_different() {
        for (a, b) in [
            (0, 1),
            (0x1234_5678, 0x1234_5679),
            (0xffff_0000, 0xffff_8000),
            (5, 0x8000_0005),
        ] {
            let shared = |a: u32, b: u32| (a ^ b).leading_zeros();
            assert_eq!(shared(owen(a, 7), owen(b, 7)), shared(a, b));
        }
    }

    #[test]
    fn it_is_a_bijection_of_the_leading_bits() {
        let images: HashSet<u32> = (0..256).map(|k| owen(k << 24, 3) >> 24).collect();
        assert_eq!(images.len(), 256);
    }

    #[test]
    fn lower_halves_are_scrambled_independently() {
        // Whether the quarters are swapped must not depend on the half alone.
        let differ = (0..1000).filter(|seed| {
            let swapped = |base: u32| (owen(base, *seed) ^ base) >> 30 & 1;
            swapped(0) != swapped(1 << 31)
        });
        assert!((400..600).contains(&differ.count()));
    }
}
