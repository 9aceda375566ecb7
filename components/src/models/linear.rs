//! Linear models by linfa: logistic regression (softmax of linear scores) and the elastic net.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_elasticnet::ElasticNet;
use linfa_logistic::{LogisticRegression, MultiLogisticRegression};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::{failed, softmax};
use crate::error::ComponentError;
use crate::inputs::Inputs;

/// Where the gradient, or the change of a coefficient, counts as zero.
const TOLERANCE: f64 = 1e-4;
const LOGISTIC_ITERATIONS: usize = 100;
const ELASTIC_ITERATIONS: usize = 1000;

/// Beyond this the solver's line search can run for ever.
const GREATEST_FEATURE: f64 = 1e6;

const LOGISTIC_HELP: &str =
    "scale the features (`scale: standard` in `preprocess`), or give a smaller `C`";

/// A linear score per output; of classes, their softmax is taken.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Linear {
    /// `coefficients[output][feature]`
    coefficients: Vec<Vec<f64>>,
    intercepts: Vec<f64>,
    softmax: bool,
}

pub(super) fn logistic(
    inputs: &Inputs,
    x: &Array2<f64>,
    labels: &[usize],
    classes: usize,
) -> Result<Linear, ComponentError> {
    if x.iter().any(|number| number.abs() > GREATEST_FEATURE) {
        return Err(failed(
            "logistic_regression",
            "the features are too large",
            LOGISTIC_HELP,
        ));
    }
    let data = DatasetBase::new(x.view(), Array1::from(labels.to_vec()));
    // linfa adds alpha/2·|w|² to the sum of the losses, scikit-learn multiplies the sum by C.
    let alpha = 1.0 / inputs.float("C");
    let iterations = inputs
        .int_if_given("max_iter")
        .unwrap_or(LOGISTIC_ITERATIONS) as u64;
    let tolerance = inputs.float_if_given("tol").unwrap_or(TOLERANCE);
    let intercept = inputs.bool("fit_intercept");
    let explain = |error| failed("logistic_regression", error, LOGISTIC_HELP);
    let linear = if classes == 2 {
        let solver = LogisticRegression::default()
            .alpha(alpha)
            .max_iterations(iterations)
            .gradient_tolerance(tolerance)
            .with_intercept(intercept);
        let fitted = solver.fit(&data).map_err(explain)?;
        // linfa takes the larger class for the positive one; here it is always the second.
        let sign = if fitted.labels().pos.class == 1 {
            1.0
        } else {
            -1.0
        };
        Linear {
            coefficients: vec![vec![0.0; x.ncols()], (fitted.params() * sign).to_vec()],
            intercepts: vec![0.0, fitted.intercept() * sign],
            softmax: true,
        }
    } else {
        let solver = MultiLogisticRegression::default()
            .alpha(alpha)
            .max_iterations(iterations)
            .gradient_tolerance(tolerance)
            .with_intercept(intercept);
        let fitted = solver.fit(&data).map_err(explain)?;
        let by_class = fitted.params().columns().into_iter();
        Linear {
            coefficients: by_class.map(|column| column.to_vec()).collect(),
            intercepts: fitted.intercept().to_vec(),
            softmax: true,
        }
    };
    linear.finite("logistic_regression", LOGISTIC_HELP)
}

pub(super) fn elastic_net(
    inputs: &Inputs,
    x: &Array2<f64>,
    target: &[f64],
) -> Result<Linear, ComponentError> {
    const HELP: &str = "scale the features (`scale: standard` in `preprocess`)";
    let data = DatasetBase::new(x.view(), Array1::from(target.to_vec()));
    let iterations = inputs
        .int_if_given("max_iter")
        .unwrap_or(ELASTIC_ITERATIONS);
    let fitted = ElasticNet::params()
        .penalty(inputs.float("alpha"))
        .l1_ratio(inputs.float("l1_ratio"))
        .with_intercept(inputs.bool("fit_intercept"))
        .max_iterations(iterations as u32)
        .tolerance(inputs.float_if_given("tol").unwrap_or(TOLERANCE))
        .fit(&data)
        .map_err(|error| failed("elastic_net", error, HELP))?;
    let linear = Linear {
        coefficients: vec![fitted.hyperplane().to_vec()],
        intercepts: vec![fitted.intercept()],
        softmax: false,
    };
    linear.finite("elastic_net", HELP)
}

impl Linear {
    /// Refuses what a solver that diverged leaves behind.
    fn finite(self, model: &str, help: &str) -> Result<Self, ComponentError> {
        let mut numbers = self.coefficients.iter().flatten().chain(&self.intercepts);
        if numbers.all(|number| number.is_finite()) {
            Ok(self)
        } else {
            Err(failed(model, "the coefficients are not finite", help))
        }
    }

    pub(super) fn predict(&self, x: &Array2<f64>) -> Array2<f64> {
        let mut scores = Array2::zeros((x.nrows(), self.intercepts.len()));
        for (mut scores, row) in scores.outer_iter_mut().zip(x.outer_iter()) {
            for (output, score) in scores.iter_mut().enumerate() {
                let weights = self.coefficients[output].iter();
                let weighted = weights.zip(row).map(|(weight, feature)| weight * feature);
                *score = self.intercepts[output] + weighted.sum::<f64>();
            }
            if self.softmax {
                softmax(scores);
            }
        }
        scores
    }

    pub(super) fn is_sound(&self, features: usize, outputs: usize) -> bool {
        self.intercepts.len() == outputs
            && self.coefficients.len() == outputs
            && self
                .coefficients
                .iter()
                .all(|weights| weights.len() == features)
    }
}
