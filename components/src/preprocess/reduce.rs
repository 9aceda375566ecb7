//! Principal components of the training part, by linfa-reduction.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_reduction::Pca;
use ndarray::{Array1, Array2};

use crate::error::ComponentError;

/// A projection onto the directions of greatest variance.
pub(super) struct Reducer {
    mean: Array1<f64>,
    /// components × features
    components: Array2<f64>,
}

impl Reducer {
    pub(super) fn fit(train: &Array2<f64>, count: usize) -> Result<Self, ComponentError> {
        let most = train.ncols().min(train.nrows());
        if count > most {
            return Err(ComponentError::unfit(
                format!(
                    "`pca: {count}` is too many for {} features and {} training rows",
                    train.ncols(),
                    train.nrows()
                ),
                format!("give at most {most}"),
            ));
        }
        let data = DatasetBase::from(train.clone());
        let fitted = Pca::params(count).fit(&data).map_err(|error| {
            ComponentError::unfit(
                format!("the principal components could not be found: {error}"),
                "give a smaller `pca`, or `scale: standard`",
            )
        })?;
        Ok(Self {
            mean: fitted.mean().clone(),
            components: fitted.components().clone(),
        })
    }

    pub(super) fn names(&self) -> Vec<String> {
        let numbers = 1..=self.components.nrows();
        numbers.map(|number| format!("pc{number}")).collect()
    }

    pub(super) fn transform(&self, x: &Array2<f64>) -> Array2<f64> {
        (x - &self.mean).dot(&self.components.t())
    }
}
