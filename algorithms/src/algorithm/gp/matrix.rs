//! A symmetric positive definite matrix and its Cholesky factor, row by row: a row that is appended has the same bits as if
//! the whole had been factored at once, and the same on every machine.

use super::sums::dot;

/// A lower triangular matrix, whose rows are stored one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Lower {
    rows: Vec<f64>,
    size: usize,
}

impl Lower {
    /// An empty matrix with room for so many rows.
    pub fn with_capacity(size: usize) -> Self {
        Self {
            rows: Vec::with_capacity(start(size)),
            size: 0,
        }
    }

    /// A row up to its element on the diagonal.
    pub fn row(&self, index: usize) -> &[f64] {
        &self.rows[start(index)..start(index + 1)]
    }

    fn row_mut(&mut self, index: usize) -> &mut [f64] {
        &mut self.rows[start(index)..start(index + 1)]
    }

    /// Takes this as the factor of a matrix and appends the row that makes it that of one with one row more. `covariances` are
    /// those with all rows before, and last the new one's own. Whether there is such a row: not when it is a combination of
    /// those before, up to the share `least` of its own variance.
    pub fn append(&mut self, mut covariances: Vec<f64>, least: f64) -> bool {
        let own = covariances.pop().unwrap_or_default();
        self.solve(&mut covariances);
        let rest = own - dot(&covariances, &covariances);
        if rest.is_nan() || rest <= least * own {
            return false;
        }
        self.rows.extend(covariances);
        self.rows.push(rest.sqrt());
        self.size += 1;
        true
    }

    /// Solves L x = b in place; b may be shorter than the matrix, which is then cut off.
    pub fn solve(&self, b: &mut [f64]) {
        for index in 0..b.len() {
            let row = self.row(index);
            b[index] = (b[index] - dot(&b[..index], row)) / row[index];
        }
    }

    /// Solves Lᵀ x = b in place.
    pub fn solve_transposed(&self, b: &mut [f64]) {
        for index in (0..b.len()).rev() {
            let row = self.row(index);
            b[index] /= row[index];
            let solved = b[index];
            for (value, factor) in b[..index].iter_mut().zip(row) {
                *value -= factor * solved;
            }
        }
    }

    /// The logarithm of the determinant of the matrix whose factor this is, halved.
    pub fn half_log_determinant(&self) -> f64 {
        let diagonal = (0..self.size).map(|index| self.row(index)[index]);
        diagonal.map(libm::log).sum()
    }

    /// The lower half of the inverse of the matrix whose factor this is.
    pub fn inverse_of_product(&self) -> Self {
        let inverse = self.inverse_transposed();
        let mut product = Self {
            rows: vec![0.0; self.rows.len()],
            size: self.size,
        };
        // Row i of L⁻ᵀ is stored from its diagonal on.
        for i in 0..self.size {
            let row = product.row_mut(i);
            for (j, value) in row.iter_mut().enumerate() {
                *value = dot(&inverse[i], &inverse[j][i - j..]);
            }
        }
        product
    }

    /// The columns of L⁻¹, each from its diagonal on.
    fn inverse_transposed(&self) -> Vec<Vec<f64>> {
        (0..self.size)
            .map(|column| {
                let mut values = Vec::with_capacity(self.size - column);
                values.push(1.0 / self.row(column)[column]);
                for index in column + 1..self.size {
                    let row = self.row(index);
                    values.push(-dot(&values, &row[column..]) / row[index]);
                }
                values
            })
            .collect()
    }
}

/// Where a row begins.
fn start(row: usize) -> usize {
    row * (row + 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of a positive definite matrix.
    fn rows(size: usize) -> Vec<Vec<f64>> {
        let entry = |i: usize, j: usize| 1.0 / (1.0 + (i as f64 - j as f64).abs());
        (0..size)
            .map(|i| (0..=i).map(|j| entry(i, j) + f64::from(i == j)).collect())
            .collect()
    }

    fn factor(size: usize) -> Lower {
        let mut factor = Lower::with_capacity(size);
        for row in rows(size) {
            assert!(factor.append(row, 1e-12));
        }
        factor
    }

    #[test]
    fn the_factor_times_itself_is_the_matrix() {
        let factor = factor(21);
        for (i, row) in rows(21).iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                let product = dot(&factor.row(i)[..=j], factor.row(j));
                assert!((product - value).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn solving_undoes_multiplying() {
        let factor = factor(19);
        let mut solved = vec![1.0; 19];
        factor.solve(&mut solved);
        for (i, row) in (0..19).map(|i| (i, factor.row(i))) {
            assert!((dot(row, &solved[..=i]) - 1.0).abs() < 1e-12);
        }
        let mut solved = vec![1.0; 19];
        factor.solve_transposed(&mut solved);
        for column in 0..19 {
            let product: f64 = (column..19)
                .map(|i| factor.row(i)[column] * solved[i])
                .sum();
            assert!((product - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_inverse_times_the_matrix_is_one() {
        let size = 17;
        let (matrix, inverse) = (rows(size), factor(size).inverse_of_product());
        let entry = |i: usize, j: usize| matrix[i.max(j)][i.min(j)];
        let inverse = |i: usize, j: usize| inverse.row(i.max(j))[i.min(j)];
        for i in 0..size {
            for j in 0..size {
                let product: f64 = (0..size).map(|k| entry(i, k) * inverse(k, j)).sum();
                assert!((product - f64::from(i == j)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_row_that_is_a_combination_of_others_is_refused() {
        let mut factor = Lower::with_capacity(2);
        assert!(factor.append(vec![1.0], 1e-12));
        assert!(!factor.append(vec![1.0, 1.0], 1e-12));
        assert!(!factor.append(vec![f64::NAN, 1.0], 1e-12));
        assert_eq!(factor.size, 1);
    }
}
