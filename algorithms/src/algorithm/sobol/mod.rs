//! A scrambled Sobol sequence: points that fill the space evenly.

mod directions;
mod scramble;

use super::batch::Batch;
use super::untried::Untried;
use super::{Algorithm, AlgorithmInfo, Reason, Why};
use crate::draws::{mix, unit_from_bits};
use crate::history::History;
use crate::space::{Configuration, Lattice, Space};
use directions::{BITS, Directions};
use std::sync::Arc;

/// What there is to know of `sobol`.
pub(super) const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "sobol",
    summary: "a scrambled Sobol sequence: covers the space more evenly than random; for parallel searches of up to a few dozen numeric parameters",
    settings: &[],
};

/// Suggestion n takes point n of the sequence, one dimension for each parameter. A point whose configuration was tried
/// already (finite spaces) is replaced by an untried one, in a shuffled order.
pub(super) struct Sobol {
    space: Arc<Space>,
    sequence: Sequence,
    untried: Untried,
    why: Vec<Why>,
}

impl Sobol {
    pub fn new(space: Arc<Space>, seed: u64) -> Self {
        let sequence = Sequence::new(space.parameters().len(), seed);
        let untried = Untried::shuffled(Lattice::every(Arc::clone(&space)), seed);
        Self {
            space,
            sequence,
            untried,
            why: Vec::new(),
        }
    }
}

impl Algorithm for Sobol {
    fn suggest(&mut self, history: &History, count: usize) -> Vec<Configuration> {
        let Self {
            space,
            sequence,
            untried,
            why,
        } = self;
        untried.begin_batch();
        let suggested = Batch::fill(history, count, |batch| {
            let configuration = space.decode(&sequence.point(batch.next_place() as u64));
            if batch.taken(&configuration) {
                Some((untried.next(batch)?, Why::new(INFO.name, Reason::Untried)))
            } else {
                Some((configuration, Why::new(INFO.name, Reason::Coverage)))
            }
        });
        *why = suggested.1;
        suggested.0
    }

    fn learns(&self) -> bool {
        false
    }

    fn why(&self) -> &[Why] {
        &self.why
    }
}

/// An Owen-scrambled Sobol sequence. Dimensions beyond the table of direction numbers (1,024) and points beyond 2³² are
/// hashed random numbers.
pub(super) struct Sequence {
    dimensions: usize,
    seed: u64,
    directions: Directions,
}

impl Sequence {
    pub fn new(dimensions: usize, seed: u64) -> Self {
        Self {
            dimensions,
            seed,
            directions: Directions::new(dimensions),
        }
    }

    /// The point with this index, in the unit cube.
    pub fn point(&self, index: u64) -> Vec<f64> {
        (0..self.dimensions)
            .map(|dimension| self.coordinate(index, dimension))
            .collect()
    }

    fn coordinate(&self, index: u64, dimension: usize) -> f64 {
        let seed = mix(self.seed, dimension as u64);
        let noise = mix(seed, index);
        match (
            self.directions.integer(dimension, index),
            u32::try_from(index),
        ) {
            (Some(integer), Ok(_)) => {
                let scrambled = u64::from(scramble::owen(integer, seed));
                // Below the bits of the sequence every bit is random.
                unit_from_bits(scrambled << (64 - BITS) | noise >> BITS)
            }
            _ => unit_from_bits(noise),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(count: u64, dimensions: usize, seed: u64) -> Vec<Vec<f64>> {
        let sequence = Sequence::new(dimensions, seed);
        (0..count).map(|index| sequence.point(index)).collect()
    }

    /// How many points fall into each of `cells` equal intervals of a dimension.
    fn histogram(points: &[Vec<f64>], dimension: usize, cells: usize) -> Vec<usize> {
        let mut histogram = vec![0; cells];
        for point in points {
            histogram[(point[dimension] * cells as f64) as usize] += 1;
        }
        histogram
    }

    #[test]
    fn every_aligned_block_hits_each_dyadic_interval_once() {
        let points = points(256, 1024, 3);
        for block in [1, 2, 8, 64, 256] {
            for chunk in points.chunks(block) {
                for dimension in [0, 1, 2, 17, 500, 1023] {
                    assert_eq!(histogram(chunk, dimension, block), vec![1; block]);
                }
            }
        }
    }

    #[test]
    fn pairs_of_early_dimensions_fill_the_square() {
        // Dimensions 1 and 2 are a (0, m, 2)-net: 64 points, one in each of 8 × 8 squares, and 16 × 4, and so on.
        let points = points(64, 2, 9);
        for (wide, high) in [(8, 8), (16, 4), (2, 32)] {
            let mut cells = vec![0; 64];
            for point in &points {
                let (x, y) = (
                    (point[0] * wide as f64) as usize,
                    (point[1] * high as f64) as usize,
                );
                cells[x * high + y] += 1;
            }
            assert_eq!(cells, vec![1; 64]);
        }
    }

    /// Centred L2 discrepancy, squared (Hickernell 1998, doi:10.1090/S0025-5718-98-00894-1, equation 5.1c).
    fn discrepancy(points: &[Vec<f64>]) -> f64 {
        let count = points.len() as f64;
        let away = |x: f64| (x - 0.5).abs();
        let single = |point: &Vec<f64>| -> f64 {
            point
                .iter()
                .map(|x| 1.0 + 0.5 * away(*x) - 0.5 * away(*x).powi(2))
                .product()
        };
        let pair = |a: &Vec<f64>, b: &Vec<f64>| -> f64 {
            let terms = a.iter().zip(b);
            terms
                .map(|(x, y)| 1.0 + 0.5 * (away(*x) + away(*y) - (x - y).abs()))
                .product()
        };
        let singles: f64 = points.iter().map(single).sum();
        let pairs: f64 = points
            .iter()
            .flat_map(|a| points.iter().map(move |b| pair(a, b)))
            .sum();
        (13.0_f64 / 12.0).powi(points[0].len() as i32) - 2.0 / count * singles
            + pairs / count.powi(2)
    }

    #[test]
    fn points_are_spread_far_more_evenly_than_random_ones() {
        for seed in 0..10 {
            let sobol = discrepancy(&points(128, 5, seed));
            let mut generator = crate::draws::generator(seed, 0);
            let random: Vec<Vec<f64>> = (0..128)
                .map(|_| (0..5).map(|_| crate::draws::unit(&mut generator)).collect())
                .collect();
            let random = discrepancy(&random);
            assert!(
                sobol < random / 4.0,
                "seed {seed}: {sobol} against {random}"
            );
        }
    }

    #[test]
    fn each_coordinate_of_a_point_is_uniform_over_seeds() {
        for index in [0, 1, 5] {
            let over_seeds: Vec<Vec<f64>> = (0..4000)
                .map(|seed| Sequence::new(3, seed).point(index))
                .collect();
            for dimension in 0..3 {
                let histogram = histogram(&over_seeds, dimension, 10);
                // Chi-squared with 9 degrees of freedom exceeds 33.7 once in ten thousand.
                let chi: f64 = histogram
                    .iter()
                    .map(|n| (*n as f64 - 400.0).powi(2) / 400.0)
                    .sum();
                assert!(chi < 33.7, "{histogram:?}");
            }
        }
    }

    #[test]
    fn the_seed_changes_the_points() {
        assert_ne!(points(4, 3, 1), points(4, 3, 2));
        assert_eq!(points(4, 3, 1), points(4, 3, 1));
    }

    #[test]
    fn more_dimensions_than_the_table_has_are_random() {
        let points = points(64, 1100, 1);
        assert!(points.iter().flatten().all(|x| (0.0..1.0).contains(x)));
        let cells = histogram(&points, 1099, 4);
        assert!(
            cells.iter().all(|count| (4..32).contains(count)),
            "{cells:?}"
        );
        assert_ne!(points[0][1098], points[0][1099]);
    }
}
