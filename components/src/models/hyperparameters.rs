//! The hyperparameters of all models, named as scikit-learn names them (or XGBoost, where only that has them).

use std::ops::Bound::{Excluded, Included, Unbounded};

use crate::inputs::{Fallback, Input, InputKind};

const FOREST: &[&str] = &["random_forest"];
const ENSEMBLES: &[&str] = &["random_forest", "gradient_boosting"];
const TREES: &[&str] = &["random_forest", "decision_tree"];
const ALL_TREES: &[&str] = &["random_forest", "decision_tree", "gradient_boosting"];
const BOOSTING: &[&str] = &["gradient_boosting"];
const MARGIN: &[&str] = &["logistic_regression", "svm"];
const SVM: &[&str] = &["svm"];
const BAYES: &[&str] = &["naive_bayes"];
const ELASTIC: &[&str] = &["elastic_net"];
const LINEAR: &[&str] = &["logistic_regression", "elastic_net"];
const ITERATIVE: &[&str] = &["logistic_regression", "svm", "elastic_net"];

const FRACTION: InputKind = InputKind::Float {
    min: Excluded(0.0),
    max: Included(1.0),
};
const SHARE: InputKind = InputKind::Float {
    min: Included(0.0),
    max: Included(1.0),
};
const POSITIVE: InputKind = InputKind::Float {
    min: Excluded(0.0),
    max: Unbounded,
};
const NOT_NEGATIVE: InputKind = InputKind::Float {
    min: Included(0.0),
    max: Unbounded,
};

/// Every hyperparameter with the models that have it.
pub(crate) const HYPERPARAMETERS: &[Input] = &[
    of(
        ENSEMBLES,
        "n_estimators",
        InputKind::Int {
            min: 1,
            max: 50_000,
        },
        Fallback::Value("100"),
        "number of trees (for `gradient_boosting`, of boosting rounds)",
    ),
    of(
        TREES,
        "criterion",
        InputKind::Choice(&["gini", "entropy"]),
        Fallback::Described("`gini`; regression always takes the squared error"),
        "impurity that a split reduces; classification only",
    ),
    of(
        ALL_TREES,
        "max_depth",
        InputKind::Int { min: 1, max: 1000 },
        Fallback::Described("no limit; 6 for `gradient_boosting`"),
        "depth of a tree",
    ),
    of(
        TREES,
        "min_samples_split",
        InputKind::Int {
            min: 2,
            max: 1_000_000,
        },
        Fallback::Value("2"),
        "rows that a node needs to be split",
    ),
    of(
        TREES,
        "min_samples_leaf",
        InputKind::Int {
            min: 1,
            max: 1_000_000,
        },
        Fallback::Value("1"),
        "rows that a leaf must keep",
    ),
    of(
        FOREST,
        "max_features",
        FRACTION,
        Fallback::Described("√n of n features for classification, all for regression"),
        "share of the features that each split looks at",
    ),
    of(
        BOOSTING,
        "learning_rate",
        FRACTION,
        Fallback::Value("0.1"),
        "share of each tree that is added",
    ),
    of(
        BOOSTING,
        "max_leaf_nodes",
        InputKind::Int {
            min: 2,
            max: 1_000_000,
        },
        Fallback::Described("no limit"),
        "leaves of a tree",
    ),
    of(
        BOOSTING,
        "min_child_weight",
        NOT_NEGATIVE,
        Fallback::Value("1.0"),
        "least sum of the loss's second derivatives in a leaf",
    ),
    of(
        BOOSTING,
        "min_split_loss",
        NOT_NEGATIVE,
        Fallback::Value("0.0"),
        "least reduction of the loss for a split",
    ),
    of(
        BOOSTING,
        "reg_alpha",
        NOT_NEGATIVE,
        Fallback::Value("0.0"),
        "L1 penalty on leaf weights",
    ),
    of(
        BOOSTING,
        "reg_lambda",
        NOT_NEGATIVE,
        Fallback::Value("1.0"),
        "L2 penalty on leaf weights",
    ),
    of(
        BOOSTING,
        "subsample",
        FRACTION,
        Fallback::Value("1.0"),
        "share of the rows drawn for each tree",
    ),
    of(
        BOOSTING,
        "colsample_bytree",
        FRACTION,
        Fallback::Value("1.0"),
        "share of the features drawn for each tree, at least one",
    ),
    of(
        BOOSTING,
        "max_bins",
        InputKind::Int {
            min: 2,
            max: 65_000,
        },
        Fallback::Value("256"),
        "bins that a feature's values are put into",
    ),
    of(
        MARGIN,
        "C",
        POSITIVE,
        Fallback::Value("1.0"),
        "inverse of the regularisation's strength",
    ),
    of(
        LINEAR,
        "fit_intercept",
        InputKind::Bool,
        Fallback::Value("true"),
        "whether there is a constant term",
    ),
    of(
        LINEAR,
        "max_iter",
        InputKind::Int {
            min: 1,
            max: 1_000_000,
        },
        Fallback::Described("100 for `logistic_regression`, 1000 for `elastic_net`"),
        "most iterations of the solver",
    ),
    of(
        ITERATIVE,
        "tol",
        POSITIVE,
        Fallback::Described("1e-4; 1e-3 for `svm`"),
        "where the solver stops: gradient, violation of optimality, change of coefficients",
    ),
    of(
        SVM,
        "kernel",
        InputKind::Choice(&["rbf", "linear", "poly"]),
        Fallback::Value("\"rbf\""),
        "`rbf`: exp(−gamma·|x−y|²); `poly`: (gamma·x·y + coef0)^degree; `linear`: x·y",
    ),
    of(
        SVM,
        "gamma",
        POSITIVE,
        Fallback::Described("1 / (features · variance of all cells)"),
        "width of the kernels `rbf` and `poly`",
    ),
    of(
        SVM,
        "degree",
        InputKind::Int { min: 1, max: 10 },
        Fallback::Value("3"),
        "degree of the kernel `poly`",
    ),
    of(
        SVM,
        "coef0",
        NOT_NEGATIVE,
        Fallback::Value("0.0"),
        "constant of the kernel `poly`",
    ),
    of(
        BAYES,
        "var_smoothing",
        POSITIVE,
        Fallback::Value("1e-9"),
        "share of the greatest feature variance added to all variances",
    ),
    of(
        ELASTIC,
        "alpha",
        NOT_NEGATIVE,
        Fallback::Value("1.0"),
        "strength of the penalty",
    ),
    of(
        ELASTIC,
        "l1_ratio",
        SHARE,
        Fallback::Value("0.5"),
        "share of L1 in the penalty: 0 is ridge, 1 is lasso",
    ),
];

const fn of(
    models: &'static [&'static str],
    name: &'static str,
    kind: InputKind,
    fallback: Fallback,
    doc: &'static str,
) -> Input {
    Input {
        name,
        kind,
        fallback,
        models,
        doc,
    }
}
