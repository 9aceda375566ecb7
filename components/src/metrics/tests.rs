//! The metrics against scikit-learn 1.9.1: `accuracy_score`, `balanced_accuracy_score`, `precision_score`,
//! `recall_score` and `f1_score` with `average="macro", zero_division=0`, `log_loss`, `roc_auc_score` with
//! `multi_class="ovr", average="macro"`, `root_mean_squared_error`, `mean_absolute_error`, `r2_score`.

use ndarray::{Array2, array};

use super::*;

fn classes(count: usize) -> Vec<String> {
    (0..count).map(|class| class.to_string()).collect()
}

fn scores(labels: &[usize], probabilities: Array2<f64>) -> Scores {
    let classes = classes(probabilities.ncols());
    let truth = Target::Classes {
        labels: labels.to_vec(),
        classes: classes.clone(),
    };
    score(&truth, &classes, &Predictions::Probabilities(probabilities)).unwrap()
}

fn regression(truth: &[f64], predicted: &[f64]) -> Scores {
    let truth = Target::Numbers(truth.to_vec());
    score(&truth, &[], &Predictions::Numbers(predicted.to_vec())).unwrap()
}

fn assert_scores(scores: &Scores, expected: &[(&str, f64)]) {
    for (name, value) in expected {
        let found = scores.get(name);
        assert!(
            (found - value).abs() < 1e-12,
            "{name}: {found}, not {value}"
        );
    }
}

#[test]
fn three_classes() {
    let probabilities = array![
        [0.7, 0.2, 0.1],
        [0.3, 0.4, 0.3],
        [0.2, 0.2, 0.6],
        [0.1, 0.5, 0.4],
        [0.6, 0.3, 0.1],
        [0.5, 0.25, 0.25],
        [0.0, 0.0, 1.0],
        [0.2, 0.5, 0.3],
    ];
    let scores = scores(&[0, 1, 2, 2, 1, 0, 2, 1], probabilities);
    assert_scores(
        &scores,
        &[
            ("accuracy", 0.75),
            ("balanced_accuracy", 0.7777777777777777),
            ("precision", 0.7777777777777777),
            ("recall", 0.7777777777777777),
            ("f1", 0.7555555555555555),
            ("log_loss", 0.6612936496123575),
            ("roc_auc", 0.9166666666666666),
        ],
    );
    let confusion = &scores.report()["confusion_matrix"]["rows_by_truth"];
    assert_eq!(*confusion, json!([[2, 0, 0], [1, 2, 0], [0, 1, 2]]));
}

#[test]
fn a_class_that_is_never_predicted_and_ties() {
    let probabilities = array![
        [0.5, 0.5, 0.0],
        [0.2, 0.8, 0.0],
        [0.4, 0.3, 0.3],
        [0.5, 0.3, 0.2],
    ];
    assert_scores(
        &scores(&[0, 1, 2, 2], probabilities),
        &[
            ("accuracy", 0.5),
            ("balanced_accuracy", 0.6666666666666666),
            ("precision", 0.4444444444444444),
            ("recall", 0.6666666666666666),
            ("f1", 0.5),
            ("log_loss", 0.9324253621585479),
            ("roc_auc", 0.9444444444444445),
        ],
    );
}

#[test]
fn two_classes() {
    let positive = array![0.1, 0.6, 0.35, 0.8, 0.6, 0.5];
    let probabilities = ndarray::stack![ndarray::Axis(1), 1.0 - &positive, positive];
    assert_scores(
        &scores(&[0, 0, 1, 1, 1, 0], probabilities),
        &[
            ("accuracy", 0.6666666666666666),
            ("f1", 0.6666666666666666),
            ("log_loss", 0.5830982879451341),
            ("roc_auc", 0.7222222222222222),
        ],
    );
}

#[test]
fn a_class_that_the_model_never_saw_is_always_missed() {
    let truth = Target::Classes {
        labels: vec![0, 1],
        classes: vec!["a".to_owned(), "c".to_owned()],
    };
    let known = ["a".to_owned(), "b".to_owned()];
    let predictions = Predictions::Probabilities(array![[0.9, 0.1], [0.2, 0.8]]);
    let scores = score(&truth, &known, &predictions).unwrap();
    assert_eq!(scores.get("accuracy"), 0.5);
    assert_eq!(
        scores.report()["confusion_matrix"]["classes"],
        json!(["a", "b", "c"])
    );
    assert!(scores.get("log_loss") > 15.0);
}

#[test]
fn the_area_of_a_single_class_is_undefined() {
    let scores = scores(&[0, 0], array![[0.9, 0.1], [0.4, 0.6]]);
    assert!(scores.get("roc_auc").is_nan());
    assert_eq!(scores.report()["metrics"]["roc_auc"], json!(null));
}

#[test]
fn numbers() {
    assert_scores(
        &regression(&[3.0, -0.5, 2.0, 7.0], &[2.5, 0.0, 2.0, 8.0]),
        &[
            ("rmse", 0.6123724356957945),
            ("mae", 0.5),
            ("r2", 0.9486081370449679),
        ],
    );
    assert_eq!(regression(&[2.0; 3], &[2.0; 3]).get("r2"), 1.0);
    assert_eq!(regression(&[2.0; 3], &[2.0, 2.0, 3.0]).get("r2"), 0.0);
    assert!(regression(&[2.0], &[2.0]).get("r2").is_nan());
}

#[test]
fn a_metric_of_the_other_task_is_refused() {
    let error = choice(&["rmse".to_owned()], Task::Classification).unwrap_err();
    assert_eq!(error.to_string(), "`rmse` is no metric of classification");
}

#[test]
fn the_tables_agree() {
    let both = [of_task(Task::Classification), of_task(Task::Regression)].concat();
    assert_eq!(both, ALL);
    let one = scores(&[0, 1], array![[0.9, 0.1], [0.4, 0.6]]);
    let names: Vec<_> = one.metrics.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, CLASSIFICATION);
    let one = regression(&[1.0, 2.0], &[1.0, 3.0]);
    let names: Vec<_> = one.metrics.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, REGRESSION);
}
