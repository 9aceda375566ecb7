//! Tests of all models through the components: how well they learn, that they repeat themselves, what they refuse.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{CLASSIFIERS, REGRESSORS};
use crate::metrics::Predictions;
use crate::testing::{Recorder, pipeline};

fn iris(seed: u64) -> Json {
    json!({ "dataset": "iris", "test_fraction": 0.3, "seed": seed })
}

fn diabetes(seed: u64) -> Json {
    json!({ "dataset": "diabetes", "scale": "standard", "seed": seed })
}

/// Hyperparameters with which training is quick and good enough.
fn settings(model: &str) -> Json {
    match model {
        "random_forest" => json!({ "model": model, "n_estimators": 30 }),
        "gradient_boosting" => json!({ "model": model, "n_estimators": 40, "max_depth": 3 }),
        "decision_tree" => json!({ "model": model, "max_depth": 4 }),
        "elastic_net" => json!({ "model": model, "alpha": 0.1 }),
        _ => json!({ "model": model }),
    }
}

#[test]
fn every_classifier_learns_iris() {
    for model in CLASSIFIERS {
        for seed in 0..3 {
            let done = pipeline(&iris(seed), &settings(model)).unwrap();
            let accuracy = done.metric("accuracy");
            assert!(accuracy >= 0.85, "{model}, seed {seed}: {accuracy}");
            let area = done.metric("roc_auc");
            assert!(area >= 0.9, "{model}, seed {seed}: {area}");
            // A single tree is sure even where it is wrong.
            let loss = done.metric("log_loss");
            assert!(
                loss <= 0.7 || *model == "decision_tree",
                "{model}, seed {seed}: {loss}"
            );
        }
    }
}

#[test]
fn every_classifier_tells_two_classes_apart() {
    let folder = Recorder::new();
    let two: String = include_str!("../../data/iris.csv")
        .lines()
        .filter(|line| !line.contains("setosa"))
        .map(|line| format!("{line}\n"))
        .collect();
    let path = folder.file("two.csv", two.as_bytes());
    for model in CLASSIFIERS {
        let of_seed = |seed: u64| {
            let done = pipeline(&json!({ "csv": path, "seed": seed }), &settings(model)).unwrap();
            (done.metric("accuracy"), done.metric("roc_auc"))
        };
        let (accuracies, areas): (Vec<f64>, Vec<f64>) = (0..4).map(of_seed).unzip();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / 4.0;
        assert!(mean(&accuracies) >= 0.8, "{model}: {accuracies:?}");
        assert!(mean(&areas) >= 0.85, "{model}: {areas:?}");
    }
}

#[test]
fn every_regressor_explains_diabetes_in_part() {
    for model in REGRESSORS {
        for seed in 0..3 {
            let done = pipeline(&diabetes(seed), &settings(model)).unwrap();
            let (r2, rmse) = (done.metric("r2"), done.metric("rmse"));
            assert!(r2 > 0.1, "{model}, seed {seed}: r2 {r2}");
            assert!(
                (30.0..80.0).contains(&rmse),
                "{model}, seed {seed}: rmse {rmse}"
            );
        }
    }
}

#[test]
fn equal_training_gives_equal_bytes() {
    for (models, data) in [(CLASSIFIERS, iris(1)), (REGRESSORS, diabetes(1))] {
        for model in models {
            let first = pipeline(&data, &settings(model)).unwrap().artifact("model");
            for _ in 0..3 {
                let again = pipeline(&data, &settings(model)).unwrap().artifact("model");
                assert_eq!(first, again, "{model}");
            }
        }
    }
}

#[test]
fn the_seed_matters_where_something_is_random() {
    let sampled = json!({ "model": "gradient_boosting", "n_estimators": 5, "subsample": 0.5 });
    for mut with in [settings("random_forest"), sampled] {
        with["seed"] = json!(1);
        let one = pipeline(&iris(1), &with).unwrap().artifact("model");
        with["seed"] = json!(2);
        let two = pipeline(&iris(1), &with).unwrap().artifact("model");
        assert_ne!(one.replace("\"seed\":1", ""), two.replace("\"seed\":2", ""));
    }
}

/// Every hyperparameter changes the model when it moves away from its default.
#[test]
fn no_hyperparameter_is_ignored() {
    let classification = [
        ("random_forest", "n_estimators", json!(7)),
        ("random_forest", "criterion", json!("entropy")),
        ("random_forest", "max_depth", json!(1)),
        ("random_forest", "min_samples_split", json!(40)),
        ("random_forest", "min_samples_leaf", json!(20)),
        ("random_forest", "max_features", json!(1.0)),
        ("decision_tree", "criterion", json!("entropy")),
        ("decision_tree", "max_depth", json!(1)),
        ("decision_tree", "min_samples_split", json!(60)),
        ("decision_tree", "min_samples_leaf", json!(20)),
        ("gradient_boosting", "n_estimators", json!(7)),
        ("gradient_boosting", "learning_rate", json!(0.5)),
        ("gradient_boosting", "max_depth", json!(1)),
        ("gradient_boosting", "max_leaf_nodes", json!(2)),
        ("gradient_boosting", "min_child_weight", json!(5)),
        ("gradient_boosting", "min_split_loss", json!(3.0)),
        ("gradient_boosting", "reg_alpha", json!(2.0)),
        ("gradient_boosting", "reg_lambda", json!(9.0)),
        ("gradient_boosting", "subsample", json!(0.5)),
        ("gradient_boosting", "colsample_bytree", json!(0.25)),
        ("gradient_boosting", "max_bins", json!(3)),
        ("logistic_regression", "C", json!(0.01)),
        ("logistic_regression", "fit_intercept", json!(false)),
        ("logistic_regression", "max_iter", json!(2)),
        ("logistic_regression", "tol", json!(10.0)),
        ("svm", "C", json!(0.01)),
        ("svm", "kernel", json!("linear")),
        ("svm", "gamma", json!(3.0)),
        ("svm", "tol", json!(0.5)),
        ("naive_bayes", "var_smoothing", json!(0.1)),
    ];
    let regression = [
        ("random_forest", "max_features", json!(0.2)),
        ("random_forest", "min_samples_leaf", json!(20)),
        ("random_forest", "min_samples_split", json!(40)),
        ("random_forest", "max_depth", json!(1)),
        ("decision_tree", "max_depth", json!(1)),
        ("elastic_net", "alpha", json!(9.0)),
        ("elastic_net", "l1_ratio", json!(1.0)),
        ("elastic_net", "fit_intercept", json!(false)),
        ("elastic_net", "max_iter", json!(1)),
        ("elastic_net", "tol", json!(10.0)),
    ];
    let learned = |data: &Json, with: &Json| {
        let model = pipeline(data, with).unwrap().artifact("model");
        serde_json::from_str::<Json>(&model).unwrap()["learned"].clone()
    };
    for (data, cases) in [
        (iris(1), &classification[..]),
        (diabetes(1), &regression[..]),
    ] {
        for (model, name, value) in cases {
            let mut with = settings(model);
            let plain = learned(&data, &with);
            with[*name] = value.clone();
            assert_ne!(plain, learned(&data, &with), "{model} with {name}");
        }
    }
    let poly = json!({ "model": "svm", "kernel": "poly" });
    for (name, value) in [
        ("degree", json!(2)),
        ("coef0", json!(1.0)),
        ("gamma", json!(0.1)),
    ] {
        let mut with = poly.clone();
        with[name] = value;
        assert_ne!(learned(&iris(1), &poly), learned(&iris(1), &with), "{name}");
    }
}

#[test]
fn a_hyperparameter_of_another_model_is_refused_and_null_is_not_given() {
    let with = json!({ "model": "random_forest", "learning_rate": 0.1 });
    let error = pipeline(&iris(0), &with).unwrap_err();
    assert_eq!(
        error.to_string(),
        "input `learning_rate` is not one of model `random_forest`"
    );
    assert!(
        error
            .help()
            .unwrap()
            .contains("when: { model: gradient_boosting }")
    );

    let with = json!({ "model": "naive_bayes", "learning_rate": null, "max_depth": null });
    assert!(pipeline(&iris(0), &with).is_ok());
}

#[test]
fn a_model_of_the_other_task_is_refused() {
    let error = pipeline(&diabetes(0), &json!({ "model": "svm" })).unwrap_err();
    assert!(error.to_string().contains("not for regression"), "{error}");
    assert!(error.help().unwrap().contains("elastic_net"));
    let error = pipeline(&iris(0), &json!({ "model": "elastic_net" })).unwrap_err();
    assert!(
        error.to_string().contains("not for classification"),
        "{error}"
    );
    let with = json!({ "model": "decision_tree", "criterion": "gini" });
    assert!(pipeline(&diabetes(0), &with).is_err());
}

#[test]
fn an_input_of_another_kernel_is_refused() {
    let with = json!({ "model": "svm", "kernel": "linear", "gamma": 0.1 });
    let error = pipeline(&iris(0), &with).unwrap_err().to_string();
    assert_eq!(error, "input `gamma` is not one of kernel `linear`");
}

#[test]
fn data_that_teaches_nothing_is_refused() {
    for (text, problem) in [
        ("a,y\n1,x\n", "only one row"),
        ("a,y\n1,x\n2,x\n", "all rows are of one class, `x`"),
    ] {
        let mut recorder = Recorder::new();
        let path = recorder.file("data.csv", text.as_bytes());
        let with = json!({ "data": path, "model": "decision_tree" });
        let error = recorder.run("train", &with).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

/// Constant features, huge numbers, two rows: either a model or an error, never a panic.
#[test]
fn odd_data_never_panics() {
    let cases = [
        "a,b,y\n1,1,x\n1,1,y\n",
        "a,b,y\n1,1,x\n1,1,y\n1,1,z\n",
        "a,b,y\n1e100,-1e100,x\n-1e100,1e100,y\n0,1e-300,x\n",
        "a,b,y\n1e100,-1e100,1.5\n-1e100,1e100,1e100\n0,1e-300,-1e100\n",
        "a,b,y\n1,1,1.5\n1,1,1.5\n1,1,1.5\n",
        "a,b,y\n1,1,1.5\n2,1,2.5\n",
    ];
    for text in cases {
        for model in super::MODELS {
            let mut recorder = Recorder::new();
            let path = recorder.file("data.csv", text.as_bytes());
            let mut with = settings(model);
            with["data"] = json!(path);
            if recorder.run("train", &with).is_ok() {
                let with = json!({ "model": recorder.path("model"), "data": path });
                recorder.run("evaluate", &with).unwrap();
            }
        }
    }
}

#[test]
fn a_broken_model_file_is_refused() {
    let done = pipeline(&iris(0), &settings("decision_tree")).unwrap();
    let good = done.artifact("model");
    let foreign = good.replace("tune-model/1", "tune-model/9");
    let loop_back = good.replacen("{\"split\":[2,", "{\"split\":[9,", 1);
    assert_ne!(good, loop_back);
    for broken in ["", "{}", &good[..good.len() / 2], &foreign, &loop_back] {
        let mut recorder = Recorder::new();
        let path = recorder.file("broken", broken.as_bytes());
        let with = json!({ "model": path, "data": done.path("test") });
        let error = recorder.run("evaluate", &with).unwrap_err();
        assert!(
            error.to_string().contains("is not a model of format"),
            "{error}"
        );
        assert_eq!(
            error.help().unwrap(),
            "give the artifact `model` of a `train` step"
        );
    }
}

/// Trains a model on a whole built-in data set and gives its predictions for some of the same rows.
fn predictions(table: &str, with: &Json, rows: &[usize]) -> Vec<Vec<f64>> {
    let mut recorder = Recorder::new();
    let path = recorder.file("data.csv", table.as_bytes());
    let mut with = with.clone();
    with["data"] = json!(path);
    recorder.run("train", &with).unwrap();
    let model = super::Model::read(&recorder.path("model")).unwrap();
    let data = crate::data::Data::read(&path, None, None).unwrap();
    match model.predict(&data.select(rows).x) {
        Predictions::Probabilities(p) => p.outer_iter().map(|row| row.to_vec()).collect(),
        Predictions::Numbers(numbers) => numbers.into_iter().map(|number| vec![number]).collect(),
    }
}

fn assert_near(found: &[Vec<f64>], expected: &[&[f64]], tolerance: f64) {
    for (found, expected) in found.iter().flatten().zip(expected.concat()) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{found}, not {expected}"
        );
    }
}

const IRIS: &str = include_str!("../../data/iris.csv");

/// scikit-learn 1.9.1: `GaussianNB().fit(X, y).predict_proba(X[[60, 70, 120]])`.
#[test]
fn naive_bayes_is_that_of_scikit_learn() {
    let found = predictions(IRIS, &json!({ "model": "naive_bayes" }), &[60, 70, 120]);
    let expected: [&[f64]; 3] = [
        &[
            2.6817368036075517e-41,
            0.999999764931773,
            2.3506822695628842e-07,
        ],
        &[
            7.435724184970995e-129,
            0.15449408491578914,
            0.8455059150842108,
        ],
        &[
            2.9429953520980924e-219,
            1.1711689665974742e-08,
            0.9999999882883102,
        ],
    ];
    assert_near(&found, &expected, 1e-9);
}

/// scikit-learn 1.9.1: `LogisticRegression(C=1.0, tol=1e-8, max_iter=10000).fit(X, y).predict_proba(X[[60, 70, 120]])`.
#[test]
fn logistic_regression_is_that_of_scikit_learn() {
    let with = json!({ "model": "logistic_regression", "tol": 1e-8, "max_iter": 10000 });
    let found = predictions(IRIS, &with, &[60, 70, 120]);
    let expected: [&[f64]; 3] = [
        &[
            0.05633439167593691,
            0.9371843890763913,
            0.006481219247671778,
        ],
        &[
            0.002278066830287137,
            0.44043460348413743,
            0.5572873296855755,
        ],
        &[
            5.488919255433563e-06,
            0.02388804894175181,
            0.9761064621389929,
        ],
    ];
    assert_near(&found, &expected, 1e-5);
}

/// scikit-learn 1.9.1, the last two species only: `LogisticRegression(C=0.5, tol=1e-8, max_iter=10000)`, from its
/// coefficients.
#[test]
fn logistic_regression_of_two_classes_is_that_of_scikit_learn() {
    let two: String = IRIS
        .lines()
        .filter(|line| !line.contains("setosa"))
        .map(|l| format!("{l}\n"))
        .collect();
    let with = json!({ "model": "logistic_regression", "C": 0.5, "tol": 1e-8, "max_iter": 10000 });
    let found = predictions(&two, &with, &[0]);
    let row = [7.0, 3.2, 4.7, 1.4];
    let weights = [
        -0.1020873102870431,
        -0.26259151131071357,
        2.304020894604958,
        1.774876876484887,
    ];
    let score: f64 = row.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() - 12.842514026329715;
    let expected = 1.0 / (1.0 + (-score).exp());
    assert_near(&found, &[&[1.0 - expected, expected]], 1e-5);
}

/// scikit-learn 1.9.1: `ElasticNet(alpha=0.5, l1_ratio=0.7, tol=1e-10, max_iter=100000)` on diabetes, each feature
/// divided by its deviation; here the coefficients are applied to the first row.
#[test]
fn the_elastic_net_is_that_of_scikit_learn() {
    let table = crate::datasets::load("diabetes").unwrap();
    let column = |c: usize| -> Vec<f64> {
        table
            .rows
            .iter()
            .map(|row| row[c].parse().unwrap())
            .collect()
    };
    let columns: Vec<Vec<f64>> = (0..11).map(column).collect();
    let deviation = |column: &[f64]| {
        let mean = column.iter().sum::<f64>() / 442.0;
        (column.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 442.0).sqrt()
    };
    let scaled: Vec<Vec<f64>> = columns[..10]
        .iter()
        .map(|column| column.iter().map(|x| x / deviation(column)).collect())
        .collect();
    let mut text = table.header.join(",") + "\n";
    for row in 0..442 {
        for column in &scaled {
            text.push_str(&format!("{:?},", column[row]));
        }
        text.push_str(&format!("{:?}\n", columns[10][row]));
    }
    let with = json!({ "model": "elastic_net", "alpha": 0.5, "l1_ratio": 0.7, "tol": 1e-10, "max_iter": 100_000 });
    let coefficients = [
        0.0,
        -8.6875905791455,
        22.399548850471003,
        13.676985072993963,
        -2.2963929335255084,
        -3.348197373146384,
        -9.241590792367093,
        4.792407022668524,
        19.827002261417277,
        4.212642601378529,
    ];
    let weighted = scaled
        .iter()
        .zip(coefficients)
        .map(|(column, weight)| column[0] * weight);
    let expected = 152.13348416289637 + weighted.sum::<f64>();
    assert_near(&predictions(&text, &with, &[0]), &[&[expected]], 1e-3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Small tables with repeated, huge and tiny numbers: a model that predicts finite numbers, or an error.
    #[test]
    fn small_tables_are_learned_or_refused(
        rows in prop::collection::vec(
            (prop::sample::select(NUMBERS), prop::sample::select(NUMBERS), 0usize..3),
            2..12,
        ),
        regression: bool,
        model in prop::sample::select(super::MODELS),
    ) {
        let target = |class: usize| if regression { NUMBERS[class * 2] } else { ["a", "b", "c"][class] };
        let line = |(a, b, class): &(&str, &str, usize)| format!("{a},{b},{}\n", target(*class));
        let text = format!("a,b,y\n{}", rows.iter().map(line).collect::<String>());
        let mut recorder = Recorder::new();
        let path = recorder.file("data.csv", text.as_bytes());
        let mut with = settings(model);
        with["data"] = json!(path);
        with["task"] = json!(if regression { "regression" } else { "classification" });
        if recorder.run("train", &with).is_ok() {
            let with = json!({ "model": recorder.path("model"), "data": path });
            recorder.run("evaluate", &with).unwrap();
            let loss = if regression { "rmse" } else { "log_loss" };
            prop_assert!(recorder.metric(loss).is_finite(), "{model}: {text}");
        }
    }
}

const NUMBERS: &[&str] = &[
    "0.5", "1.5", "-3", "1e-12", "1e12", "-1e60", "7", "0", "999999",
];
