//! How one decision tree grows: CART (Breiman, Friedman, Olshen, Stone 1984) for classes and for numbers alike.
//!
//! Written here because the libraries' trees do not serve: linfa-trees lets the order of hash maps decide between equal
//! splits, so that no seed repeats a model, and smartcore's classifier scans all rows for every node. This one sorts
//! only the rows of the node, O(features · rows · log rows) per level, and keeps every class's share in its leaves.

use ndarray::{Array2, ArrayView1};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::tree::{Node, Tree};
use crate::data::Target;

/// What a split reduces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Criterion {
    /// Variance: of 0/1 columns, one per class, this is the Gini impurity; of numbers it is the squared error.
    Variance,
    Entropy,
}

/// What limits growth, in rows drawn (a row drawn twice counts twice).
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub criterion: Criterion,
    pub max_depth: usize,
    pub min_samples_split: usize,
    pub min_samples_leaf: usize,
    /// Features that each split looks at.
    pub features: usize,
}

/// Training data as growing wants it.
pub(super) struct Grower<'a> {
    columns: Vec<Vec<f64>>,
    target: &'a Target,
    /// Taken off numbers, so that sums of squares keep their precision.
    centre: f64,
    limits: Limits,
}

/// Rows of a node that is still to be split.
struct Open {
    node: usize,
    start: usize,
    end: usize,
    depth: usize,
}

struct Split {
    feature: usize,
    threshold: f64,
    score: f64,
}

/// How many rows there are, and per class how many, or the sum of their numbers.
#[derive(Clone)]
struct Sums {
    rows: f64,
    sums: Vec<f64>,
}

impl Sums {
    /// The greater, the less impure: minus rows · impurity, up to a constant that is equal for all splits of a node.
    fn score(&self, criterion: Criterion) -> f64 {
        let sums = self.sums.iter();
        match criterion {
            Criterion::Variance => sums.map(|sum| sum * sum).sum::<f64>() / self.rows,
            Criterion::Entropy => sums
                .filter(|sum| **sum > 0.0)
                .map(|sum| sum * (sum / self.rows).ln())
                .sum(),
        }
    }
}

impl<'a> Grower<'a> {
    pub(super) fn new(x: &Array2<f64>, target: &'a Target, limits: Limits) -> Self {
        let centre = match target {
            Target::Classes { .. } => 0.0,
            Target::Numbers(numbers) => numbers.iter().sum::<f64>() / numbers.len() as f64,
        };
        Self {
            columns: x
                .columns()
                .into_iter()
                .map(|c: ArrayView1<f64>| c.to_vec())
                .collect(),
            target,
            centre,
            limits,
        }
    }

    /// Grows a tree on these rows, which may repeat. `rng` draws the features of each split.
    pub(super) fn grow(&self, mut rows: Vec<usize>, rng: &mut ChaCha8Rng) -> Tree {
        let mut tree = Tree {
            nodes: vec![Node::Leaf(Vec::new())],
        };
        let mut open = vec![Open {
            node: 0,
            start: 0,
            end: rows.len(),
            depth: 0,
        }];
        while let Some(next) = open.pop() {
            let members = &mut rows[next.start..next.end];
            let sums = self.sums(members);
            let Some(split) = self.split(members, &sums, next.depth, rng) else {
                tree.nodes[next.node] = self.leaf(&sums);
                continue;
            };
            let column = &self.columns[split.feature];
            let middle = next.start + partition(members, |row| column[row] <= split.threshold);
            let left = tree.nodes.len();
            tree.nodes
                .extend([Node::Leaf(Vec::new()), Node::Leaf(Vec::new())]);
            tree.nodes[next.node] = Node::Split(split.feature, split.threshold, left, left + 1);
            for (node, start, end) in [(left + 1, middle, next.end), (left, next.start, middle)] {
                let depth = next.depth + 1;
                open.push(Open {
                    node,
                    start,
                    end,
                    depth,
                });
            }
        }
        tree
    }

    fn leaf(&self, sums: &Sums) -> Node {
        let means = sums.sums.iter().map(|sum| sum / sums.rows + self.centre);
        Node::Leaf(means.collect())
    }

    /// The best split of these rows; none if they are pure, too few, too deep, or alike in every feature.
    fn split(
        &self,
        rows: &[usize],
        sums: &Sums,
        depth: usize,
        rng: &mut ChaCha8Rng,
    ) -> Option<Split> {
        let limits = self.limits;
        let too_few = rows.len() < limits.min_samples_split.max(2 * limits.min_samples_leaf);
        if too_few || depth >= limits.max_depth || self.is_pure(rows) {
            return None;
        }
        let mut features: Vec<usize> = (0..self.columns.len()).collect();
        if limits.features < features.len() {
            features.shuffle(rng);
        }
        let mut best: Option<Split> = None;
        let mut sorted = Vec::with_capacity(rows.len());
        for (looked_at, &feature) in features.iter().enumerate() {
            // As in scikit-learn, features that cannot split do not use up the draw.
            if looked_at >= limits.features && best.is_some() {
                break;
            }
            let found = self.split_by(feature, rows, sums, &mut sorted);
            let least = best.as_ref().map_or(f64::NEG_INFINITY, |best| best.score);
            best = found.filter(|split| split.score > least).or(best);
        }
        best
    }

    /// The best split by one feature, half way between two neighbouring values.
    fn split_by(
        &self,
        feature: usize,
        rows: &[usize],
        all: &Sums,
        sorted: &mut Vec<(f64, usize)>,
    ) -> Option<Split> {
        let column = &self.columns[feature];
        sorted.clear();
        sorted.extend(rows.iter().map(|&row| (column[row], row)));
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let least = self.limits.min_samples_leaf;
        let mut right = all.clone();
        let mut left = Sums {
            rows: 0.0,
            sums: vec![0.0; all.sums.len()],
        };
        let mut best: Option<Split> = None;
        for (index, pair) in sorted.windows(2).enumerate() {
            let [(below, row), (above, _)] = *pair else {
                continue;
            };
            self.add(&mut left, row, 1.0);
            self.add(&mut right, row, -1.0);
            let (before, after) = (index + 1, rows.len() - index - 1);
            if below >= above || before < least || after < least {
                continue;
            }
            let criterion = self.limits.criterion;
            let score = left.score(criterion) + right.score(criterion);
            if best.as_ref().is_none_or(|best| score > best.score) {
                let threshold = between(below, above);
                best = Some(Split {
                    feature,
                    threshold,
                    score,
                });
            }
        }
        best
    }

    fn sums(&self, rows: &[usize]) -> Sums {
        let outputs = match self.target {
            Target::Classes { classes, .. } => classes.len(),
            Target::Numbers(_) => 1,
        };
        let mut sums = Sums {
            rows: 0.0,
            sums: vec![0.0; outputs],
        };
        for &row in rows {
            self.add(&mut sums, row, 1.0);
        }
        sums
    }

    /// Adds a row to the sums, or takes it out again with `times` −1.
    fn add(&self, sums: &mut Sums, row: usize, times: f64) {
        sums.rows += times;
        match self.target {
            Target::Classes { labels, .. } => sums.sums[labels[row]] += times,
            Target::Numbers(numbers) => sums.sums[0] += times * (numbers[row] - self.centre),
        }
    }

    fn is_pure(&self, rows: &[usize]) -> bool {
        match self.target {
            Target::Classes { labels, .. } => rows.iter().all(|&r| labels[r] == labels[rows[0]]),
            Target::Numbers(numbers) => rows.iter().all(|&r| numbers[r] == numbers[rows[0]]),
        }
    }
}

/// The middle of two numbers, less than the greater even when rounding says otherwise.
fn between(below: f64, above: f64) -> f64 {
    let middle = below / 2.0 + above / 2.0;
    if middle < above { middle } else { below }
}

/// Moves the rows that pass to the front; says how many they are.
fn partition(rows: &mut [usize], passes: impl Fn(usize) -> bool) -> usize {
    let mut passed = 0;
    for index in 0..rows.len() {
        if passes(rows[index]) {
            rows.swap(passed, index);
            passed += 1;
        }
    }
    passed
}
