//! Scaling of numeric features with figures from the training part. A constant feature is only shifted.

use ndarray::{Array2, ArrayView1};

/// The words that `scale:` accepts.
pub(super) const SCALES: &[&str] = &["none", "standard", "min_max"];

/// For every feature what to subtract and what to divide by.
pub(super) struct Scaler {
    shift_and_width: Vec<(f64, f64)>,
}

impl Scaler {
    /// `numeric` says which columns to scale; the others are left alone.
    pub(super) fn fit(scale: &str, train: &Array2<f64>, numeric: &[bool]) -> Self {
        let columns = train.columns().into_iter().zip(numeric);
        let shift_and_width = columns
            .map(|(column, numeric)| match (scale, numeric) {
                ("standard", true) => standard(column),
                ("min_max", true) => min_max(column),
                _ => (0.0, 1.0),
            })
            .map(|(shift, width)| (shift, if width > 0.0 { width } else { 1.0 }))
            .collect();
        Self { shift_and_width }
    }

    pub(super) fn transform(&self, x: &mut Array2<f64>) {
        for (mut column, &(shift, width)) in x.columns_mut().into_iter().zip(&self.shift_and_width)
        {
            column.mapv_inplace(|number| (number - shift) / width);
        }
    }
}

/// Mean and population deviation.
fn standard(column: ArrayView1<f64>) -> (f64, f64) {
    let count = column.len() as f64;
    let mean = column.sum() / count;
    let squares: f64 = column.iter().map(|x| (x - mean) * (x - mean)).sum();
    (mean, (squares / count).sqrt())
}

/// Minimum and range.
fn min_max(column: ArrayView1<f64>) -> (f64, f64) {
    let min = column.iter().copied().fold(f64::INFINITY, f64::min);
    let max = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (min, max - min)
}
