//! Random forests (Breiman 2001) and single decision trees.
//!
//! A leaf holds the share of every class, or the mean, of the rows that it was grown on; a forest predicts the mean of
//! its trees, as in scikit-learn. Tree `i` draws its rows and features from stream `i` of the seed's generator.

use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::grow::{Criterion, Grower, Limits};
use super::tree::Tree;
use crate::data::{Data, Target};
use crate::error::ComponentError;
use crate::inputs::Inputs;

/// The mean of trees.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Forest {
    trees: Vec<Tree>,
}

/// Grows `n_estimators` trees, each on as many rows as there are, drawn with replacement.
pub(super) fn random_forest(
    inputs: &Inputs,
    data: &Data,
    seed: u64,
) -> Result<Forest, ComponentError> {
    let features = features_per_split(inputs, data);
    let grower = Grower::new(&data.x, &data.target, limits(inputs, data, features)?);
    let rows = data.rows();
    let trees = (0..inputs.int("n_estimators")).map(|number| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number as u64);
        let drawn = (0..rows).map(|_| rng.gen_range(0..rows)).collect();
        grower.grow(drawn, &mut rng)
    });
    Ok(Forest {
        trees: trees.collect(),
    })
}

/// Grows one tree on all rows, looking at all features: nothing in it is random.
pub(super) fn decision_tree(inputs: &Inputs, data: &Data) -> Result<Forest, ComponentError> {
    let limits = limits(inputs, data, data.x.ncols())?;
    let grower = Grower::new(&data.x, &data.target, limits);
    let mut unused = ChaCha8Rng::seed_from_u64(0);
    let tree = grower.grow((0..data.rows()).collect(), &mut unused);
    Ok(Forest { trees: vec![tree] })
}

fn features_per_split(inputs: &Inputs, data: &Data) -> usize {
    let features = data.x.ncols() as f64;
    let share = inputs.float_if_given("max_features");
    let wanted = match (share, &data.target) {
        (Some(share), _) => share * features,
        (None, Target::Classes { .. }) => features.sqrt(),
        (None, Target::Numbers(_)) => features,
    };
    (wanted as usize).max(1)
}

fn limits(inputs: &Inputs, data: &Data, features: usize) -> Result<Limits, ComponentError> {
    let criterion = match (inputs.text_if_given("criterion").as_deref(), &data.target) {
        (Some(_), Target::Numbers(_)) => {
            return Err(ComponentError::unfit(
                "`criterion` is given, but the task is regression",
                "leave it out: regression trees always reduce the squared error",
            ));
        }
        (Some("entropy"), _) => Criterion::Entropy,
        _ => Criterion::Variance,
    };
    Ok(Limits {
        criterion,
        max_depth: inputs.int_if_given("max_depth").unwrap_or(usize::MAX),
        min_samples_split: inputs.int("min_samples_split"),
        min_samples_leaf: inputs.int("min_samples_leaf"),
        features,
    })
}

impl Forest {
    pub(super) fn predict(&self, x: &Array2<f64>, outputs: usize) -> Array2<f64> {
        let mut sums = Array2::zeros((x.nrows(), outputs));
        for tree in &self.trees {
            for (row, mut sums) in x.outer_iter().zip(sums.outer_iter_mut()) {
                for (sum, output) in sums.iter_mut().zip(tree.outputs(row)) {
                    *sum += output;
                }
            }
        }
        sums / self.trees.len() as f64
    }

    pub(super) fn is_sound(&self, features: usize, outputs: usize) -> bool {
        !self.trees.is_empty() && self.trees.iter().all(|t| t.is_sound(features, outputs))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn tree(criterion: Criterion, target: &Target, max_depth: usize, least: usize) -> Tree {
        let x = array![[1.0, 9.0], [2.0, 9.0], [3.0, 9.0], [4.0, 9.0], [8.0, 9.0]];
        let limits = Limits {
            criterion,
            max_depth,
            min_samples_split: 2,
            min_samples_leaf: least,
            features: 2,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        Grower::new(&x, target, limits).grow((0..5).collect(), &mut rng)
    }

    fn nodes(tree: &Tree) -> String {
        serde_json::to_string(tree).unwrap()
    }

    #[test]
    fn the_best_split_is_found_by_either_criterion() {
        let target = Target::Classes {
            labels: vec![0, 0, 1, 0, 1],
            classes: vec!["a".to_owned(), "b".to_owned()],
        };
        let expected = r#"[{"split":[0,2.5,1,2]},{"leaf":[1.0,0.0]},{"leaf":[0.3333333333333333,0.6666666666666666]}]"#;
        for criterion in [Criterion::Variance, Criterion::Entropy] {
            assert_eq!(nodes(&tree(criterion, &target, 1, 1)), expected);
        }
    }

    #[test]
    fn leaves_hold_means_and_enough_rows() {
        let target = Target::Numbers(vec![1.0, 1.0, 1.0, 2.0, 10.0]);
        let free = tree(Criterion::Variance, &target, 1, 1);
        assert_eq!(
            nodes(&free),
            r#"[{"split":[0,6.0,1,2]},{"leaf":[1.25]},{"leaf":[10.0]}]"#
        );
        let held = tree(Criterion::Variance, &target, 9, 2);
        assert_eq!(
            nodes(&held),
            r#"[{"split":[0,3.5,1,2]},{"leaf":[1.0]},{"leaf":[6.0]}]"#
        );
    }

    #[test]
    fn a_full_tree_knows_its_rows() {
        let target = Target::Numbers(vec![3.0, 1.0, 4.0, 1.5, 5.0]);
        let full = tree(Criterion::Variance, &target, usize::MAX, 1);
        let outputs: Vec<f64> = [1.0, 2.0, 3.0, 4.0, 8.0]
            .map(|x| full.outputs(array![x, 9.0].view())[0])
            .to_vec();
        for (output, expected) in outputs.iter().zip([3.0, 1.0, 4.0, 1.5, 5.0]) {
            assert!((output - expected).abs() < 1e-12);
        }
    }
}
