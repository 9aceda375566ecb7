//! Clients that ask and tell.

use crate::engine::Steps;
use crate::place::{Kind, Place, clients, next, over_both, pipeline, report, score};
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use tokio::task::yield_now;
use tune_algorithms::space::{Configuration, Value};
use tune_experiments::metrics::ClientReport;
use tune_experiments::service::{ServiceError, Told};
use tune_experiments::state::{ExperimentState, TrialReason, TrialState};
use tune_experiments::store::StoreError;

over_both! {
    a_client_asks_and_tells_until_the_experiment_ends,
    the_same_result_again_is_the_same_answer_and_another_a_conflict,
    a_result_of_a_trial_that_was_never_handed_out_can_be_told_again,
    a_failure_is_told_in_the_clients_words,
    sixteen_clients_never_get_more_trials_than_there_may_be,
    reports_are_stored_and_may_be_answered_with_stop,
    reports_without_a_level_are_points_of_their_own_across_restarts,
    reports_that_arrive_together_are_all_kept,
    the_stopper_sees_the_levels_grow_of_reports_without_one,
    what_no_file_could_report_is_refused,
    reports_of_trials_that_are_not_under_way_are_refused,
    a_trial_whose_client_is_not_heard_of_is_handed_out_again_and_then_lost,
    enqueued_configurations_come_next_and_must_be_of_the_space,
    trials_of_a_pipeline_are_not_for_clients,
    a_client_that_goes_away_loses_no_trial,
    acknowledged_results_and_the_search_survive_a_crash,
    a_grid_covers_every_point_once_whatever_is_enqueued_and_when,
    more_than_can_wait_is_refused,
}

fn x(value: f64) -> Configuration {
    [("x".to_owned(), Value::Float(value))]
        .into_iter()
        .collect()
}

async fn a_client_asks_and_tells_until_the_experiment_ends(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 3"))
        .await
        .id;
    for number in 0..3 {
        let asked = server.service.ask(id, 1).await.unwrap();
        assert_eq!(asked.trials.len(), 1);
        let trial = &asked.trials[0];
        assert_eq!(
            (trial.number, trial.state, trial.handed_out),
            (number, TrialState::Running, 1)
        );
        assert_eq!(
            place.store.trial(id, number).await.unwrap().as_ref(),
            Some(trial)
        );
        let told = server.service.tell(id, number, score(0.5)).await.unwrap();
        assert_eq!(
            (told.state, told.objective),
            (TrialState::Succeeded, Some(0.5))
        );
        assert_eq!(place.store.trial(id, number).await.unwrap(), Some(told));
    }
    let asked = server.service.ask(id, 1).await.unwrap();
    assert!(asked.trials.is_empty());
    assert_eq!(asked.experiment.state, ExperimentState::Succeeded);
}

async fn the_same_result_again_is_the_same_answer_and_another_a_conflict(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 2"))
        .await
        .id;
    for number in 0..2 {
        server.service.ask(id, 1).await.unwrap();
        let told = server.service.tell(id, number, score(0.5)).await.unwrap();
        let last = place.store.last_event(id).await.unwrap();
        assert_eq!(
            server.service.tell(id, number, score(0.5)).await.unwrap(),
            told
        );
        assert_eq!(place.store.last_event(id).await.unwrap(), last);
        for other in [score(0.6), Told::Failed("no".to_owned())] {
            let refused = server.service.tell(id, number, other).await;
            assert!(
                matches!(refused, Err(ServiceError::Conflict(_))),
                "{refused:?}"
            );
        }
    }
    let unknown = server.service.tell(id, 7, score(0.5)).await;
    assert!(matches!(unknown, Err(ServiceError::NoSuchTrial(7))));
}

async fn a_result_of_a_trial_that_was_never_handed_out_can_be_told_again(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 2"))
        .await
        .id;
    for number in 0..2 {
        server.service.enqueue(id, x(0.5)).await.unwrap();
        let told = server.service.tell(id, number, score(0.5)).await.unwrap();
        assert_eq!(told.handed_out, 0);
        let again = server.service.tell(id, number, score(0.5)).await;
        assert_eq!(again.unwrap(), told);
        let other = server.service.tell(id, number, score(0.6)).await;
        assert!(matches!(other, Err(ServiceError::Conflict(_))), "{other:?}");
    }
}

async fn a_failure_is_told_in_the_clients_words(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 9"))
        .await
        .id;
    server.service.ask(id, 1).await.unwrap();
    let failed = Told::Failed("out of memory".to_owned());
    let told = server.service.tell(id, 0, failed.clone()).await.unwrap();
    assert_eq!(
        (told.state, told.reason),
        (TrialState::Failed, Some(TrialReason::Told))
    );
    assert_eq!(told.explanation.as_deref(), Some("out of memory"));
    assert_eq!(server.service.tell(id, 0, failed).await.unwrap(), told);
}

async fn sixteen_clients_never_get_more_trials_than_there_may_be(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 100"))
        .await
        .id;
    let client = |service: tune_experiments::service::Service| async move {
        let mut numbers = Vec::new();
        loop {
            let asked = service.ask(id, 3).await.unwrap();
            for trial in &asked.trials {
                service.tell(id, trial.number, score(0.1)).await.unwrap();
                numbers.push(trial.number);
            }
            if asked.experiment.state.is_finished() {
                return numbers;
            }
            yield_now().await;
        }
    };
    let clients: Vec<_> = (0..16)
        .map(|_| tokio::spawn(client(server.service.clone())))
        .collect();
    let mut numbers = Vec::new();
    for client in clients {
        numbers.extend(client.await.unwrap());
    }
    assert_eq!(numbers.len(), 100);
    assert_eq!(
        numbers.iter().copied().collect::<BTreeSet<_>>(),
        (0..100).collect()
    );
}

async fn reports_are_stored_and_may_be_answered_with_stop(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let stopping = "max_trials: 9\nearly_stopping: { name: threshold, settings: { min: 0.5 } }";
    let id = server.submit(&place, &clients("a", stopping)).await.id;
    server.service.ask(id, 1).await.unwrap();
    assert_eq!(
        server
            .service
            .report(id, 0, vec![report(1.0, 0.7)])
            .await
            .unwrap(),
        None
    );
    let stored = place.store.metrics(id, 0, None).await.unwrap();
    assert_eq!((stored[0].step.as_str(), stored[0].value), ("", 0.7));
    let why = server
        .service
        .report(id, 0, vec![report(2.0, 0.2)])
        .await
        .unwrap();
    assert!(why.is_some());
    let trial = place.store.trial(id, 0).await.unwrap().unwrap();
    assert_eq!(trial.state, TrialState::EarlyStopped);
    // Who was told to stop may still tell what it has, and hears it again when it goes on.
    assert_eq!(server.service.tell(id, 0, score(0.2)).await.unwrap(), trial);
    assert_eq!(server.service.heartbeat(id, 0).await.unwrap(), why);
}

async fn reports_without_a_level_are_points_of_their_own_across_restarts(kind: Kind) {
    for (strategy, expected) in [("best", 0.9), ("mean", 0.6)] {
        let place = Place::new(kind).await;
        let text = clients("a", "max_trials: 2").replace(
            "goal: maximize",
            &format!("goal: maximize, strategy: {strategy}"),
        );
        let mut server = place.server(1, Steps::EndAtOnce);
        let id = server.submit(&place, &text).await.id;
        server.service.ask(id, 1).await.unwrap();
        for value in [0.9, 0.5, 0.7] {
            server
                .service
                .report(id, 0, vec![next(value)])
                .await
                .unwrap();
            server.service.shutdown(std::time::Duration::ZERO).await;
            server = place.server(1, Steps::EndAtOnce);
        }
        let last = Told::Succeeded(vec![next(0.3)]);
        let told = server.service.tell(id, 0, last.clone()).await.unwrap();
        assert!((told.objective.unwrap() - expected).abs() < 1e-9);
        assert_eq!(server.service.tell(id, 0, last).await.unwrap(), told);
        let stored = place.store.metrics(id, 0, None).await.unwrap();
        let points: Vec<_> = stored.iter().map(|row| (row.level, row.value)).collect();
        assert_eq!(points, [(0.0, 0.9), (1.0, 0.5), (2.0, 0.7), (3.0, 0.3)]);
        let latest = place.store.latest_metric(id, 0, "score").await.unwrap();
        assert_eq!(latest.map(|it| (it.level, it.value)), Some((3.0, 0.3)));
    }
}

async fn reports_that_arrive_together_are_all_kept(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 2"))
        .await
        .id;
    server.service.ask(id, 1).await.unwrap();
    let one = || server.service.report(id, 0, vec![next(0.1)]);
    let (a, b, c) = tokio::join!(one(), one(), one());
    assert_eq!((a.unwrap(), b.unwrap(), c.unwrap()), (None, None, None));
    let stored = place.store.metrics(id, 0, None).await.unwrap();
    let levels: Vec<_> = stored.iter().map(|row| row.level).collect();
    assert_eq!(levels, [0.0, 1.0, 2.0]);
}

async fn the_stopper_sees_the_levels_grow_of_reports_without_one(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let stopping = "max_trials: 9\nearly_stopping: { name: threshold, settings: { min: 0.5, warmup_levels: 2 } }";
    let id = server.submit(&place, &clients("a", stopping)).await.id;
    server.service.ask(id, 1).await.unwrap();
    let report = || server.service.report(id, 0, vec![next(0.2)]);
    assert_eq!(report().await.unwrap(), None);
    assert_eq!(report().await.unwrap(), None);
    assert!(report().await.unwrap().is_some());
}

async fn what_no_file_could_report_is_refused(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 2"))
        .await
        .id;
    server.service.ask(id, 1).await.unwrap();
    for name in ["epoch", "step", "a\tb", "", &"a".repeat(201)] {
        let reports = || {
            vec![
                ClientReport {
                    name: name.to_owned(),
                    ..next(0.1)
                },
                next(0.1),
            ]
        };
        let reported = server.service.report(id, 0, reports()).await;
        let told = server.service.tell(id, 0, Told::Succeeded(reports())).await;
        assert!(matches!(reported, Err(ServiceError::Invalid(_))), "{name}");
        assert!(matches!(told, Err(ServiceError::Invalid(_))), "{name}");
    }
    assert!(place.store.metrics(id, 0, None).await.unwrap().is_empty());
}

async fn reports_of_trials_that_are_not_under_way_are_refused(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 9"))
        .await
        .id;
    let unknown = server.service.report(id, 0, vec![report(1.0, 0.7)]).await;
    assert!(
        matches!(unknown, Err(ServiceError::NoSuchTrial(0))),
        "{unknown:?}"
    );
    server.service.enqueue(id, x(0.5)).await.unwrap();
    let early = server.service.report(id, 0, vec![report(1.0, 0.7)]).await;
    assert!(matches!(early, Err(ServiceError::Conflict(_))), "{early:?}");
    server.service.ask(id, 1).await.unwrap();
    server.service.tell(id, 0, score(1.0)).await.unwrap();
    let late = server.service.report(id, 0, vec![report(1.0, 0.7)]).await;
    assert!(matches!(late, Err(ServiceError::Conflict(_))), "{late:?}");
    let nonsense = server
        .service
        .report(id, 0, vec![report(f64::NAN, 0.7)])
        .await;
    assert!(
        matches!(nonsense, Err(ServiceError::Invalid(_))),
        "{nonsense:?}"
    );
}

async fn a_trial_whose_client_is_not_heard_of_is_handed_out_again_and_then_lost(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let leases = "max_trials: 1\nlease: 50ms\nmax_retries: 1";
    let id = server.submit(&place, &clients("a", leases)).await.id;
    let mut news = server.service.news();
    assert_eq!(
        server.service.ask(id, 1).await.unwrap().trials[0].handed_out,
        1
    );
    let again = loop {
        let asked = server.service.ask(id, 1).await.unwrap();
        if let Some(trial) = asked.trials.into_iter().next() {
            break trial;
        }
        news.changed().await.unwrap();
    };
    assert_eq!((again.number, again.handed_out), (0, 2));
    place.reaches(&server, id, ExperimentState::Failed).await;
    let lost = place.store.trial(id, 0).await.unwrap().unwrap();
    assert_eq!(
        (lost.state, lost.reason),
        (TrialState::Failed, Some(TrialReason::Lost))
    );
    let late = server.service.tell(id, 0, score(1.0)).await;
    assert!(matches!(late, Err(ServiceError::Conflict(_))), "{late:?}");
}

async fn enqueued_configurations_come_next_and_must_be_of_the_space(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 3"))
        .await
        .id;
    let wrong = server.service.enqueue(id, x(7.0)).await;
    let Err(ServiceError::Invalid(words)) = wrong else {
        panic!("{wrong:?}");
    };
    assert!(words.starts_with("x: "), "{words}");
    server.service.ask(id, 1).await.unwrap();
    let enqueued = server.service.enqueue(id, x(0.25)).await.unwrap();
    assert_eq!(
        (enqueued.number, enqueued.state, enqueued.enqueued),
        (1, TrialState::Queued, true)
    );
    let asked = server.service.ask(id, 2).await.unwrap();
    assert_eq!(asked.trials[0].parameters, x(0.25));
    assert_eq!(asked.trials[1].number, 2);
    let full = server.service.enqueue(id, x(0.5)).await;
    assert!(matches!(full, Err(ServiceError::Conflict(_))), "{full:?}");
}

async fn trials_of_a_pipeline_are_not_for_clients(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::Hold);
    let id = server
        .submit(&place, &pipeline("a", "max_trials: 3"))
        .await
        .id;
    server.engine.has_started(1).await;
    for refused in [
        server.service.ask(id, 1).await.map(drop),
        server.service.tell(id, 0, score(0.1)).await.map(drop),
        server
            .service
            .report(id, 0, vec![report(0.0, 0.1)])
            .await
            .map(drop),
        server.service.heartbeat(id, 0).await.map(drop),
    ] {
        assert!(
            matches!(refused, Err(ServiceError::Conflict(_))),
            "{refused:?}"
        );
    }
    server.service.cancel(id).await.unwrap();
}

async fn a_client_that_goes_away_loses_no_trial(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 2"))
        .await
        .id;
    for _ in 0..20 {
        let service = server.service.clone();
        let asking = tokio::spawn(async move { service.ask(id, 2).await });
        yield_now().await;
        asking.abort();
        if asking.await.is_ok() {
            // It was quicker: give back what it was given, as a client that crashes does not.
            break;
        }
    }
    let trials = place.store.trials(id, &Default::default()).await.unwrap();
    assert!(trials.len() <= 2);
}

async fn acknowledged_results_and_the_search_survive_a_crash(kind: Kind) {
    let place = Place::new(kind).await;
    let other = Place::new(kind).await;
    let mut found = Vec::new();
    for (place, crashes) in [(&place, false), (&other, true)] {
        let mut server = place.server(1, Steps::EndAtOnce);
        let id = server
            .submit(place, &clients("a", "max_trials: 12"))
            .await
            .id;
        for number in 0..12 {
            if number == 5 {
                server.service.enqueue(id, x(0.5)).await.unwrap();
            }
            let asked = server.service.ask(id, 1).await.unwrap();
            assert_eq!(asked.trials[0].number, number);
            server.service.tell(id, number, score(0.1)).await.unwrap();
            if crashes && number < 11 {
                // Without warning, as far as a task can be killed; what holds the lock is released with it.
                server.service.shutdown(std::time::Duration::ZERO).await;
                server = place.server(1, Steps::EndAtOnce);
            }
        }
        let trials = place.store.trials(id, &Default::default()).await.unwrap();
        assert!(
            trials
                .iter()
                .all(|trial| trial.state == TrialState::Succeeded)
        );
        found.push(
            trials
                .into_iter()
                .map(|trial| trial.parameters)
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(found[0], found[1]);
}

async fn a_grid_covers_every_point_once_whatever_is_enqueued_and_when(kind: Kind) {
    let place = Place::new(kind).await;
    let mut server = place.server(1, Steps::EndAtOnce);
    let text = "name: a\nobjective: { metric: score, goal: maximize }\nalgorithm: grid\n\
                parameters:\n  x: { type: int, min: 1, max: 9 }\n";
    let id = server.submit(&place, text).await.id;
    let mut tried = BTreeSet::new();
    for turn in 0.. {
        if [2, 4].contains(&turn) {
            let of_the_grid = [("x".to_owned(), Value::Int(7 - turn / 2))]
                .into_iter()
                .collect();
            server.service.enqueue(id, of_the_grid).await.unwrap();
        }
        if turn == 3 {
            server.service.shutdown(std::time::Duration::ZERO).await;
            server = place.server(1, Steps::EndAtOnce);
        }
        let asked = server.service.ask(id, 1).await.unwrap();
        let Some(trial) = asked.trials.first() else {
            break;
        };
        assert!(tried.insert(trial.parameters.get("x").and_then(Value::as_i64)));
        server
            .service
            .tell(id, trial.number, score(0.0))
            .await
            .unwrap();
    }
    assert_eq!(tried, (1..=9).map(Some).collect());
    place.reaches(&server, id, ExperimentState::Succeeded).await;
}

async fn more_than_can_wait_is_refused(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.server(1, Steps::EndAtOnce);
    let id = server
        .submit(&place, &clients("a", "max_trials: 1"))
        .await
        .id;
    server.service.ask(id, 1).await.unwrap();
    let heartbeat = || Box::pin(server.service.heartbeat(id, 0));
    let mut waiting: Vec<_> = (0..10_000).map(|_| heartbeat()).collect();
    // The driver has no turn meanwhile.
    let refused = poll_fn(|context| {
        let answers = waiting.iter_mut().map(|beat| Pin::new(beat).poll(context));
        Poll::Ready(answers.filter(Poll::is_ready).collect::<Vec<_>>())
    });
    let refused = refused.await;
    assert!((1..10_000).contains(&refused.len()));
    for answer in refused {
        let busy: Poll<Result<Option<String>, _>> =
            Poll::Ready(Err(ServiceError::Store(StoreError::Busy)));
        assert_eq!(format!("{answer:?}"), format!("{busy:?}"));
    }
    drop(waiting);
    while heartbeat().await.is_err() {
        yield_now().await;
    }
}
