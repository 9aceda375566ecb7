//! Tests of `preprocess` through its artifacts.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::component::find;
use crate::error::ComponentError;
use crate::testing::Recorder;

fn run(text: &str, mut with: Json) -> Result<Recorder, ComponentError> {
    let mut recorder = Recorder::new();
    with["csv"] = json!(recorder.file("data.csv", text.as_bytes()));
    recorder.run("preprocess", &with)?;
    Ok(recorder)
}

fn refusal(text: &str, with: Json) -> ComponentError {
    run(text, with).unwrap_err()
}

/// Header and rows of an artifact.
fn table(recorder: &Recorder, artifact: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let text = recorder.artifact(artifact);
    let split = |line: &str| line.split(',').map(str::to_owned).collect();
    let mut lines = text.lines();
    (split(lines.next().unwrap()), lines.map(split).collect())
}

fn column(recorder: &Recorder, artifact: &str, name: &str) -> Vec<f64> {
    let (header, rows) = table(recorder, artifact);
    let at = header.iter().position(|column| column == name).unwrap();
    rows.iter().map(|row| row[at].parse().unwrap()).collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

#[test]
fn iris_is_split_with_equal_shares_and_its_numbers_untouched() {
    let mut recorder = Recorder::new();
    let with = json!({ "dataset": "iris", "test_fraction": 0.3, "seed": 7 });
    recorder.run("preprocess", &with).unwrap();
    let (header, train) = table(&recorder, "train");
    let (_, test) = table(&recorder, "test");
    assert_eq!(
        header,
        [
            "sepal_length",
            "sepal_width",
            "petal_length",
            "petal_width",
            "species"
        ]
    );
    assert_eq!((train.len(), test.len()), (105, 45));
    assert_eq!(test.iter().filter(|row| row[4] == "setosa").count(), 15);
    let mut all: Vec<String> = [train, test]
        .concat()
        .iter()
        .map(|row| row.join(","))
        .collect();
    let mut original: Vec<String> = include_str!("../../data/iris.csv")
        .lines()
        .skip(1)
        .map(str::to_owned)
        .collect();
    all.sort();
    original.sort();
    assert_eq!(all, original);
    assert_eq!(recorder.value("task"), "classification");
    assert_eq!(recorder.value("train_rows"), 105);
}

#[test]
fn scaling_is_fitted_on_the_training_part_only() {
    let mut recorder = Recorder::new();
    let with = json!({ "dataset": "winequality", "scale": "standard" });
    recorder.run("preprocess", &with).unwrap();
    let train = column(&recorder, "train", "alcohol");
    let test = column(&recorder, "test", "alcohol");
    let squares: Vec<f64> = train.iter().map(|x| x * x).collect();
    assert!(mean(&train).abs() < 1e-12);
    assert!((mean(&squares) - 1.0).abs() < 1e-12);
    assert!(
        mean(&test).abs() > 1e-6,
        "the test part has a mean of its own"
    );

    let with = json!({ "dataset": "winequality", "scale": "min_max" });
    recorder.run("preprocess", &with).unwrap();
    let train = column(&recorder, "train", "alcohol");
    assert_eq!(train.iter().copied().fold(f64::MAX, f64::min), 0.0);
    assert_eq!(train.iter().copied().fold(f64::MIN, f64::max), 1.0);
}

#[test]
fn text_becomes_one_column_per_category_seen_in_training() {
    let mut text = String::from("colour,size,y\n");
    for row in 0..40 {
        let colour = ["red", "green", "NA"][row % 3];
        text.push_str(&format!("{colour},{row},{}\n", row % 2));
    }
    text.push_str("violet,1,1\n");
    let missing = json!({ "missing": "mean", "test_fraction": 0.5, "scale": "standard" });
    for seed in 0..10 {
        let mut with = missing.clone();
        with["seed"] = json!(seed);
        let recorder = run(&text, with).unwrap();
        let (header, train) = table(&recorder, "train");
        let (_, test) = table(&recorder, "test");
        let width = header.len() - 2;
        let ones = |row: &Vec<String>| row[..width].iter().filter(|cell| *cell == "1.0").count();
        assert!(
            train.iter().all(|row| ones(row) == 1),
            "a missing colour is filled"
        );
        let unseen = test.iter().filter(|row| ones(row) == 0).count();
        let known = header.contains(&"colour=violet".to_owned());
        assert_eq!(unseen, usize::from(!known), "{header:?}");
    }
}

#[test]
fn numbers_can_be_taken_for_categories_and_columns_dropped() {
    let text = "id,size,y\n1,1,a\n2,2,b\n3,1,a\n4,2,b\n5,1,a\n6,2,b\n";
    let with = json!({ "drop": "id", "categorical": ["size"], "target": "y" });
    let recorder = run(text, with).unwrap();
    assert_eq!(table(&recorder, "train").0, ["size=1", "size=2", "y"]);
}

#[test]
fn missing_cells_are_refused_dropped_or_filled() {
    let text = "a,y\n1,x\n,x\n3,y\n5,y\n?,y\n7,x\n";
    let error = refusal(text, json!({}));
    assert!(
        error
            .to_string()
            .ends_with("line 3: column `a` has no value"),
        "{error}"
    );
    assert!(error.help().unwrap().contains("missing: mean"));

    let dropped = run(text, json!({ "missing": "drop" })).unwrap();
    assert_eq!(dropped.lines[0], "dropped 2 of 6 rows for missing cells");
    assert_eq!(
        table(&dropped, "train").1.len() + table(&dropped, "test").1.len(),
        4
    );

    // Of the five rows that can be filled, those drawn for training decide the mean.
    let filled = run(
        "a,y\n1,x\n3,x\n5,x\n,x\n",
        json!({ "missing": "mean", "seed": 1 }),
    )
    .unwrap();
    let (train, test) = (column(&filled, "train", "a"), column(&filled, "test", "a"));
    let all = [train.clone(), test].concat();
    let known: Vec<f64> = train
        .iter()
        .copied()
        .filter(|a| [1.0, 3.0, 5.0].contains(a))
        .collect();
    assert!(all.contains(&mean(&known)), "{all:?}");
}

#[test]
fn a_regression_target_always_has_a_decimal_point_and_a_class_never() {
    let mut recorder = Recorder::new();
    let with = json!({ "dataset": "winequality", "task": "regression" });
    recorder.run("preprocess", &with).unwrap();
    assert!(
        table(&recorder, "train")
            .1
            .iter()
            .all(|row| row[11].contains('.'))
    );
    assert_eq!(recorder.value("task"), "regression");

    let with = json!({ "task": "classification", "test_fraction": 0.5 });
    let recorder = run("a,y\n1,0.0\n2,1.0\n3,0.0\n4,1.0\n", with).unwrap();
    assert!(
        table(&recorder, "train")
            .1
            .iter()
            .all(|row| !row[1].contains('.'))
    );
}

#[test]
fn a_class_that_looks_like_a_quantity_is_pointed_out() {
    let rows: String = (0..60).map(|row| format!("{row},{}\n", row % 30)).collect();
    let with = json!({ "task": "classification", "test_fraction": 0.5 });
    let recorder = run(&format!("a,y\n{rows}"), with).unwrap();
    assert!(
        recorder
            .lines
            .last()
            .unwrap()
            .starts_with("set `task: classification`")
    );
}

/// Against scikit-learn 1.9.1: `PCA(2).fit_transform(X)[:2]`, up to the sign of each component.
#[test]
fn principal_components_are_those_of_scikit_learn() {
    let table = crate::datasets::load("iris").unwrap();
    let numbers = |row: &csv::StringRecord| (0..4).map(|c| row[c].parse().unwrap()).collect();
    let cells: Vec<Vec<f64>> = table.rows.iter().map(numbers).collect();
    let x = ndarray::Array2::from_shape_vec((150, 4), cells.concat()).unwrap();
    let projected = super::reduce::Reducer::fit(&x, 2).unwrap().transform(&x);
    let expected = [
        [-2.6842071251039528, 0.3266073147643729],
        [-2.7153906156341328, -0.1695568475560485],
    ];
    for component in 0..2 {
        let sign = (projected[[0, component]] * expected[0][component]).signum();
        for row in 0..2 {
            let difference = projected[[row, component]] * sign - expected[row][component];
            assert!(difference.abs() < 1e-9, "{difference}");
        }
    }
    assert!(super::reduce::Reducer::fit(&x, 4).is_ok());
}

#[test]
fn principal_components_replace_the_features() {
    let mut recorder = Recorder::new();
    let with = json!({ "dataset": "iris", "pca": 2, "scale": "standard" });
    recorder.run("preprocess", &with).unwrap();
    assert_eq!(table(&recorder, "test").0, ["pc1", "pc2", "species"]);
    let with = json!({ "dataset": "iris", "pca": 5 });
    let error = recorder.run("preprocess", &with).unwrap_err();
    assert_eq!(error.help().unwrap(), "give at most 4");
}

#[test]
fn unfit_data_is_explained() {
    for (text, with, problem) in [
        ("a,y\n1,x\n", json!({}), "only one row"),
        (
            "a,y\n1,x\n2,\n",
            json!({}),
            "line 3: column `y` has no value, and it is the target",
        ),
        (
            "a,y\n,x\n,y\n",
            json!({ "missing": "mean" }),
            "column `a` has no value in the training part",
        ),
        (
            "a,y\n,x\n,y\n",
            json!({ "missing": "drop" }),
            "every row of",
        ),
        (
            "a,y\n1,x\ninf,y\n",
            json!({}),
            "holds `inf`, which is not finite",
        ),
        (
            "a,y\n1,x\n2,y\n",
            json!({ "drop": ["a"] }),
            "no feature is left",
        ),
        (
            "a,y\n1,x\n2,y\n",
            json!({ "drop": ["y"] }),
            "the target `y` is dropped",
        ),
        (
            "a,y\n1,x\n2,y\n",
            json!({ "categorical": ["y"] }),
            "it is not a feature",
        ),
        (
            "a,y\n1,x\n2,y\n",
            json!({ "target": "z" }),
            "has no column `z`",
        ),
        (
            "a,y\n1,1.5\n2,2.5\n",
            json!({ "stratify": true }),
            "the task is regression",
        ),
    ] {
        let error = refusal(text, with).to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn exactly_one_source_is_wanted() {
    let component = find("preprocess").unwrap();
    let problem = |with: Json| {
        let with = with.as_object().unwrap().clone();
        let known = with.into_iter().map(|(key, value)| (key, Some(value)));
        let problems = component.check(&known.collect());
        problems
            .into_iter()
            .map(|problem| problem.message)
            .collect::<Vec<_>>()
    };
    assert_eq!(problem(json!({})), ["neither `dataset` nor `csv` is given"]);
    assert_eq!(
        problem(json!({ "dataset": "iris", "csv": "a.csv" })),
        ["`dataset` and `csv` exclude each other"]
    );
    assert!(problem(json!({ "dataset": "iris", "csv": null })).is_empty());
    assert!(Recorder::new().run("preprocess", &json!({})).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the bytes, there is an answer: artifacts or an error with a message.
    #[test]
    fn garbage_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut recorder = Recorder::new();
        let path = recorder.file("data.csv", &bytes);
        if let Err(error) = recorder.run("preprocess", &json!({ "csv": path })) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    /// Text that looks like CSV, with all settings on.
    #[test]
    fn near_data_is_answered(
        cells in prop::collection::vec("[a-c]|[0-9]{1,3}|NA|-1\\.5|inf|", 6..60),
        missing in prop::sample::select(vec!["error", "drop", "mean"]),
        scale in prop::sample::select(vec!["none", "standard", "min_max"]),
        pca in prop::option::of(1..3),
    ) {
        let rows = cells.chunks_exact(3).map(|row| row.join(","));
        let text: String = std::iter::once("a,b,y".to_owned()).chain(rows).map(|line| line + "\n").collect();
        let with = json!({ "missing": missing, "scale": scale, "pca": pca });
        if let Ok(recorder) = run(&text, with) {
            let (header, train) = table(&recorder, "train");
            for row in train.iter().chain(&table(&recorder, "test").1) {
                prop_assert_eq!(row.len(), header.len());
                for cell in &row[..row.len() - 1] {
                    prop_assert!(cell.parse::<f64>().unwrap().is_finite());
                }
            }
        }
    }
}
