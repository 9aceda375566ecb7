//! Gaussian naive Bayes by linfa: features are taken for independent and normal within each class.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_bayes::GaussianNb;
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::{failed, softmax};
use crate::error::ComponentError;
use crate::inputs::Inputs;

/// One normal distribution per class and feature.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Bayes {
    classes: Vec<Class>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Class {
    /// Share of the training rows.
    prior: f64,
    means: Vec<f64>,
    variances: Vec<f64>,
}

/// What is used of linfa's serialised model, whose fields are private: class → figures, there in random order.
#[derive(Deserialize)]
struct Fitted {
    class_info: BTreeMap<usize, FittedClass>,
}

#[derive(Deserialize)]
struct FittedClass {
    prior: f64,
    theta: Array1<f64>,
    sigma: Array1<f64>,
}

pub(super) fn fit(
    inputs: &Inputs,
    x: &Array2<f64>,
    labels: &[usize],
) -> Result<Bayes, ComponentError> {
    const HELP: &str = "give a greater `var_smoothing`";
    let data = DatasetBase::new(x.view(), Array1::from(labels.to_vec()));
    let fitted = GaussianNb::<f64, usize>::params()
        .var_smoothing(inputs.float("var_smoothing"))
        .fit(&data)
        .map_err(|error| failed("naive_bayes", error, HELP))?;
    let copied = serde_json::to_value(&fitted).and_then(serde_json::from_value::<Fitted>);
    let copied = copied.map_err(|error| failed("naive_bayes", error, HELP))?;
    let classes = copied.class_info.into_values().map(|class| Class {
        prior: class.prior,
        means: class.theta.to_vec(),
        variances: class.sigma.to_vec(),
    });
    let bayes = Bayes {
        classes: classes.collect(),
    };
    let mut variances = bayes.classes.iter().flat_map(|class| &class.variances);
    if variances.any(|variance| !variance.is_finite() || *variance <= 0.0) {
        return Err(failed("naive_bayes", "a feature has no variance", HELP));
    }
    Ok(bayes)
}

impl Bayes {
    pub(super) fn predict(&self, x: &Array2<f64>) -> Array2<f64> {
        let mut probabilities = Array2::zeros((x.nrows(), self.classes.len()));
        for (mut probabilities, row) in probabilities.outer_iter_mut().zip(x.outer_iter()) {
            for (score, class) in probabilities.iter_mut().zip(&self.classes) {
                *score = class.log_likelihood(row);
            }
            softmax(probabilities);
        }
        probabilities
    }

    pub(super) fn is_sound(&self, features: usize, outputs: usize) -> bool {
        let sound = |class: &Class| {
            class.means.len() == features
                && class.variances.len() == features
                && class.variances.iter().all(|variance| *variance > 0.0)
        };
        self.classes.len() == outputs && self.classes.iter().all(sound)
    }
}

impl Class {
    /// ln of the prior times the densities of all features.
    fn log_likelihood(&self, row: ArrayView1<f64>) -> f64 {
        let figures = self.means.iter().zip(&self.variances);
        let densities = row.iter().zip(figures).map(|(x, (mean, variance))| {
            -0.5 * ((TAU * variance).ln() + (x - mean) * (x - mean) / variance)
        });
        self.prior.ln() + densities.sum::<f64>()
    }
}
