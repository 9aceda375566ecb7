//! The core, tested by simulation: thousands of seeded runs on a virtual clock, with crashes at any moment, duplicated and stale news,
//! failing, hanging and slow steps. The promises are checked at every transaction; a failing seed reproduces itself.

mod clients;
mod experiments;
mod invariants;
mod world;

use experiments::{Shape, experiment};
use jiff::SignedDuration;
use proptest::prelude::*;
use world::{Faults, World};

use super::event::{Answer, Command, Event, Ticket, Told, Wish};
use crate::metrics::ClientReport;
use crate::spec::Convergence;
use crate::state::{ExperimentReason, ExperimentState, StepState, TrialReason, TrialState};
use crate::store::TrialRecord;
use tune_algorithms::algorithm::Outlook;

fn run(shape: &Shape, seed: u64, faults: Faults) -> World {
    let mut world = World::new(experiment(shape, seed), seed, faults);
    world.run_to_the_end();
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Whatever happens, the experiment comes to its end, and every invariant holds at every transaction.
    #[test]
    fn every_run_keeps_the_promises(shape: Shape, seed: u64, faults: Faults) {
        let shape = Shape { clients: 0, acts: Vec::new(), ..shape };
        let world = run(&shape, seed, faults);
        invariants::at_the_end(&world);
    }

    /// The same with clients that ask and tell, and a user who enqueues, pauses, resumes and changes limits.
    #[test]
    fn every_run_with_people_keeps_the_promises(shape: Shape, seed: u64, faults: Faults) {
        let world = run(&shape, seed, faults);
        invariants::at_the_end(&world);
    }

    /// However often the time of day is put forward: nothing ends early for that, and no time is accounted for.
    #[test]
    fn leaps_of_the_clock_change_nothing(shape: Shape, seed: u64, faults: Faults) {
        let steady = run(&shape, seed, faults);
        let leaping = run(&shape, seed, Faults { leaps: true, ..faults });
        prop_assert_eq!(steady.results(), leaping.results());
        prop_assert_eq!(steady.state(), leaping.state());
        prop_assert_eq!(steady.tables.update.active_seconds, leaping.tables.update.active_seconds);
    }

    /// One trial at a time: a run that crashes again and again finds what an undisturbed one finds.
    #[test]
    fn crashes_do_not_change_the_search(shape: Shape, seed: u64, crashes in 0.0..0.3) {
        let shape = Shape { parallel_trials: 1, max_duration: None, early_stopping: false, clients: 0, acts: Vec::new(), ..shape };
        let undisturbed = run(&shape, seed, Faults::NONE);
        let crashing = run(&shape, seed, Faults { crashes, ..Faults::NONE });
        prop_assert_eq!(undisturbed.results(), crashing.results());
    }
}

#[test]
fn leases_begin_anew_when_the_store_is_back() {
    let shape = Shape {
        clients: 1,
        retries: 1,
        ..simple()
    };
    let mut world = World::new(experiment(&shape, 1), 1, Faults::NONE);
    let mut core = world.with_a_trial_handed_out();
    let after = |seconds| world.now + SignedDuration::from_secs(seconds);
    assert_eq!(core.wake_at(), Some(after(120)));
    core.handle(after(100), Event::Back);
    assert_eq!(core.wake_at(), Some(after(220)));
    core.take();
    core.handle(after(219), Event::Tick);
    assert!(core.take().changes.trials.is_empty());
    core.handle(after(220), Event::Tick);
    let taken_back = core.take().changes.trials;
    assert_eq!(taken_back[0].state, TrialState::Queued);
}

/// What ends an experiment that has converged by nothing.
const NEVER: Convergence = Convergence {
    stagnation: None,
    min_improvement: 0.0,
    expected_improvement: None,
    regret: None,
};

const CONVERGED: (ExperimentState, Option<ExperimentReason>) = (
    ExperimentState::Succeeded,
    Some(ExperimentReason::Converged),
);

fn simple() -> Shape {
    Shape {
        max_trials: Some(10),
        parallel_trials: 2,
        ..Shape::default()
    }
}

#[test]
fn all_trials_run_when_nothing_goes_wrong() {
    let world = run(&simple(), 1, Faults::NONE);
    assert_eq!(
        world.state(),
        (
            ExperimentState::Succeeded,
            Some(ExperimentReason::MaxTrials)
        )
    );
    assert!(
        world
            .trials()
            .all(|trial| trial.state == TrialState::Succeeded && trial.objective.is_some())
    );
}

#[test]
fn a_target_ends_the_experiment_and_cancels_what_runs() {
    let world = run(
        &Shape {
            target: Some(0.0),
            max_trials: Some(1000),
            parallel_trials: 4,
            ..Shape::default()
        },
        2,
        Faults::NONE,
    );
    assert_eq!(
        world.state(),
        (
            ExperimentState::Succeeded,
            Some(ExperimentReason::TargetReached)
        )
    );
    assert!(
        world
            .trials()
            .any(|trial| trial.state == TrialState::Cancelled)
    );
    assert!(world.trials().count() < 1000);
}

#[test]
fn an_experiment_that_has_stopped_getting_better_has_converged() {
    let shape = Shape {
        stagnation: Some(8),
        max_trials: Some(1000),
        ..simple()
    };
    let world = run(&shape, 2, Faults::NONE);
    assert_eq!(
        world.state(),
        (
            ExperimentState::Succeeded,
            Some(ExperimentReason::Converged)
        )
    );
    let mut finished: Vec<_> = world
        .trials()
        .filter(|trial| trial.state == TrialState::Succeeded)
        .collect();
    finished.sort_by_key(|trial| trial.finished_order);
    let (before, waited) = finished.split_at(finished.len() - 8);
    let best = |trials: &[&TrialRecord]| {
        let values = trials.iter().filter_map(|trial| trial.objective);
        values.fold(f64::NEG_INFINITY, f64::max)
    };
    assert!(finished.len() < 1000 && best(waited) <= best(before));
}

#[test]
fn where_little_is_expected_what_is_under_way_still_ends_by_itself() {
    let shape = Shape {
        max_trials: Some(1000),
        parallel_trials: 4,
        ..simple()
    };
    let mut world = World::new(experiment(&shape, 5), 5, Faults::NONE);
    world.experiment.limits.converged = Some(Convergence {
        regret: Some(0.01),
        ..NEVER
    });
    let outlook = Outlook {
        expected_improvement: 0.1,
        regret: 0.001,
    };
    world.expect_after(10, outlook);
    assert_eq!(world.state(), CONVERGED);
    let mut trials = world.trials();
    assert!(trials.all(|trial| trial.state == TrialState::Succeeded));
    assert!((10..20).contains(&world.trials().count()));
}

/// One trial at a time: it ends after the same trial, however often its process dies.
#[test]
fn a_search_that_knows_enough_ends_whatever_happens_to_the_process() {
    for (expected_improvement, regret) in [(Some(0.005), None), (None, Some(0.2))] {
        let until = Convergence {
            expected_improvement,
            regret,
            ..NEVER
        };
        let ended = |crashes| {
            let shape = Shape {
                max_trials: Some(200),
                parallel_trials: 1,
                ..simple()
            };
            let faults = Faults {
                crashes,
                ..Faults::NONE
            };
            let mut world = World::new(experiment(&shape, 5), 5, faults);
            world.experiment.algorithm.name = "gp".into();
            world.experiment.limits.converged = Some(until);
            world.run_to_the_end();
            assert_eq!(world.state(), CONVERGED, "{until:?}");
            world.results()
        };
        let undisturbed = ended(0.0);
        assert!((12..200).contains(&undisturbed.len()), "{until:?}");
        assert_eq!(ended(0.05), undisturbed);
    }
}

#[test]
fn where_little_is_expected_who_asks_gets_nothing_and_does_not_wait() {
    let shape = Shape {
        clients: 1,
        retries: 1,
        ..simple()
    };
    let mut world = World::new(experiment(&shape, 1), 1, Faults::NONE);
    world.experiment.limits.converged = Some(Convergence {
        expected_improvement: Some(0.01),
        ..NEVER
    });
    let mut core = world.with_a_trial_handed_out();
    let report = ClientReport {
        name: "score".into(),
        level: None,
        value: 1.0,
    };
    let told = Wish::Tell(0, Told::Succeeded(vec![report]));
    let mut given = |event| {
        core.handle(world.now, event);
        let mut commands = core.take().commands.into_iter();
        commands.find_map(|command| match command {
            Command::Answer(_, Answer::Trials(trials)) => Some(trials.len()),
            _ => None,
        })
    };
    given(Event::Wish(Ticket(1), told));
    let under_way = given(Event::Wish(Ticket(2), Wish::Ask(1)));
    assert_eq!(under_way, Some(1));
    given(Event::Suggested {
        round: 0,
        suggestions: Vec::new(),
        exhausted: false,
        outlook: Some(Outlook {
            expected_improvement: 0.001,
            regret: 0.1,
        }),
    });
    assert_eq!(given(Event::Wish(Ticket(3), Wish::Ask(1))), Some(0));
}

#[test]
fn too_many_failures_fail_the_experiment() {
    let shape = Shape {
        failing: 1.0,
        max_failed_trials: Some(3),
        ..simple()
    };
    let world = run(&shape, 3, Faults::NONE);
    assert_eq!(
        world.state(),
        (
            ExperimentState::Failed,
            Some(ExperimentReason::MaxFailedTrials)
        )
    );
    assert_eq!(
        world
            .trials()
            .filter(|trial| trial.state == TrialState::Failed)
            .count(),
        3
    );
}

#[test]
fn an_experiment_without_a_single_result_has_failed() {
    let world = run(
        &Shape {
            failing: 1.0,
            ..simple()
        },
        4,
        Faults::NONE,
    );
    assert_eq!(
        world.state(),
        (ExperimentState::Failed, Some(ExperimentReason::MaxTrials))
    );
}

#[test]
fn a_finite_space_is_tried_to_its_end() {
    let world = run(
        &Shape {
            choices: 5,
            max_trials: None,
            ..simple()
        },
        5,
        Faults::NONE,
    );
    assert_eq!(
        world.state(),
        (
            ExperimentState::Succeeded,
            Some(ExperimentReason::SpaceExhausted)
        )
    );
    assert_eq!(world.trials().count(), 5);
}

#[test]
fn time_ends_an_experiment_and_its_account_survives_crashes() {
    let shape = Shape {
        max_trials: None,
        max_duration: Some(600),
        ..simple()
    };
    for crashes in [0.0, 0.05] {
        let world = run(
            &shape,
            6,
            Faults {
                crashes,
                ..Faults::NONE
            },
        );
        assert_eq!(
            world.state(),
            (
                ExperimentState::Succeeded,
                Some(ExperimentReason::MaxDuration)
            )
        );
    }
}

#[test]
fn a_failed_attempt_is_tried_again_as_often_as_allowed() {
    let world = run(
        &Shape {
            failing: 1.0,
            retries: 2,
            ..simple()
        },
        7,
        Faults::NONE,
    );
    let first = world
        .steps()
        .find(|step| step.state == StepState::Failed)
        .expect("every step fails");
    assert_eq!((first.attempt, first.failures), (3, 3));
    let by_its_step = |reason| {
        matches!(
            reason,
            Some(TrialReason::StepFailed | TrialReason::TimedOut)
        )
    };
    assert!(world.trials().all(|trial| by_its_step(trial.reason)));
}

#[test]
fn without_the_objective_a_trial_fails_and_says_so() {
    let world = run(
        &Shape {
            silent: true,
            ..simple()
        },
        8,
        Faults::NONE,
    );
    assert!(
        world
            .trials()
            .all(|trial| trial.reason == Some(TrialReason::MetricMissing))
    );
}

#[test]
fn a_drained_experiment_is_paused_with_nothing_running_and_goes_on_later() {
    let mut world = World::new(experiment(&simple(), 9), 9, Faults::NONE);
    world.run_until_drained(4);
    assert_eq!(
        world.state(),
        (ExperimentState::Paused, Some(ExperimentReason::Interrupted))
    );
    assert_eq!(world.running_tasks(), 0);
    world.run_to_the_end();
    assert_eq!(world.results(), run(&simple(), 9, Faults::NONE).results());
}

#[test]
fn a_killed_run_goes_on_later_and_its_interrupted_attempts_are_no_failures() {
    let mut world = World::new(experiment(&simple(), 12), 12, Faults::NONE);
    world.run_until_killed(4);
    assert_eq!(
        world.state(),
        (ExperimentState::Paused, Some(ExperimentReason::Interrupted))
    );
    assert_eq!(world.running_tasks(), 0);
    world.run_to_the_end();
    assert!(world.steps().any(|step| step.attempt > 1));
    assert!(world.steps().all(|step| step.failures == 0));
    let undisturbed = run(&simple(), 12, Faults::NONE);
    assert_eq!(world.configurations(), undisturbed.configurations());
}

#[test]
fn a_machine_without_room_pauses_the_experiment_and_costs_no_trial() {
    let mut world = World::new(experiment(&simple(), 13), 13, Faults::NONE);
    world.refuse_after(3);
    assert_eq!(
        world.state(),
        (ExperimentState::Paused, Some(ExperimentReason::Interrupted))
    );
    world.run_to_the_end();
    assert!(
        world
            .trials()
            .all(|trial| trial.state == TrialState::Succeeded)
    );
    assert!(world.steps().all(|step| step.failures == 0));
}

#[test]
fn a_raised_budget_lets_a_finished_experiment_run_on() {
    let mut world = World::new(experiment(&simple(), 10), 10, Faults::NONE);
    world.run_to_the_end();
    world.set_max_trials(15);
    world.run_to_the_end();
    assert_eq!(world.trials().count(), 15);
    let at_once = run(
        &Shape {
            max_trials: Some(15),
            ..simple()
        },
        10,
        Faults::NONE,
    );
    assert_eq!(world.configurations(), at_once.configurations());
}

#[test]
fn a_cancelled_experiment_ends_whether_it_is_driven_or_not() {
    for driven in [true, false] {
        let mut world = World::new(experiment(&simple(), 11), 11, Faults::NONE);
        world.cancel_after(3, driven);
        assert_eq!(
            world.state(),
            (
                ExperimentState::Cancelled,
                Some(ExperimentReason::Cancelled)
            )
        );
        assert!(world.trials().all(|trial| trial.state.is_finished()));
        assert_eq!(world.running_tasks(), 0);
    }
}

/// The stopper stops a trial with two steps under way; the process dies when the first of them has ended, before the trial has.
#[test]
fn a_crash_between_the_ends_of_stopped_steps_does_not_strand_their_trial() {
    let shape = Shape {
        needs: vec![0, 84, 11, 40],
        max_trials: Some(16),
        slots: 3,
        choices: 16,
        retries: 1,
        early_stopping: true,
        failing: 0.328_085_836_461_448_84,
        ..Shape::default()
    };
    let faults = Faults {
        leaps: false,
        crashes: 0.043_951_882_771_525_92,
        duplicates: 0.234_091_784_869_832_1,
        clock: 0.025_523_526_543_705_46,
    };
    let world = run(&shape, 16_880_199_114_580_525_185, faults);
    invariants::at_the_end(&world);
}
