//! Lower triangular factors of symmetric matrices. Sums in a fixed order and square roots only, so that every machine finds the same
//! bits: libraries of linear algebra choose their instructions by the processor.

/// A symmetric matrix or a lower triangle, row by row.
#[derive(Clone, Debug)]
pub(super) struct Square {
    size: usize,
    cells: Vec<f64>,
}

impl Square {
    pub fn identity(size: usize) -> Self {
        let mut cells = vec![0.0; size * size];
        cells
            .iter_mut()
            .step_by(size + 1)
            .for_each(|cell| *cell = 1.0);
        Self { size, cells }
    }

    pub fn diagonal(&self) -> impl Iterator<Item = f64> {
        self.cells.iter().step_by(self.size + 1).copied()
    }

    /// The first elements of a row, up to the diagonal.
    fn row(&self, row: usize) -> &[f64] {
        let start = row * self.size;
        &self.cells[start..=start + row]
    }

    /// Multiplies the lower triangle by a factor.
    pub fn scale(&mut self, factor: f64) {
        for row in 0..self.size {
            let start = row * self.size;
            let cells = &mut self.cells[start..=start + row];
            cells.iter_mut().for_each(|cell| *cell *= factor);
        }
    }

    /// Adds `weight` times the product of a vector with itself to the lower triangle.
    pub fn add_square(&mut self, weight: f64, vector: &[f64]) {
        for (row, left) in vector.iter().enumerate() {
            let start = row * self.size;
            let factor = weight * left;
            let cells = &mut self.cells[start..=start + row];
            for (cell, right) in cells.iter_mut().zip(vector) {
                *cell += factor * right;
            }
        }
    }

    /// The factor whose product with its transpose is this matrix; `None` when it is not positive definite.
    pub fn factor(&self) -> Option<Self> {
        let mut factor = Self {
            size: self.size,
            cells: vec![0.0; self.cells.len()],
        };
        for row in 0..self.size {
            for column in 0..=row {
                let rest = self.row(row)[column]
                    - dot(&factor.row(row)[..column], &factor.row(column)[..column]);
                factor.cells[row * self.size + column] = if row == column {
                    Some(rest)
                        .filter(|rest| *rest > 0.0 && rest.is_finite())?
                        .sqrt()
                } else {
                    rest / factor.row(column)[column]
                };
            }
        }
        Some(factor)
    }

    /// The product of a lower triangle with a vector.
    pub fn times(&self, vector: &[f64]) -> Vec<f64> {
        (0..self.size)
            .map(|row| dot(self.row(row), vector))
            .collect()
    }

    /// What a lower triangle must be multiplied with to give the vector.
    pub fn solve(&self, vector: &[f64]) -> Vec<f64> {
        let mut solution = Vec::with_capacity(self.size);
        for (row, value) in vector.iter().enumerate() {
            let cells = self.row(row);
            solution.push((value - dot(&cells[..row], &solution)) / cells[row]);
        }
        solution
    }
}

/// The sum of products, as far as the shorter of both goes.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_multiplies_back_and_solves() {
        let mut matrix = Square::identity(3);
        matrix.add_square(2.0, &[1.0, -2.0, 0.5]);
        matrix.scale(0.5);
        let factor = matrix.factor().unwrap();
        for (row, unit) in [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
            .iter()
            .enumerate()
        {
            assert!(
                factor
                    .solve(&factor.times(unit))
                    .iter()
                    .zip(unit)
                    .all(|(a, b)| (a - b).abs() < 1e-12)
            );
            for column in 0..=row {
                let product = dot(factor.row(row), factor.row(column));
                assert!((product - matrix.row(row)[column]).abs() < 1e-12);
            }
        }
        assert!(
            matrix
                .diagonal()
                .zip([1.5, 4.5, 0.75])
                .all(|(a, b)| (a - b).abs() < 1e-12)
        );
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor() {
        let mut matrix = Square::identity(2);
        matrix.add_square(-1.0, &[1.0, 0.0]);
        assert!(matrix.factor().is_none());
    }
}
