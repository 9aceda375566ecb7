//! Gradient boosting by forust: squared loss for regression, logistic loss for two classes, and for more classes one
//! booster per class against the rest, whose probabilities are made to add up to 1.

use forust_ml::Matrix;
use forust_ml::gradientbooster::GradientBooster;
use forust_ml::objective::ObjectiveType;
use forust_ml::sampler::SampleMethod;
use forust_ml::tree::Tree as GrownTree;
use ndarray::{Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::tree::{Node, Tree};
use super::{failed, normalise_rows};
use crate::data::{Data, Target};
use crate::error::ComponentError;
use crate::inputs::Inputs;

/// Depth of a tree unless given.
const MAX_DEPTH: usize = 6;

/// One booster for a number or for two classes, else one per class.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Boosting {
    loss: Loss,
    boosters: Vec<Booster>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Loss {
    Squared,
    Logistic,
}

/// A constant and trees whose outputs are added to it.
#[derive(Debug, Serialize, Deserialize)]
struct Booster {
    start: f64,
    trees: Vec<Tree>,
}

pub(super) fn fit(inputs: &Inputs, data: &Data, seed: u64) -> Result<Boosting, ComponentError> {
    let (loss, targets) = match &data.target {
        Target::Numbers(target) => (Loss::Squared, vec![target.clone()]),
        Target::Classes { labels, classes } => {
            let against_rest = |class: usize| -> Vec<f64> {
                labels
                    .iter()
                    .map(|&label| f64::from(u8::from(label == class)))
                    .collect()
            };
            let positive = if classes.len() == 2 {
                1..2
            } else {
                0..classes.len()
            };
            (Loss::Logistic, positive.map(against_rest).collect())
        }
    };
    let boosters = targets
        .iter()
        .map(|target| boost(inputs, &data.x, target, loss, seed))
        .collect::<Result<_, _>>()?;
    Ok(Boosting { loss, boosters })
}

fn boost(
    inputs: &Inputs,
    x: &Array2<f64>,
    target: &[f64],
    loss: Loss,
    seed: u64,
) -> Result<Booster, ComponentError> {
    let by_column: Vec<f64> = x.t().iter().copied().collect();
    let matrix = Matrix::new(&by_column, x.nrows(), x.ncols());
    let mut booster = configure(inputs, loss, x.ncols(), seed);
    booster
        .fit_unweighted(&matrix, target, None)
        .map_err(|error| {
            failed(
                "gradient_boosting",
                error,
                "check the data and the hyperparameters",
            )
        })?;
    let mut nodes = booster.trees.iter().flat_map(|tree| &tree.nodes);
    if nodes.any(|node| !node.weight_value.is_finite()) {
        return Err(failed(
            "gradient_boosting",
            "a leaf is not finite",
            "the target's numbers are too large for single precision: scale them down",
        ));
    }
    Ok(Booster {
        start: booster.base_score,
        trees: booster.trees.iter().map(copy_tree).collect(),
    })
}

fn configure(inputs: &Inputs, loss: Loss, features: usize, seed: u64) -> GradientBooster {
    let objective = match loss {
        Loss::Squared => ObjectiveType::SquaredLoss,
        Loss::Logistic => ObjectiveType::LogLoss,
    };
    let subsample = inputs.float("subsample") as f32;
    let method = match subsample < 1.0 {
        true => SampleMethod::Random,
        false => SampleMethod::None,
    };
    // forust rounds the number of features down, possibly to none; the margin makes the least share one whole feature.
    let one_feature = 1.0 / features as f64 * (1.0 + 1e-9);
    let colsample = inputs.float("colsample_bytree").max(one_feature).min(1.0);
    let max_leaves = inputs.int_if_given("max_leaf_nodes");
    GradientBooster::default()
        .set_objective_type(objective)
        .set_iterations(inputs.int("n_estimators"))
        .set_learning_rate(inputs.float("learning_rate") as f32)
        .set_max_depth(inputs.int_if_given("max_depth").unwrap_or(MAX_DEPTH))
        .set_max_leaves(max_leaves.unwrap_or(usize::MAX))
        .set_min_leaf_weight(inputs.float("min_child_weight") as f32)
        .set_gamma(inputs.float("min_split_loss") as f32)
        .set_l1(inputs.float("reg_alpha") as f32)
        .set_l2(inputs.float("reg_lambda") as f32)
        .set_sample_method(method)
        .set_subsample(subsample)
        .set_colsample_bytree(colsample)
        .set_nbins(inputs.int("max_bins") as u16)
        .set_initialize_base_score(true)
        .set_seed(seed)
        .set_parallel(false)
}

/// forust sends a row left if it is less than the threshold, our trees if it is at most the threshold: the greatest
/// number below forust's threshold says the same.
fn copy_tree(tree: &GrownTree) -> Tree {
    let nodes = tree.nodes.iter().map(|node| {
        if node.is_leaf {
            Node::Leaf(vec![f64::from(node.weight_value)])
        } else {
            let threshold = node.split_value.next_down();
            Node::Split(
                node.split_feature,
                threshold,
                node.left_child,
                node.right_child,
            )
        }
    });
    Tree {
        nodes: nodes.collect(),
    }
}

impl Boosting {
    pub(super) fn predict(&self, x: &Array2<f64>) -> Array2<f64> {
        let shape = (x.nrows(), self.boosters.len());
        let mut outputs = Array2::zeros(shape);
        for (mut outputs, row) in outputs.outer_iter_mut().zip(x.outer_iter()) {
            for (output, booster) in outputs.iter_mut().zip(&self.boosters) {
                *output = booster.output(row);
            }
        }
        if self.loss == Loss::Squared {
            return outputs;
        }
        let logistic = outputs.mapv(|margin| 1.0 / (1.0 + (-margin).exp()));
        if self.boosters.len() == 1 {
            let positive = logistic.column(0);
            return ndarray::stack![ndarray::Axis(1), positive.mapv(|p| 1.0 - p), positive];
        }
        let mut probabilities = logistic;
        normalise_rows(&mut probabilities);
        probabilities
    }

    pub(super) fn is_sound(&self, features: usize, outputs: usize) -> bool {
        let boosters = match self.loss {
            Loss::Squared => 1,
            Loss::Logistic if outputs == 2 => 1,
            Loss::Logistic => outputs,
        };
        let sound = |booster: &Booster| booster.trees.iter().all(|t| t.is_sound(features, 1));
        self.boosters.len() == boosters && self.boosters.iter().all(sound)
    }
}

impl Booster {
    fn output(&self, row: ArrayView1<f64>) -> f64 {
        let outputs = self.trees.iter().map(|tree| tree.outputs(row)[0]);
        self.start + outputs.sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::inputs::Inputs;
    use crate::models::HYPERPARAMETERS;

    /// Values that equal a threshold must go the same way in the copy.
    #[test]
    fn the_copied_trees_predict_what_forust_predicts() {
        let table = crate::datasets::load("winequality").unwrap();
        let numbers = |row: &csv::StringRecord| (0..12).map(|c| row[c].parse().unwrap()).collect();
        let cells: Vec<Vec<f64>> = table.rows.iter().map(numbers).collect();
        let all = Array2::from_shape_vec((1599, 12), cells.concat()).unwrap();
        let x = all
            .slice_axis(ndarray::Axis(1), ndarray::Slice::from(..11))
            .to_owned();
        let target = all.column(11).to_vec();
        let with = json!({ "n_estimators": 20 });
        let inputs = Inputs::read(HYPERPARAMETERS, with.as_object().unwrap()).unwrap();

        let copy = boost(&inputs, &x, &target, Loss::Squared, 0).unwrap();
        let mut original = configure(&inputs, Loss::Squared, 11, 0);
        let by_column: Vec<f64> = x.t().iter().copied().collect();
        let matrix = Matrix::new(&by_column, 1599, 11);
        original.fit_unweighted(&matrix, &target, None).unwrap();
        for (row, expected) in x.outer_iter().zip(original.predict(&matrix, false)) {
            assert!((copy.output(row) - expected).abs() < 1e-9);
        }
    }
}
