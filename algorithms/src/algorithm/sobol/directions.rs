//! Direction numbers of the Sobol sequence, expanded from the table of Joe & Kuo (2008), doi:10.1137/070709359.
//! Its licence is beside it.

/// Bits of a coordinate, and thus points of the sequence: 2³².
pub(super) const BITS: u32 = 32;

/// One line for each dimension from the second on: degree s, inner coefficients a, initial numbers m₁ … mₛ.
const TABLE: &str = include_str!("joe_kuo.txt");

/// For each dimension the numbers v₁ … v₃₂, scaled by 2³².
pub(super) struct Directions(Vec<[u32; BITS as usize]>);

impl Directions {
    /// For the first so many dimensions, as far as the table goes.
    pub fn new(dimensions: usize) -> Self {
        let first = std::array::from_fn(|bit| 1 << (31 - bit));
        let rest = TABLE.lines().map(|line| {
            let numbers: Vec<u32> = line
                .split(' ')
                .filter_map(|word| word.parse().ok())
                .collect();
            expand(numbers[1], &numbers[2..])
        });
        Self(
            std::iter::once(first)
                .chain(rest)
                .take(dimensions)
                .collect(),
        )
    }

    /// The coordinate of the point with this index, times 2³², before scrambling: the exclusive or of the direction
    /// numbers that the bits of the index select. `None` for a dimension that is not in the table.
    pub fn integer(&self, dimension: usize, index: u64) -> Option<u32> {
        let directions = self.0.get(dimension)?;
        let selected = directions
            .iter()
            .enumerate()
            .filter(|(bit, _)| index >> bit & 1 == 1);
        Some(selected.fold(0, |sum, (_, direction)| sum ^ direction))
    }
}

/// The recurrence of Bratley & Fox (1988), doi:10.1145/42288.214372, equation 2, on numbers scaled by 2³².
fn expand(coefficients: u32, initial: &[u32]) -> [u32; BITS as usize] {
    let degree = initial.len();
    let mut directions = [0; BITS as usize];
    for bit in 0..BITS as usize {
        directions[bit] = if bit < degree {
            initial[bit] << (31 - bit)
        } else {
            let tail = directions[bit - degree] ^ (directions[bit - degree] >> degree);
            let inner = (1..degree).filter(|k| coefficients >> (degree - 1 - k) & 1 == 1);
            inner.fold(tail, |sum, k| sum ^ directions[bit - k])
        };
    }
    directions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_1024_dimensions() {
        assert_eq!(Directions::new(5000).0.len(), 1024);
    }

    /// Reference: `scipy.stats.qmc.Sobol(d=1024, bits=32, scramble=False)` of SciPy 1.17, which uses the same numbers; its
    /// k-th point is ours with the index k ^ (k >> 1) (it counts in Gray code).
    #[test]
    fn unscrambled_points_are_those_of_scipy() {
        let directions = Directions::new(1024);
        let gray = |k: u64| k ^ (k >> 1);
        for (k, dimension, expected) in REFERENCE {
            assert_eq!(
                directions.integer(dimension, gray(k)),
                Some(expected),
                "point {k}, {dimension}"
            );
        }
    }

    const REFERENCE: [(u64, usize, u32); 9] = [
        (1, 0, 2147483648),
        (7, 1, 2684354560),
        (100, 2, 3321888768),
        (100, 9, 2986344448),
        (777, 50, 356515840),
        (1000, 299, 1723858944),
        (1023, 767, 1740636160),
        (512, 1023, 2101346304),
        (999, 1023, 113246208),
    ];
}
