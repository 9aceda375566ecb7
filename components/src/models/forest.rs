//! Random forests and single decision trees, grown by smartcore.
//!
//! A leaf's class probabilities are the shares of the training rows in it (smartcore keeps only the greatest), the
//! forest's the mean of its trees'. Every tree draws its rows and each split its features from the seed, so the same
//! seed grows the same forest.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::ensemble::random_forest_regressor::{
    RandomForestRegressor, RandomForestRegressorParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::tree::decision_tree_classifier::{
    DecisionTreeClassifier, DecisionTreeClassifierParameters, SplitCriterion,
};
use smartcore::tree::decision_tree_regressor::{
    DecisionTreeRegressor, DecisionTreeRegressorParameters,
};

use super::failed;
use super::tree::{Node, Tree};
use crate::data::{Data, Target};
use crate::error::ComponentError;
use crate::inputs::Inputs;

const HELP: &str = "check `min_samples_leaf`, `min_samples_split` and the data";

/// The mean of trees.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Forest {
    trees: Vec<Tree>,
}

/// What limits a tree's growth, as smartcore wants it.
struct Limits {
    criterion: SplitCriterion,
    max_depth: Option<u16>,
    min_samples_leaf: usize,
    min_samples_split: usize,
}

impl Limits {
    fn read(inputs: &Inputs, target: &Target) -> Result<Self, ComponentError> {
        let criterion = inputs.text_if_given("criterion");
        if criterion.is_some() && matches!(target, Target::Numbers(_)) {
            return Err(ComponentError::unfit(
                "`criterion` is given, but the task is regression",
                "leave it out: regression trees always reduce the squared error",
            ));
        }
        Ok(Self {
            criterion: match criterion.as_deref() {
                Some("entropy") => SplitCriterion::Entropy,
                _ => SplitCriterion::Gini,
            },
            max_depth: inputs.int_if_given("max_depth").map(|depth| depth as u16),
            min_samples_leaf: inputs.int("min_samples_leaf"),
            min_samples_split: inputs.int("min_samples_split"),
        })
    }
}

pub(super) fn random_forest(
    inputs: &Inputs,
    data: &Data,
    seed: u64,
) -> Result<Forest, ComponentError> {
    let limits = Limits::read(inputs, &data.target)?;
    let trees = inputs.int("n_estimators");
    let m = inputs.float_if_given("max_features");
    let features = data.x.ncols();
    let m = m.map(|share| ((share * features as f64) as usize).max(1));
    let x = matrix(&data.x)?;
    let explain = |error| failed("random_forest", error, HELP);
    match &data.target {
        Target::Classes { labels, classes } => {
            let parameters = RandomForestClassifierParameters {
                criterion: limits.criterion,
                max_depth: limits.max_depth,
                min_samples_leaf: limits.min_samples_leaf,
                min_samples_split: limits.min_samples_split,
                n_trees: trees as u16,
                m: m.or(Some(((features as f64).sqrt() as usize).max(1))),
                keep_samples: false,
                seed,
            };
            let grown =
                RandomForestClassifier::fit(&x, &numbered(labels), parameters).map_err(explain)?;
            Forest::of_classes(&grown, data, labels, classes.len())
        }
        Target::Numbers(target) => {
            let parameters = RandomForestRegressorParameters {
                max_depth: limits.max_depth,
                min_samples_leaf: limits.min_samples_leaf,
                min_samples_split: limits.min_samples_split,
                n_trees: trees,
                m: m.or(Some(features)),
                keep_samples: false,
                seed,
            };
            let grown = RandomForestRegressor::fit(&x, target, parameters).map_err(explain)?;
            Forest::of_numbers(&grown)
        }
    }
}

pub(super) fn decision_tree(inputs: &Inputs, data: &Data) -> Result<Forest, ComponentError> {
    let limits = Limits::read(inputs, &data.target)?;
    let x = matrix(&data.x)?;
    let explain = |error| failed("decision_tree", error, HELP);
    match &data.target {
        Target::Classes { labels, classes } => {
            let parameters = DecisionTreeClassifierParameters {
                criterion: limits.criterion,
                max_depth: limits.max_depth,
                min_samples_leaf: limits.min_samples_leaf,
                min_samples_split: limits.min_samples_split,
                seed: None,
            };
            let grown =
                DecisionTreeClassifier::fit(&x, &numbered(labels), parameters).map_err(explain)?;
            Forest::of_classes(&grown, data, labels, classes.len())
        }
        Target::Numbers(target) => {
            let parameters = DecisionTreeRegressorParameters {
                max_depth: limits.max_depth,
                min_samples_leaf: limits.min_samples_leaf,
                min_samples_split: limits.min_samples_split,
                seed: None,
            };
            let grown = DecisionTreeRegressor::fit(&x, target, parameters).map_err(explain)?;
            Forest::of_numbers(&grown)
        }
    }
}

fn matrix(x: &Array2<f64>) -> Result<DenseMatrix<f64>, ComponentError> {
    let by_column = x.t().iter().copied().collect();
    DenseMatrix::new(x.nrows(), x.ncols(), by_column, true)
        .map_err(|error| failed("a forest", error, HELP))
}

fn numbered(labels: &[usize]) -> Vec<u32> {
    labels.iter().map(|&label| label as u32).collect()
}

impl Forest {
    fn of_classes(
        grown: &impl Serialize,
        data: &Data,
        labels: &[usize],
        classes: usize,
    ) -> Result<Self, ComponentError> {
        let mut forest = Self::copy(grown, |_| vec![0.0; classes])?;
        for tree in &mut forest.trees {
            fill_with_shares(tree, data, labels);
        }
        Ok(forest)
    }

    fn of_numbers(grown: &impl Serialize) -> Result<Self, ComponentError> {
        Self::copy(grown, |output| vec![output])
    }

    /// Copies the trees out of smartcore's serialised form, the only way to reach their nodes.
    fn copy(
        grown: &impl Serialize,
        leaf: impl Fn(f64) -> Vec<f64>,
    ) -> Result<Self, ComponentError> {
        let copied =
            serde_json::to_string(grown).and_then(|text| serde_json::from_str::<Grown>(&text));
        let copied = copied.map_err(|error| failed("a forest", error, HELP))?;
        let trees = copied
            .trees()
            .into_iter()
            .map(|tree| copy_tree(tree, &leaf));
        Ok(Self {
            trees: trees.collect(),
        })
    }

    pub(super) fn predict(&self, x: &Array2<f64>) -> Array2<f64> {
        let outputs = self.trees[0].outputs(x.row(0)).len();
        let mut sums = Array2::zeros((x.nrows(), outputs));
        for tree in &self.trees {
            for (row, mut sum) in x.outer_iter().zip(sums.outer_iter_mut()) {
                for (sum, output) in sum.iter_mut().zip(tree.outputs(row)) {
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

/// Sets every leaf to the shares of the classes among the training rows that fall into it.
fn fill_with_shares(tree: &mut Tree, data: &Data, labels: &[usize]) {
    for (row, &label) in data.x.outer_iter().zip(labels) {
        let leaf = tree.leaf(row);
        if let Node::Leaf(counts) = &mut tree.nodes[leaf] {
            counts[label] += 1.0;
        }
    }
    for node in &mut tree.nodes {
        if let Node::Leaf(counts) = node {
            let rows: f64 = counts.iter().sum();
            for count in counts {
                *count /= rows;
            }
        }
    }
}

/// What is used of smartcore's serialised trees and forests.
#[derive(Deserialize)]
#[serde(untagged)]
enum Grown {
    Classifiers { trees: Vec<GrownTree> },
    Regressors { forest_regressor: GrownForest },
    Regressor { tree_regressor: GrownTree },
    Classifier(GrownTree),
}

#[derive(Deserialize)]
struct GrownForest {
    trees: Vec<GrownTree>,
}

#[derive(Deserialize)]
struct GrownTree {
    nodes: Vec<GrownNode>,
}

#[derive(Deserialize)]
struct GrownNode {
    output: f64,
    split_feature: usize,
    split_value: Option<f64>,
    true_child: Option<usize>,
    false_child: Option<usize>,
}

impl Grown {
    fn trees(self) -> Vec<GrownTree> {
        match self {
            Self::Classifiers { trees } => trees,
            Self::Regressors { forest_regressor } => forest_regressor.trees,
            Self::Regressor { tree_regressor } => vec![tree_regressor],
            Self::Classifier(tree) => vec![tree],
        }
    }
}

fn copy_tree(tree: GrownTree, leaf: &impl Fn(f64) -> Vec<f64>) -> Tree {
    let copy = |node: GrownNode| match (node.split_value, node.true_child, node.false_child) {
        (Some(threshold), Some(left), Some(right)) => {
            Node::Split(node.split_feature, threshold, left, right)
        }
        _ => Node::Leaf(leaf(node.output)),
    };
    Tree {
        nodes: tree.nodes.into_iter().map(copy).collect(),
    }
}
