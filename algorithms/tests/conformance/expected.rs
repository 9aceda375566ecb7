//! What was suggested once is suggested for ever, on every platform: experiments must go on after an upgrade.
//! A change here breaks running experiments.

use crate::search::Search;
use crate::spaces::{everything, finite};
use tune_algorithms::algorithm::build;
use tune_algorithms::history::{Goal, History, Outcome};

fn suggested(name: &str) -> Vec<String> {
    let suggested = Search::new(name, &everything(), 42).suggest(4);
    suggested
        .iter()
        .map(|configuration| serde_json::to_string(configuration).unwrap())
        .collect()
}

#[test]
fn random() {
    assert_eq!(
        suggested("random"),
        [
            r#"{"model":"boosting","trees":25,"rate":0.09703869077329726,"dart":false,"folds":6,"noise":-0.46695828043711285}"#,
            r#"{"model":"svm","kernel":2,"folds":10,"noise":0.1011581725228814}"#,
            r#"{"model":"forest","trees":62,"folds":8,"noise":0.09829101007386187}"#,
            r#"{"model":"boosting","trees":97,"rate":0.5541713928931363,"dart":true,"dropout":0.2,"folds":10,"noise":0.33848086003787214}"#,
        ]
    );
}

#[test]
fn sobol() {
    assert_eq!(
        suggested("sobol"),
        [
            r#"{"model":"svm","kernel":"rbf","folds":6,"noise":0.40444865077755154}"#,
            r#"{"model":"forest","trees":281,"folds":8,"noise":-0.6574649838741351}"#,
            r#"{"model":"svm","kernel":4.5,"folds":8,"noise":0.5121821668774107}"#,
            r#"{"model":"boosting","trees":13,"rate":0.4955268127356213,"dart":false,"folds":4,"noise":-0.4381950003562418}"#,
        ]
    );
}

/// The order in which the rest of a finite space is gone through.
#[test]
fn shuffled() {
    let settings = serde_json::from_value(serde_json::json!({"order": "shuffled"})).unwrap();
    let mut grid = build("grid", finite(), 42, &settings).unwrap();
    let suggested = grid.suggest(&History::new(Goal::Minimize), 4);
    let suggested: Vec<String> = suggested
        .iter()
        .map(|configuration| serde_json::to_string(configuration).unwrap())
        .collect();
    assert_eq!(
        suggested,
        [
            r#"{"model":"b","flag":false,"size":64}"#,
            r#"{"model":"a","depth":2}"#,
            r#"{"model":"b","flag":false,"size":16}"#,
            r#"{"model":"b","flag":true,"size":32}"#,
        ]
    );
}

/// What comes after it has learnt from thirty trials.
fn learnt(name: &str) -> Vec<String> {
    let mut search = Search::new(name, &everything(), 42);
    search.run(30, 1, |number| {
        Some(Outcome::Succeeded((number as f64 * 7.0) % 11.0))
    });
    let suggested = search.suggest(2);
    suggested
        .iter()
        .map(|configuration| serde_json::to_string(configuration).unwrap())
        .collect()
}

#[test]
fn cmaes() {
    assert_eq!(
        learnt("cmaes"),
        [
            r#"{"model":"svm","kernel":2,"folds":6,"noise":0.30145947974034404}"#,
            r#"{"model":"svm","kernel":"rbf","folds":4,"noise":-0.06009328116558321}"#,
        ]
    );
}

#[test]
fn tpe() {
    assert_eq!(
        learnt("tpe"),
        [
            r#"{"model":"forest","trees":193,"folds":6,"noise":0.4049563427955223}"#,
            r#"{"model":"boosting","trees":13,"rate":0.291558408398256,"dart":true,"dropout":0.5,"folds":6,"noise":0.6877661189608801}"#,
        ]
    );
}

#[test]
fn gp() {
    assert_eq!(
        learnt("gp"),
        [
            r#"{"model":"boosting","trees":39,"rate":0.06636392311390446,"dart":true,"dropout":0.5,"folds":6,"noise":-0.12015597027147229}"#,
            r#"{"model":"boosting","trees":52,"rate":0.09991539840799021,"dart":true,"dropout":0.7,"folds":6,"noise":-0.00029781417201973914}"#,
        ]
    );
}

#[test]
fn auto() {
    assert_eq!(learnt("auto"), learnt("gp"));
}
