//! Long sums, quickly and always in the same order: the same bits on every machine.

/// A sum over pairs in eight running sums: always in the same order.
pub(super) fn lanes(a: &[f64], b: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    let b = &b[..a.len()];
    let mut sums = [0.0; 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = a_chunks.remainder().iter().zip(b_chunks.remainder());
    let rest: f64 = rest.map(|(x, y)| term(*x, *y)).sum();
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..8 {
            sums[lane] += term(x[lane], y[lane]);
        }
    }
    let halves = [0, 1, 2, 3].map(|lane| sums[lane] + sums[lane + 4]);
    (halves[0] + halves[2]) + (halves[1] + halves[3]) + rest
}

/// The sum of products.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    lanes(a, b, |x, y| x * y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_out() {
        for count in [0, 1, 7, 8, 9, 31] {
            let numbers: Vec<f64> = (0..count).map(f64::from).collect();
            let squares: f64 = numbers.iter().map(|x| x * x).sum();
            assert_eq!(dot(&numbers, &numbers), squares);
        }
    }
}
