//! One decision tree as a list of nodes, and how a row finds its leaf.

use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

/// Nodes in an order in which children come after their parent; the first is the root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
}

/// A node of a tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Node {
    /// (feature, threshold, left, right): left if the feature is at most the threshold.
    Split(usize, f64, usize, usize),
    /// One number per output.
    Leaf(Vec<f64>),
}

impl Tree {
    /// What the leaf holds that a row falls into.
    pub(super) fn outputs(&self, row: ArrayView1<f64>) -> &[f64] {
        let mut at = 0;
        loop {
            match &self.nodes[at] {
                Node::Leaf(outputs) => return outputs,
                Node::Split(feature, threshold, left, right) => {
                    at = if row[*feature] <= *threshold {
                        *left
                    } else {
                        *right
                    };
                }
            }
        }
    }

    /// Whether every row of that many features ends in a leaf of that many outputs.
    pub(super) fn is_sound(&self, features: usize, outputs: usize) -> bool {
        let follows = |parent: usize, child: usize| child > parent && child < self.nodes.len();
        let sound = |(at, node): (usize, &Node)| match node {
            Node::Split(feature, _, left, right) => {
                *feature < features && follows(at, *left) && follows(at, *right)
            }
            Node::Leaf(values) => values.len() == outputs,
        };
        !self.nodes.is_empty() && self.nodes.iter().enumerate().all(sound)
    }
}
