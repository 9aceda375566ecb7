//! Pausing, resuming, cancelling, other limits, the end of the process.

use crate::engine::Steps;
use crate::place::{Kind, Place, clients, over_both, pipeline, read, score};
use std::time::Duration;
use tokio::sync::watch;
use tune_experiments::controller::{Control, SubmitError, Submitted, drive};
use tune_experiments::service::{LimitsPatch, ServiceError};
use tune_experiments::state::{ExperimentReason, ExperimentState, TrialState};
use tune_experiments::store::{EventKind, StoreError};

over_both! {
    a_paused_experiment_starts_nothing_and_goes_on_when_resumed,
    a_paused_experiment_hands_out_nothing_but_takes_results,
    a_cancelled_experiment_stops_what_runs,
    limits_change_at_any_moment,
    a_process_that_ends_keeps_experiments_running_for_the_next,
    taking_an_experiment_up_is_no_event,
    what_another_process_drives_is_left_to_it_and_asked_through_the_store,
    the_same_submission_with_the_same_key_is_one_experiment,
    different_submissions_with_the_same_key_at_once_are_not_one_experiment,
    a_name_that_is_taken_is_refused_unless_the_experiment_is_to_go_on,
    a_running_experiment_is_not_deleted,
}

async fn a_paused_experiment_starts_nothing_and_goes_on_when_resumed(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::Hold);
    let id = server
        .submit(&place, &pipeline("a", "max_trials: 2"))
        .await
        .id;
    server.engine.has_started(1).await;
    let paused = server.service.pause(id).await.unwrap();
    assert_eq!(
        (paused.state, paused.reason),
        (ExperimentState::Paused, Some(ExperimentReason::Paused))
    );
    assert_eq!(place.record(id).await.state, ExperimentState::Paused);
    let running = server.engine.running();
    server.engine.finish(&running[0]).await;
    let mut news = server.service.news();
    while place.store.trial(id, 0).await.unwrap().unwrap().state != TrialState::Succeeded {
        news.changed().await.unwrap();
    }
    assert_eq!(
        server.service.pause(id).await.unwrap().state,
        ExperimentState::Paused
    );
    assert_eq!(server.engine.started().len(), 1);
    assert_eq!(
        server.service.resume(id).await.unwrap().state,
        ExperimentState::Running
    );
    server.engine.has_started(2).await;
    let running = server.engine.running();
    server.engine.finish(&running[0]).await;
    place.reaches(&server, id, ExperimentState::Succeeded).await;
    let refused = server.service.resume(id).await;
    assert!(
        matches!(refused, Err(ServiceError::Conflict(_))),
        "{refused:?}"
    );
}

async fn a_paused_experiment_hands_out_nothing_but_takes_results(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::Hold);
    let id = server
        .submit(&place, &clients("a", "max_trials: 3"))
        .await
        .id;
    server.service.ask(id, 1).await.unwrap();
    server.service.pause(id).await.unwrap();
    assert!(server.service.ask(id, 1).await.unwrap().trials.is_empty());
    server.service.tell(id, 0, score(1.0)).await.unwrap();
    server.service.resume(id).await.unwrap();
    assert_eq!(server.service.ask(id, 1).await.unwrap().trials.len(), 1);
}

async fn a_cancelled_experiment_stops_what_runs(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(2, Steps::Hold);
    let id = server
        .submit(&place, &pipeline("a", "max_trials: 9\nparallel_trials: 2"))
        .await
        .id;
    server.engine.has_started(2).await;
    let cancelled = server.service.cancel(id).await.unwrap();
    assert_eq!(cancelled.state, ExperimentState::Cancelled);
    assert_eq!(place.record(id).await.state, ExperimentState::Cancelled);
    assert!(server.engine.running().is_empty());
    assert_eq!(
        server.service.cancel(id).await.unwrap().state,
        ExperimentState::Cancelled
    );
    server.service.delete(id).await.unwrap();
    let gone = server.service.cancel(id).await;
    assert!(
        matches!(gone, Err(ServiceError::NoSuchExperiment)),
        "{gone:?}"
    );
}

async fn limits_change_at_any_moment(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 2"))
        .await
        .id;
    let more = |max_trials| LimitsPatch {
        max_trials: Some(Some(max_trials)),
        ..LimitsPatch::default()
    };
    server.service.ask(id, 2).await.unwrap();
    assert!(server.service.ask(id, 1).await.unwrap().trials.is_empty());
    let changed = server.service.change_limits(id, more(3)).await.unwrap();
    assert_eq!(changed.document["max_trials"], 3);
    assert_eq!(place.record(id).await.document["max_trials"], 3);
    assert_eq!(server.service.ask(id, 1).await.unwrap().trials.len(), 1);
    let wrong = server.service.change_limits(id, more(0)).await;
    assert!(matches!(wrong, Err(ServiceError::Invalid(_))), "{wrong:?}");
    // Fewer than there are: no more is handed out, and the last result ends it.
    server.service.change_limits(id, more(1)).await.unwrap();
    for number in 0..3 {
        server.service.tell(id, number, score(0.5)).await.unwrap();
    }
    assert_eq!(place.record(id).await.state, ExperimentState::Succeeded);
    // Finished, and raised: it runs on.
    let raised = server.service.change_limits(id, more(4)).await.unwrap();
    assert_eq!(raised.document["max_trials"], 4);
    assert_eq!(raised.state, ExperimentState::Running);
    let asked = server.service.ask(id, 5).await.unwrap();
    assert_eq!(
        asked
            .trials
            .iter()
            .map(|trial| trial.number)
            .collect::<Vec<_>>(),
        [3]
    );
    let events = place.store.events_after(Some(id), 0, 1000).await.unwrap();
    let limits = events
        .iter()
        .filter(|event| event.kind == EventKind::Limits);
    assert_eq!(limits.count(), 3);
}

async fn a_process_that_ends_keeps_experiments_running_for_the_next(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::Hold);
    let id = server
        .submit(&place, &pipeline("a", "max_trials: 1"))
        .await
        .id;
    server.engine.has_started(1).await;
    server.service.shutdown(Duration::ZERO).await;
    assert_eq!(place.record(id).await.state, ExperimentState::Running);
    assert!(server.engine.running().is_empty());
    let refused = server.service.pause(id).await;
    assert!(
        matches!(refused, Err(ServiceError::ShuttingDown)),
        "{refused:?}"
    );
    let next = place.server(1, Steps::EndAtOnce);
    let service = next.service.clone();
    let run = tokio::spawn(async move { service.run().await });
    place.reaches(&next, id, ExperimentState::Succeeded).await;
    assert_eq!(place.store.steps(id, 0).await.unwrap()[0].attempt, 2);
    next.service.shutdown(Duration::ZERO).await;
    run.await.unwrap().unwrap();
}

async fn taking_an_experiment_up_is_no_event(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 2"))
        .await
        .id;
    server.service.ask(id, 1).await.unwrap();
    server.service.shutdown(Duration::ZERO).await;
    let last = place.store.last_event(id).await.unwrap();
    let next = place.server(1, Steps::EndAtOnce);
    next.service.heartbeat(id, 0).await.unwrap();
    assert_eq!(next.service.load().driven, 1);
    assert_eq!(place.store.last_event(id).await.unwrap(), last);
}

async fn what_another_process_drives_is_left_to_it_and_asked_through_the_store(kind: Kind) {
    let place = Place::new(kind).await;
    let other = place.server(1, Steps::Hold);
    let submission = read(&pipeline("a", "max_trials: 9"));
    let (store, components) = (&place.store, other.setup.components.as_ref());
    let now = jiff::Timestamp::now();
    let created =
        tune_experiments::controller::submit(store, components, &submission, place.path(), now)
            .await;
    let Ok(Submitted::Created(record)) = created else {
        panic!("{created:?}");
    };
    let (_control, controlled) = watch::channel(Control::Run);
    let setup = other.setup.clone();
    let driving =
        tokio::spawn(
            async move { drive(&setup, record.id, controlled, &watch::Sender::new(0)).await },
        );
    other.engine.has_started(1).await;
    let server = place.server(1, Steps::Hold);
    let refused = server.service.enqueue(record.id, Default::default()).await;
    assert!(
        matches!(refused, Err(ServiceError::DrivenElsewhere(None))),
        "{refused:?}"
    );
    server.service.pause(record.id).await.unwrap();
    while place.record(record.id).await.state != ExperimentState::Paused {
        tokio::task::yield_now().await;
    }
    // The pause is stored and the request answered at once.
    assert_eq!(place.record(record.id).await.request, None);
    server.service.cancel(record.id).await.unwrap();
    driving.await.unwrap().unwrap();
    assert_eq!(
        place.record(record.id).await.state,
        ExperimentState::Cancelled
    );
}

async fn the_same_submission_with_the_same_key_is_one_experiment(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let submission = read(&clients("a", "max_trials: 2"));
    let submit = || {
        server
            .service
            .submit(&submission, place.path(), Some("key"), false)
    };
    let (one, other) = tokio::join!(submit(), submit());
    let (Submitted::Created(one), Submitted::Created(other)) = (one.unwrap(), other.unwrap())
    else {
        panic!("both are told that it was created");
    };
    assert_eq!(one.id, other.id);
    for another in [
        clients("b", "max_trials: 2"),
        clients("a", "max_trials: 3"),
        pipeline("a", "max_trials: 2"),
    ] {
        let another = read(&another);
        let again = server
            .service
            .submit(&another, place.path(), Some("key"), true);
        assert!(is_conflict(&again.await), "{another:?}");
    }
    assert_eq!(place.record(one.id).await.document["max_trials"], 2);
}

async fn different_submissions_with_the_same_key_at_once_are_not_one_experiment(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let (one, other) = (
        read(&clients("a", "max_trials: 2")),
        read(&clients("a", "max_trials: 3")),
    );
    let submit = |submission| {
        server
            .service
            .submit(submission, place.path(), Some("key"), false)
    };
    let (one, other) = tokio::join!(submit(&one), submit(&other));
    assert_ne!(one.is_ok(), other.is_ok());
    assert!(is_conflict(&one) || is_conflict(&other));
}

fn is_conflict(submitted: &Result<Submitted, ServiceError>) -> bool {
    let error = submitted.as_ref().err();
    error.is_some_and(|error| {
        matches!(
            error,
            ServiceError::Conflict(_) | ServiceError::Submit(SubmitError::Different { .. })
        )
    })
}

async fn a_name_that_is_taken_is_refused_unless_the_experiment_is_to_go_on(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let submission = read(&clients("a", "max_trials: 2"));
    let submit = |go_on| {
        server
            .service
            .submit(&submission, place.path(), None, go_on)
    };
    let (one, other) = tokio::join!(submit(false), submit(false));
    for submitted in [one.as_ref(), other.as_ref()] {
        assert!(matches!(
            submitted,
            Ok(Submitted::Created(_))
                | Err(ServiceError::Submit(SubmitError::Store(
                    StoreError::NameTaken(_)
                )))
        ));
    }
    assert_ne!(one.is_ok(), other.is_ok());
    let (one, other) = tokio::join!(submit(true), submit(true));
    for submitted in [one, other] {
        assert!(matches!(submitted, Ok(Submitted::Continues(_))));
    }
}

async fn a_running_experiment_is_not_deleted(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::Hold);
    let id = server
        .submit(&place, &clients("a", "max_trials: 2"))
        .await
        .id;
    server.service.ask(id, 1).await.unwrap();
    let refused = server.service.delete(id).await;
    assert!(
        matches!(refused, Err(ServiceError::Conflict(_))),
        "{refused:?}"
    );
    server.service.tell(id, 0, score(0.1)).await.unwrap();
    server.service.pause(id).await.unwrap();
    server.service.delete(id).await.unwrap();
}
