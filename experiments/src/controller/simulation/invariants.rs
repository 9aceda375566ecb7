//! What must be true at every transaction, at every start of a task, and at the end.

use super::world::World;
use crate::engine::TaskId;
use crate::state::{StepState, TrialState};
use crate::store::{Changes, EventKind};

/// What has finished stays as it is; numbers follow each other; each transition has its event.
pub fn at_a_transaction(world: &World, changes: &Changes) {
    for trial in &changes.trials {
        match world.tables.trials.get(&trial.number) {
            Some(stored) => {
                assert!(
                    !stored.state.is_finished(),
                    "trial {} finished twice",
                    trial.number
                );
                assert_eq!(stored.why, trial.why, "another reason after a restart");
            }
            None => assert!(
                trial.state == TrialState::Queued
                    || trial.handed_out > 0
                    || changes
                        .trials
                        .iter()
                        .filter(|other| other.number == trial.number)
                        .count()
                        > 1
            ),
        }
    }
    for step in &changes.steps {
        if let Some(stored) = world.tables.steps.get(&(step.trial, step.step.clone())) {
            assert!(
                !stored.state.is_finished(),
                "step {}/{} ran again",
                step.trial,
                step.step
            );
            assert!(step.attempt >= stored.attempt);
        }
    }
    let told = |kind| {
        changes
            .events
            .iter()
            .filter(|event| event.kind == kind)
            .count()
    };
    assert_eq!(
        told(EventKind::Trial),
        changes.trials.len(),
        "every change of a trial is told"
    );
    assert_eq!(
        told(EventKind::Step),
        changes.steps.len(),
        "every change of a step run is told"
    );
}

/// The limits hold, and no step is ahead of those it needs.
pub fn after_a_transaction(world: &World) {
    let numbers = world.tables.trials.keys().copied();
    assert!(
        numbers.eq(0..world.tables.trials.len() as u64),
        "trial numbers have gaps"
    );
    if let Some(max_trials) = world.most_trials {
        assert!(
            world.tables.trials.len() as u64 <= max_trials,
            "more trials than allowed"
        );
    }
    let unfinished = world
        .trials()
        .filter(|trial| !trial.state.is_finished())
        .filter(|trial| !(trial.enqueued && trial.state == TrialState::Queued))
        .count();
    assert!(
        world.shape.clients > 0 || unfinished <= world.experiment.limits.parallel_trials as usize,
        "more trials at once than allowed"
    );
    for (number, told) in &world.outside.acknowledged {
        let stored = world.tables.trials.get(number);
        assert_eq!(stored, Some(told), "an acknowledged result is gone");
    }
    let most = world
        .experiment
        .leases
        .as_ref()
        .map_or(0, |leases| leases.max_retries + 1);
    for trial in world.trials() {
        assert!(trial.handed_out <= most, "handed out too often");
        assert_ne!(trial.enqueued, trial.why.is_some(), "a reason or a user");
    }
    for step in world.steps().filter(|step| step.attempt > 0) {
        for needed in &world.experiment.pipeline.steps[&step.step].needs {
            let needed = world.tables.steps.get(&(step.trial, needed.clone()));
            assert!(
                needed.is_some_and(|needed| needed.state == StepState::Succeeded),
                "a step began too early"
            );
        }
    }
}

/// The intent is stored before the act, and no attempt is started twice.
pub fn at_a_start(world: &mut World, id: &TaskId) {
    let stored = &world.tables.steps[&(id.trial, format!("step_{}", id.step))];
    assert_eq!(
        (stored.state, stored.attempt),
        (StepState::Running, id.attempt),
        "started before it was stored"
    );
    let siblings = world
        .tables
        .steps
        .range((id.trial, String::new())..(id.trial + 1, String::new()));
    let lost =
        siblings.filter(|(_, step)| matches!(step.state, StepState::Failed | StepState::TimedOut));
    assert_eq!(
        lost.count(),
        0,
        "a step of a trial that has failed was started"
    );
    assert!(
        world.started.insert(id.clone()),
        "attempt {id:?} was started twice"
    );
}

/// Everything has come to its end, in one order, and the experiment's state says why.
pub fn at_the_end(world: &World) {
    assert!(world.trials().all(|trial| trial.state.is_finished()));
    assert!(world.steps().all(|step| step.state.is_finished()));
    let mut orders = world
        .trials()
        .filter_map(|trial| trial.finished_order)
        .collect::<Vec<_>>();
    orders.sort_unstable();
    assert!(
        orders
            .iter()
            .copied()
            .eq(0..world.tables.trials.len() as u64),
        "every trial finishes once: {orders:?}"
    );
    for trial in world.trials() {
        assert_eq!(
            trial.state == TrialState::Succeeded,
            trial.objective.is_some() && trial.state != TrialState::EarlyStopped
        );
        assert_eq!(trial.state == TrialState::Succeeded, trial.reason.is_none());
    }
    let (state, reason) = world.state();
    assert!(state.is_finished() && reason.is_some());
    assert_eq!(world.running_tasks(), 0);
}
