//! The whole of `gp`; its parts are tested where they are.

use super::*;
use crate::history::Outcome;
use crate::space::{Domain, Parameter, Scale};

fn floats(count: usize) -> Arc<Space> {
    let float = Domain::Float {
        min: 0.0,
        max: 1.0,
        scale: Scale::Linear,
        step: None,
        points: None,
    };
    let parameters = (0..count).map(|i| Parameter::new(format!("x{i}"), float.clone()));
    Arc::new(Space::new(parameters.collect()).unwrap())
}

fn gp(space: &Arc<Space>) -> Gp {
    let settings = crate::setting::check(INFO.settings, &Default::default()).unwrap();
    Gp::new(Arc::clone(space), 1, &settings)
}

fn bowl(configuration: &Configuration) -> f64 {
    let numbers = configuration.iter().filter_map(|(_, value)| value.as_f64());
    numbers.map(|x| (x - 0.3) * (x - 0.3)).sum()
}

/// So many random trials.
fn tried(space: &Arc<Space>, count: usize) -> History {
    let mut history = History::new(Goal::Minimize);
    let configurations = random::Random::new(Arc::clone(space), 1).suggest(&history, count);
    for configuration in configurations {
        finish(&mut history, configuration);
    }
    history
}

fn finish(history: &mut History, configuration: Configuration) {
    let value = bowl(&configuration);
    let number = history.create(configuration);
    history.finish(number, Outcome::Succeeded(value));
}

#[test]
fn it_begins_in_the_middle() {
    let space = floats(3);
    let first = gp(&space).suggest(&History::new(Goal::Minimize), 1);
    assert_eq!(first[0], space.decode(&[0.5; 3]));
}

#[test]
fn with_very_many_trials_it_still_learns_and_a_new_instance_suggests_the_same() {
    let space = floats(2);
    let mut history = tried(&space, 500);
    let mut followed = gp(&space);
    for _ in 0..12 {
        let next = followed.suggest(&history, 1).remove(0);
        finish(&mut history, next);
    }
    assert_eq!(
        gp(&space).suggest(&history, 3),
        followed.suggest(&history, 3)
    );
    let last = &history.trials()[500..];
    let best = last
        .iter()
        .map(|trial| bowl(&trial.configuration))
        .fold(1.0, f64::min);
    assert!(best < 1e-4, "{best}");
}

#[test]
fn more_trials_at_once_than_it_takes_note_of_make_no_difference() {
    let space = floats(2);
    let mut history = tried(&space, 10);
    let whole = gp(&space).suggest(&history, model::MOST_PENDING + 5);
    for configuration in &whole[..model::MOST_PENDING + 2] {
        history.create(configuration.clone());
    }
    assert_eq!(
        gp(&space).suggest(&history, 3),
        whole[model::MOST_PENDING + 2..]
    );
}

#[test]
fn it_says_why() {
    let space = floats(2);
    let mut history = tried(&space, 7);
    let mut gp = gp(&space);
    gp.suggest(&history, 2);
    assert!(gp.why().len() == 2 && gp.why()[0].reason == Reason::Startup);
    let next = gp.suggest(&history, 1).remove(0);
    finish(&mut history, next);
    for _ in 0..20 {
        let next = gp.suggest(&history, 1).remove(0);
        let value = bowl(&next);
        let why = &gp.why()[0];
        let prediction = why.prediction.unwrap();
        assert!(why.acquisition.is_some());
        finish(&mut history, next);
        assert!(prediction.deviation > 0.0);
        if history.trials().len() > 20 {
            let error = (prediction.mean - value).abs();
            assert!(
                error < 0.01 + 5.0 * prediction.deviation,
                "{prediction:?} {value}"
            );
        }
    }
}

#[test]
fn it_expects_ever_less_improvement() {
    let space = floats(2);
    let mut history = tried(&space, 8);
    let mut gp = gp(&space);
    let mut expected = Vec::new();
    for _ in 0..40 {
        let next = gp.suggest(&history, 1).remove(0);
        expected.push(gp.expected_improvement());
        finish(&mut history, next);
    }
    assert_eq!(expected[..6], [None; 6]);
    let known: Vec<f64> = expected[6..].iter().copied().flatten().collect();
    assert_eq!(known.len(), 34);
    assert!(
        known.iter().all(|gain| (0.0..0.1).contains(gain)),
        "{known:?}"
    );
    assert!(known[33] < 1e-6, "{known:?}");
}

#[test]
fn where_trials_fail_it_hardly_looks() {
    let space = floats(2);
    let mut history = tried(&space, 10);
    let mut gp = gp(&space);
    let mut failed = 0;
    for _ in 0..40 {
        // The best is at the border of where trials fail.
        let next = gp.suggest(&history, 1).remove(0);
        let fails = next.get("x0").and_then(crate::space::Value::as_f64) < Some(0.3);
        let value = bowl(&next);
        let number = history.create(next);
        let outcome = if fails {
            Outcome::Failed
        } else {
            Outcome::Succeeded(value)
        };
        history.finish(number, outcome);
        failed += usize::from(fails);
    }
    let succeeded = history
        .trials()
        .iter()
        .filter_map(|trial| match trial.outcome {
            Some(Outcome::Succeeded(value)) => Some(value),
            _ => None,
        });
    let best = succeeded.fold(1.0, f64::min);
    assert!(failed < 35 && best < 1e-3, "{failed} {best}");
}
