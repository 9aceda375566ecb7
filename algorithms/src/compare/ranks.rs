//! Ranks of pooled values, equal ones sharing the mean of theirs.

/// Ranks from 1, in the order of the values given, and Σ(t³ − t) over groups of t equal values.
pub(super) struct Ranks {
    pub ranks: Vec<f64>,
    pub tie_term: f64,
}

impl Ranks {
    /// The values must be finite.
    pub fn new(values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        let mut ranks = vec![0.0; values.len()];
        let mut tie_term = 0.0;
        let mut before = 0;
        for tied in order.chunk_by(|a, b| values[*a] == values[*b]) {
            let count = tied.len() as f64;
            for index in tied {
                ranks[*index] = before as f64 + (count + 1.0) / 2.0;
            }
            tie_term += count.powi(3) - count;
            before += tied.len();
        }
        Self { ranks, tie_term }
    }

    /// Whether some values are equal.
    pub fn tied(&self) -> bool {
        self.tie_term > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_their_ranks() {
        let ranks = Ranks::new(&[3.0, 1.0, 3.0, -2.0, 3.0, 0.0, -0.0]);
        assert_eq!(ranks.ranks, [6.0, 4.0, 6.0, 1.0, 6.0, 2.5, 2.5]);
        assert_eq!(ranks.tie_term, 24.0 + 6.0);
    }
}
