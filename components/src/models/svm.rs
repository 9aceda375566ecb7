//! Support vector machines by linfa: one per class against the rest (a single one for two classes).
//!
//! Probabilities come from Platt's scaling of the decision values (Platt 1999), fitted on the training rows, and are
//! made to add up to 1.

use linfa::composing::platt_scaling::{PlattParams, platt_newton_method};
use linfa::traits::Fit;
use linfa::{DatasetBase, ParamGuard};
use linfa_svm::Svm as LinfaSvm;
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::{failed, normalise_rows};
use crate::error::ComponentError;
use crate::inputs::Inputs;

/// Where a violation of optimality counts as none.
const TOLERANCE: f64 = 1e-3;

/// The kernel matrix has rows² cells of 8 bytes: 3 GB at this limit.
const MOST_ROWS: usize = 20_000;

/// Beyond this the solver's gradients lose their digits, and it goes on for millions of iterations.
const GREATEST_KERNEL: f64 = 1e12;

const HELP: &str = "scale the features (`scale: standard` in `preprocess`), or give a smaller `C`";

/// One machine for two classes, else one per class.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Svm {
    kernel: Kernel,
    machines: Vec<Machine>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kernel {
    Linear,
    Rbf { gamma: f64 },
    Poly { gamma: f64, coef0: f64, degree: u8 },
}

/// Tells one class from the rest: Σ weight · kernel(vector, row) − offset, then a logistic curve.
#[derive(Debug, Serialize, Deserialize)]
struct Machine {
    vectors: Vec<Vec<f64>>,
    weights: Vec<f64>,
    offset: f64,
    /// (A, B) of the probability 1 / (1 + exp(A·value + B))
    platt: (f64, f64),
}

impl Kernel {
    fn read(inputs: &Inputs, x: &Array2<f64>) -> Result<Self, ComponentError> {
        let name = inputs.text("kernel");
        let unused: &[&str] = match name.as_str() {
            "linear" => &["gamma", "degree", "coef0"],
            "rbf" => &["degree", "coef0"],
            _ => &[],
        };
        if let Some(other) = unused.iter().find(|key| inputs.is_given(key)) {
            return Err(ComponentError::unfit(
                format!("input `{other}` is not one of kernel `{name}`"),
                "where the kernel varies, give the parameter a condition on it with `when:`",
            ));
        }
        let gamma = inputs.float_if_given("gamma").unwrap_or_else(|| {
            let variance = x.var(0.0);
            if variance > 0.0 {
                1.0 / (x.ncols() as f64 * variance)
            } else {
                1.0
            }
        });
        Ok(match name.as_str() {
            "linear" => Self::Linear,
            "rbf" => Self::Rbf { gamma },
            _ => Self::Poly {
                gamma,
                coef0: inputs.float("coef0"),
                degree: inputs.int("degree") as u8,
            },
        })
    }

    fn of(self, a: &[f64], b: ArrayView1<f64>) -> f64 {
        let pairs = || a.iter().zip(b);
        let product = || pairs().map(|(a, b)| a * b).sum::<f64>();
        match self {
            Self::Linear => product(),
            Self::Rbf { gamma } => {
                let squared: f64 = pairs().map(|(a, b)| (a - b) * (a - b)).sum();
                (-gamma * squared).exp()
            }
            Self::Poly {
                gamma,
                coef0,
                degree,
            } => (gamma * product() + coef0).powi(i32::from(degree)),
        }
    }

    /// What to multiply all features by so that linfa's kernels, which have no gamma, give the same.
    fn stretch(self) -> f64 {
        match self {
            Self::Linear => 1.0,
            Self::Rbf { gamma } | Self::Poly { gamma, .. } => gamma.sqrt(),
        }
    }
}

pub(super) fn fit(
    inputs: &Inputs,
    x: &Array2<f64>,
    labels: &[usize],
    classes: usize,
) -> Result<Svm, ComponentError> {
    if x.nrows() > MOST_ROWS {
        return Err(ComponentError::unfit(
            format!("svm cannot be trained on {} rows", x.nrows()),
            format!(
                "its memory grows with the square of the rows; take at most {MOST_ROWS}, or another model"
            ),
        ));
    }
    let kernel = Kernel::read(inputs, x)?;
    let usable = |row: ArrayView1<f64>| kernel.of(&row.to_vec(), row) <= GREATEST_KERNEL;
    if !x.outer_iter().all(usable) {
        return Err(failed(
            "svm",
            "the features are too large for this kernel",
            HELP,
        ));
    }
    let positive = if classes == 2 { 1..2 } else { 0..classes };
    let machines = positive
        .map(|class| {
            let is_class: Array1<bool> = labels.iter().map(|&label| label == class).collect();
            fit_machine(inputs, kernel, x, &is_class)
        })
        .collect::<Result<_, _>>()?;
    Ok(Svm { kernel, machines })
}

fn fit_machine(
    inputs: &Inputs,
    kernel: Kernel,
    x: &Array2<f64>,
    is_class: &Array1<bool>,
) -> Result<Machine, ComponentError> {
    let cost = inputs.float("C");
    let solver = LinfaSvm::<f64, bool>::params()
        .pos_neg_weights(cost, cost)
        .eps(inputs.float_if_given("tol").unwrap_or(TOLERANCE));
    let solver = match kernel {
        Kernel::Linear => solver.linear_kernel(),
        Kernel::Rbf { .. } => solver.gaussian_kernel(1.0),
        Kernel::Poly { coef0, degree, .. } => solver.polynomial_kernel(coef0, f64::from(degree)),
    };
    let data = DatasetBase::new(x * kernel.stretch(), is_class.clone());
    let fitted = solver
        .fit(&data)
        .map_err(|error| failed("svm", error, HELP))?;
    let mut machine = Machine {
        vectors: Vec::new(),
        weights: Vec::new(),
        offset: fitted.rho,
        platt: (0.0, 0.0),
    };
    for (row, &weight) in x.outer_iter().zip(&fitted.alpha) {
        if weight != 0.0 {
            machine.vectors.push(row.to_vec());
            machine.weights.push(weight);
        }
    }
    machine.calibrate(kernel, x, is_class)?;
    Ok(machine)
}

impl Machine {
    fn value(&self, kernel: Kernel, row: ArrayView1<f64>) -> f64 {
        let terms = self.weights.iter().zip(&self.vectors);
        let sum: f64 = terms
            .map(|(weight, vector)| weight * kernel.of(vector, row))
            .sum();
        sum - self.offset
    }

    fn calibrate(
        &mut self,
        kernel: Kernel,
        x: &Array2<f64>,
        is_class: &Array1<bool>,
    ) -> Result<(), ComponentError> {
        let values: Array1<f64> = x.outer_iter().map(|row| self.value(kernel, row)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(failed("svm", "a decision value is not finite", HELP));
        }
        let parameters = PlattParams::<f64, ()>::default()
            .check()
            .map_err(|error| failed("svm", error, HELP))?;
        self.platt = platt_newton_method(values.view(), is_class.view(), &parameters)
            .map_err(|error| failed("svm", error, HELP))?;
        Ok(())
    }

    fn probability(&self, kernel: Kernel, row: ArrayView1<f64>) -> f64 {
        let (a, b) = self.platt;
        1.0 / (1.0 + (a * self.value(kernel, row) + b).exp())
    }
}

impl Svm {
    pub(super) fn predict(&self, x: &Array2<f64>) -> Array2<f64> {
        let single = self.machines.len() == 1;
        let classes = if single { 2 } else { self.machines.len() };
        let mut probabilities = Array2::zeros((x.nrows(), classes));
        for (mut probabilities, row) in probabilities.outer_iter_mut().zip(x.outer_iter()) {
            if single {
                let positive = self.machines[0].probability(self.kernel, row);
                probabilities[0] = 1.0 - positive;
                probabilities[1] = positive;
                continue;
            }
            for (probability, machine) in probabilities.iter_mut().zip(&self.machines) {
                *probability = machine.probability(self.kernel, row);
            }
        }
        normalise_rows(&mut probabilities);
        probabilities
    }

    pub(super) fn is_sound(&self, features: usize, outputs: usize) -> bool {
        let machines = if outputs == 2 { 1 } else { outputs };
        let sound = |machine: &Machine| {
            machine.weights.len() == machine.vectors.len()
                && machine
                    .vectors
                    .iter()
                    .all(|vector| vector.len() == features)
        };
        self.machines.len() == machines && self.machines.iter().all(sound)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::inputs::Inputs;
    use crate::models::HYPERPARAMETERS;

    /// Decision values on the last two species of iris, rows 60, 70 and 120 of the whole.
    fn values(with: &serde_json::Value) -> Vec<f64> {
        let table = crate::datasets::load("iris").unwrap();
        let numbers = |row: &csv::StringRecord| (0..4).map(|c| row[c].parse().unwrap()).collect();
        let cells: Vec<Vec<f64>> = table.rows[50..].iter().map(numbers).collect();
        let x = Array2::from_shape_vec((100, 4), cells.concat()).unwrap();
        let labels: Vec<usize> = (0..100).map(|row| row / 50).collect();
        let inputs = Inputs::read(HYPERPARAMETERS, with.as_object().unwrap()).unwrap();
        let svm = fit(&inputs, &x, &labels, 2).unwrap();
        let value = |row: usize| svm.machines[0].value(svm.kernel, x.row(row - 50));
        [60, 70, 120].map(value).to_vec()
    }

    fn assert_near(found: &[f64], expected: [f64; 3]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found}, not {expected}");
        }
    }

    /// scikit-learn 1.9.1: `SVC(kernel="poly", gamma=0.1, coef0=1.0, degree=2, C=2.0, tol=1e-8).decision_function`.
    #[test]
    fn the_polynomial_kernel_is_that_of_scikit_learn() {
        let with = json!({ "kernel": "poly", "gamma": 0.1, "coef0": 1.0, "degree": 2, "C": 2.0, "tol": 1e-8 });
        let expected = [-2.6323290723961756, 0.047929569032574726, 3.312473199712982];
        assert_near(&values(&with), expected);
    }

    /// scikit-learn 1.9.1: `SVC(kernel="rbf", C=1.0, tol=1e-8).decision_function`, with its `gamma="scale"`.
    #[test]
    fn the_radial_kernel_is_that_of_scikit_learn() {
        let expected = [
            -1.6202251293197327,
            -0.062326496312962346,
            1.5296349073672406,
        ];
        assert_near(&values(&json!({ "tol": 1e-8 })), expected);
    }
}
