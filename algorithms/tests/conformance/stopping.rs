//! What early stopping is for: as good a result for a fraction of the work, with default settings, on simulated and on real learning
//! curves, in virtual time. The example `stopping` prints more of these figures.

use crate::curves::{CROSSING, Comparison, NOISE, PARALLEL, TRAINED, models};
use tune_algorithms::history::Goal;
use tune_algorithms::setting::Settings;
use tune_algorithms::stopper::{Stopper, build};

fn asha() -> Box<dyn Stopper> {
    build("asha", Goal::Minimize, &models(), &Settings::new()).unwrap()
}

/// The same models with and without: only the stopper makes a difference.
#[test]
fn halving_finds_the_same_model_for_a_fraction_of_the_work() {
    for curves in [PARALLEL, CROSSING] {
        let found = Comparison::new("random", 0..60, curves, &asha);
        let (worse, error) = found.cost();
        let (name, share) = (curves.name, found.share);
        assert!(share < 0.4, "{name}: {share}");
        // The lowest possible loss is 0.1, that of most models above 0.2.
        assert!(
            worse < 2.0 * error + 0.0005,
            "{name}: {worse} ± {error} for {share}"
        );
    }
}

/// Real models begin to learn by heart, some soon, and some only when most others have ended.
#[test]
fn halving_finds_as_good_a_model_that_is_really_trained() {
    let found = Comparison::new("random", 0..10, TRAINED, &asha);
    let ((worse, error), share) = (found.cost(), found.share);
    assert!(share < 0.4, "{share}");
    // Less than a single measurement is off by.
    assert!(worse < NOISE, "{worse} ± {error} for {share}");
}

/// An algorithm that learns tries ever better models, of which more are worth finishing.
#[test]
fn a_search_that_learns_is_not_led_astray() {
    for curves in [PARALLEL, CROSSING] {
        let found = Comparison::new("tpe", 0..20, curves, &asha);
        let ((worse, error), share) = (found.cost(), found.share);
        let name = curves.name;
        assert!(share < 0.4, "{name}: {share}");
        // Less than a single measurement is off by.
        assert!(worse < NOISE, "{name}: {worse} ± {error} for {share}");
    }
}
