//! What is committed comes back, or nothing of it does.

use super::super::sql::postgres::Parts;
use super::super::testing::{
    Kind, commit, experiment, metric, over_both, step, succeeded, trial, trial_event,
};
use super::super::{ExperimentUpdate, MetricRecord, StepLog, StepRecord, TrialRecord};
use super::*;
use crate::artifacts::Artifact;
use crate::state::{ExperimentReason, ExperimentState, StepState, TrialReason, TrialState};
use indexmap::IndexMap;
use serde_json::json;
use tune_algorithms::space::{Configuration, Value};

over_both! {
    everything_comes_back_as_it_went_in,
    reals_of_any_size_come_back_to_the_last_bit,
    a_commit_returns_the_number_of_its_last_event,
    the_last_of_several_records_stands,
    a_log_is_that_of_the_last_attempt,
    a_later_report_takes_its_place_at_the_end,
    of_many_reports_the_known_are_changed,
    another_handle_goes_on_with_the_order_of_reports,
    a_commit_that_fails_leaves_nothing_and_blocks_nobody,
    a_deleted_experiment_cannot_be_written,
    the_experiment_is_set_as_given_and_its_end_answers_the_request,
    a_pause_that_is_stored_answers_the_request_to_pause_alone,
}

async fn everything_comes_back_as_it_went_in(kind: Kind) {
    let (_place, store, id) = experiment(kind).await;
    let trial = TrialRecord {
        reason: Some(TrialReason::StepFailed),
        explanation: Some("step `train` \"failed\" with\nexit code 3 — ☠".to_owned()),
        parameters: Configuration::from_iter([
            ("whole".to_owned(), Value::Int(i64::MIN)),
            ("float".to_owned(), Value::Float(1.0)),
            ("tiny".to_owned(), Value::Float(5e-324)),
            ("huge".to_owned(), Value::Float(f64::MAX)),
            ("flag".to_owned(), Value::Bool(true)),
            (
                "1 or 'two'; DROP TABLE trials --".to_owned(),
                Value::Text("3".to_owned()),
            ),
        ]),
        metrics: IndexMap::from([
            ("up".to_owned(), f64::INFINITY),
            ("down".to_owned(), f64::NEG_INFINITY),
            ("a \"quoted\" \\ name".to_owned(), 0.1 + 0.2),
        ]),
        ..succeeded(0, 0, 0.1 + 0.2)
    };
    let step = StepRecord {
        explanation: Some("exit code 3".to_owned()),
        attempt: 2,
        failures: 1,
        exit_code: Some(-3),
        started_at: Some(trial.created_at),
        finished_at: Some(trial.created_at),
        values: json!({ "z": [1, 1.0, null], "a": { "b": "ü" } })
            .as_object()
            .unwrap()
            .clone(),
        artifacts: IndexMap::from([(
            "model".to_owned(),
            Artifact {
                hash: "abc".to_owned(),
                size: u64::from(u32::MAX) + 1,
                path: "ab/c/model".into(),
            },
        )]),
        ..step(0, "train", StepState::Failed)
    };
    let changes = Changes {
        trials: vec![trial.clone()],
        steps: vec![step.clone()],
        ..Changes::default()
    };
    commit(&store, id, changes).await.unwrap();
    assert_eq!(store.trial(id, 0).await.unwrap(), Some(trial));
    assert_eq!(store.steps(id, 0).await.unwrap(), [step]);
}

async fn a_log_is_that_of_the_last_attempt(kind: Kind) {
    let (_place, store, id) = experiment(kind).await;
    let attempt = |attempt, state, text: Option<&str>| Changes {
        trials: vec![trial(0, TrialState::Running)],
        steps: vec![StepRecord {
            attempt,
            ..step(0, "größe 'a'", state)
        }],
        logs: Vec::from_iter(text.map(|text| StepLog {
            trial: 0,
            step: "größe 'a'".to_owned(),
            attempt,
            text: text.to_owned(),
        })),
        ..Changes::default()
    };
    let log = async |attempt| store.log(id, 0, "größe 'a'", attempt).await.unwrap();
    let text = "\x1b[1mépoque\t1\r\n\\u0000 \"quoted\" ☠\n";
    let mut both = attempt(1, StepState::Running, None);
    let ended = attempt(1, StepState::Succeeded, Some(text));
    both.steps.extend(ended.steps);
    both.logs.extend(ended.logs);
    commit(&store, id, both).await.unwrap();
    assert_eq!(log(1).await.as_deref(), Some(text));
    assert_eq!((log(2).await, log(0).await), (None, None));
    let again = attempt(2, StepState::Running, None);
    commit(&store, id, again).await.unwrap();
    assert_eq!((log(1).await, log(2).await), (None, None));
    let silent = attempt(2, StepState::Succeeded, Some(""));
    commit(&store, id, silent).await.unwrap();
    assert_eq!((log(1).await, log(2).await.as_deref()), (None, Some("")));
}

async fn reals_of_any_size_come_back_to_the_last_bit(kind: Kind) {
    let (_place, store, id) = experiment(kind).await;
    let mut reals = vec![
        f64::MAX,
        f64::MIN_POSITIVE,
        -2.851_725_494_539_481_3e-244,
        0.1 + 0.2,
    ];
    // Four thirds, with every exponent that a double has.
    reals.extend(
        (-1074..1022).map(|exponent| {
            4.0 / 3.0 * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2)
        }),
    );
    let metrics = reals.iter().map(|real| metric(0, "loss", *real, *real));
    let changes = Changes {
        trials: vec![trial(0, TrialState::Running)],
        metrics: metrics.collect(),
        ..Changes::default()
    };
    commit(&store, id, changes).await.unwrap();
    let found = store.metrics(id, 0, None).await.unwrap();
    assert_eq!(levels(&found), reals);
    let values: Vec<_> = found.iter().map(|metric| metric.value).collect();
    assert_eq!(values, reals);
}

async fn a_commit_returns_the_number_of_its_last_event(kind: Kind) {
    let (_place, store, id) = experiment(kind).await;
    let submitted = store.events_after(None, 0, 10).await.unwrap()[0].seq;
    let changes = Changes {
        trials: vec![trial(0, TrialState::Queued), trial(1, TrialState::Queued)],
        events: vec![
            trial_event(0, TrialState::Queued),
            trial_event(1, TrialState::Queued),
        ],
        ..Changes::default()
    };
    let last = commit(&store, id, changes).await.unwrap();
    assert_eq!(last, submitted + 2);
    let events = store.events_after(Some(id), submitted, 10).await.unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.seq, event.trial))
        .collect();
    assert_eq!(told, [(last - 1, Some(0)), (last, Some(1))]);
    assert_eq!(commit(&store, id, Changes::default()).await.unwrap(), last);
}

async fn the_last_of_several_records_stands(kind: Kind) {
    let (_place, store, id) = experiment(kind).await;
    let changes = Changes {
        trials: vec![
            trial(0, TrialState::Queued),
            trial(1, TrialState::Queued),
            trial(0, TrialState::Running),
        ],
        steps: vec![
            step(0, "b", StepState::Ready),
            step(0, "a", StepState::Waiting),
            step(0, "b", StepState::Running),
        ],
        metrics: vec![
            metric(0, "loss", 0.0, 1.0),
            metric(0, "loss", 1.0, 2.0),
            metric(0, "loss", -0.0, 3.0),
        ],
        ..Changes::default()
    };
    commit(&store, id, changes).await.unwrap();
    assert_eq!(
        store.trial(id, 0).await.unwrap(),
        Some(trial(0, TrialState::Running))
    );
    let steps = store.steps(id, 0).await.unwrap();
    assert_eq!(
        steps,
        [
            step(0, "b", StepState::Running),
            step(0, "a", StepState::Waiting)
        ]
    );
    let metrics = store.metrics(id, 0, None).await.unwrap();
    assert_eq!(
        metrics,
        [metric(0, "loss", 1.0, 2.0), metric(0, "loss", 0.0, 3.0)]
    );
}

async fn a_later_report_takes_its_place_at_the_end(kind: Kind) {
    let (_place, store, id) = experiment(kind).await;
    let first = vec![
        metric(0, "loss", 0.0, 1.0),
        metric(0, "loss", 1.0, f64::NAN),
        metric(0, "other", 0.0, 7.0),
    ];
    let trials = vec![trial(0, TrialState::Running)];
    commit(
        &store,
        id,
        Changes {
            trials,
            metrics: first,
            ..Changes::default()
        },
    )
    .await
    .unwrap();
    let second = vec![metric(0, "loss", 0.0, f64::NEG_INFINITY)];
    commit(
        &store,
        id,
        Changes {
            metrics: second,
            ..Changes::default()
        },
    )
    .await
    .unwrap();
    let metrics = store.metrics(id, 0, Some("loss")).await.unwrap();
    assert_eq!(levels(&metrics), [1.0, 0.0]);
    assert!(metrics[0].value.is_nan());
    assert_eq!(metrics[1].value, f64::NEG_INFINITY);
    assert_eq!(store.metrics(id, 0, None).await.unwrap().len(), 3);
}

async fn another_handle_goes_on_with_the_order_of_reports(kind: Kind) {
    let (place, store, id) = experiment(kind).await;
    let trials = vec![trial(0, TrialState::Running)];
    let metrics = vec![metric(0, "loss", 5.0, 1.0)];
    commit(
        &store,
        id,
        Changes {
            trials,
            metrics,
            ..Changes::default()
        },
    )
    .await
    .unwrap();
    let other = place.open().await;
    for level in [4.0, 3.0] {
        let metrics = vec![metric(0, "loss", level, 1.0)];
        commit(
            &other,
            id,
            Changes {
                metrics,
                ..Changes::default()
            },
        )
        .await
        .unwrap();
    }
    let _driver = store.lock(id, None).await.unwrap();
    let metrics = vec![metric(0, "loss", 2.0, 1.0)];
    commit(
        &store,
        id,
        Changes {
            metrics,
            ..Changes::default()
        },
    )
    .await
    .unwrap();
    let metrics = store.metrics(id, 0, None).await.unwrap();
    assert_eq!(levels(&metrics), [5.0, 4.0, 3.0, 2.0]);
}

async fn a_commit_that_fails_leaves_nothing_and_blocks_nobody(kind: Kind) {
    let (_place, store, id) = experiment(kind).await;
    let orphan = Changes {
        trials: vec![trial(0, TrialState::Queued)],
        steps: vec![step(9, "train", StepState::Ready)],
        ..Changes::default()
    };
    assert!(matches!(
        commit(&store, id, orphan).await,
        Err(StoreError::Unwritable(_))
    ));
    let orphan = Changes {
        trials: vec![trial(0, TrialState::Queued)],
        metrics: vec![metric(0, "loss", 0.0, 1.0), metric(9, "loss", 0.0, 1.0)],
        ..Changes::default()
    };
    assert!(matches!(
        commit(&store, id, orphan).await,
        Err(StoreError::Unwritable(_))
    ));
    assert_eq!(store.trial(id, 0).await.unwrap(), None);
    let level = Changes {
        metrics: vec![metric(0, "loss", f64::NAN, 0.0)],
        ..Changes::default()
    };
    assert!(matches!(
        commit(&store, id, level).await,
        Err(StoreError::BadLevel(_))
    ));
    let trials = vec![trial(0, TrialState::Queued)];
    commit(
        &store,
        id,
        Changes {
            trials,
            ..Changes::default()
        },
    )
    .await
    .unwrap();
    assert!(store.trial(id, 0).await.unwrap().is_some());
}

async fn a_deleted_experiment_cannot_be_written(kind: Kind) {
    let (_place, store, id) = experiment(kind).await;
    store.delete(id).await.unwrap();
    let trials = vec![trial(0, TrialState::Queued)];
    let refused = commit(
        &store,
        id,
        Changes {
            trials,
            ..Changes::default()
        },
    )
    .await;
    assert!(matches!(refused, Err(StoreError::NoSuchExperiment(gone)) if gone == id));
}

async fn the_experiment_is_set_as_given_and_its_end_answers_the_request(kind: Kind) {
    let (_place, store, id) = experiment(kind).await;
    store
        .request(id, super::super::Request::Cancel)
        .await
        .unwrap();
    let mut update = ExperimentUpdate {
        state: ExperimentState::Running,
        reason: None,
        started_at: Some(super::super::testing::at(1)),
        finished_at: None,
        active_seconds: 0.1 + 0.2,
    };
    let changes = Changes {
        experiment: Some(update.clone()),
        ..Changes::default()
    };
    commit(&store, id, changes).await.unwrap();
    let record = store.experiment("iris").await.unwrap().unwrap();
    assert_eq!(
        (record.state, record.started_at),
        (update.state, update.started_at)
    );
    assert_eq!(record.active_seconds, 0.1 + 0.2);
    assert!(record.request.is_some());
    update.state = ExperimentState::Cancelled;
    update.reason = Some(ExperimentReason::Cancelled);
    let changes = Changes {
        experiment: Some(update),
        ..Changes::default()
    };
    commit(&store, id, changes).await.unwrap();
    let record = store.experiment("iris").await.unwrap().unwrap();
    assert_eq!(
        (record.reason, record.request),
        (Some(ExperimentReason::Cancelled), None)
    );
}

async fn a_pause_that_is_stored_answers_the_request_to_pause_alone(kind: Kind) {
    use super::super::Request;
    let (_place, store, id) = experiment(kind).await;
    let cancel = Some(Request::Cancel);
    let pause = Some(Request::Pause);
    for (state, asked, left) in [
        (ExperimentState::Running, Request::Pause, pause),
        (ExperimentState::Paused, Request::Pause, None),
        (ExperimentState::Paused, Request::Cancel, cancel),
    ] {
        store.request(id, asked).await.unwrap();
        let changes = Changes {
            experiment: Some(ExperimentUpdate {
                state,
                reason: None,
                started_at: None,
                finished_at: None,
                active_seconds: 0.0,
            }),
            ..Changes::default()
        };
        commit(&store, id, changes).await.unwrap();
        assert_eq!(store.requested(id).await.unwrap(), left);
    }
}

/// Many at once, of which some are there already, and of some trial that is not.
async fn of_many_reports_the_known_are_changed(kind: Kind) {
    let (_place, store, id) = experiment(kind).await;
    let reports = |levels: std::ops::Range<u32>, of: u64, value: f64| Changes {
        metrics: levels
            .map(|level| metric(of, "loss", f64::from(level), value))
            .collect(),
        ..Changes::default()
    };
    let mut first = reports(0..60, 0, 1.0);
    first.trials.push(trial(0, TrialState::Running));
    commit(&store, id, first).await.unwrap();
    commit(&store, id, reports(30..100, 0, 2.0)).await.unwrap();
    let stored = store.metrics(id, 0, None).await.unwrap();
    let in_order: Vec<f64> = (0..30).chain(30..100).map(f64::from).collect();
    assert_eq!(levels(&stored), in_order);
    let changed = |metric: &&MetricRecord| (metric.value - 2.0).abs() < 1e-9;
    assert_eq!(stored.iter().filter(changed).count(), 70);
    let refused = commit(&store, id, reports(0..60, 7, 1.0)).await;
    assert!(matches!(refused, Err(StoreError::Unwritable(_))));
}

fn levels(metrics: &[MetricRecord]) -> Vec<f64> {
    metrics.iter().map(|metric| metric.level).collect()
}

/// What one connection plans in an empty store must be right when there are many trials.
#[tokio::test]
async fn a_young_store_plans_to_look_trials_up_one_by_one() {
    let (_place, store, _id) = experiment(Kind::Postgres).await;
    for parts in Parts::all() {
        let plan = plan(&store, parts).await;
        let lookups = plan.iter().enumerate().filter(|(_, line)| {
            line.contains(" on trials") && line.contains("Scan") && !line.contains("CTE")
        });
        let lookups: Vec<_> = lookups.map(|(at, _)| plan[at..=at + 1].join("")).collect();
        let expected = usize::from(parts.trials) + usize::from(parts.metrics);
        assert_eq!(lookups.len(), expected, "{parts:?}: {plan:#?}");
        for lookup in lookups {
            assert!(lookup.contains("using trials_pkey"), "{lookup}");
            assert!(lookup.contains("number = "), "{lookup}");
        }
        if parts.metrics && parts.many {
            let plan = plan.join("\n");
            assert!(plan.contains("Tid Scan on metrics"), "{plan}");
            let (_, found) = plan.split_once("using metrics_pkey").unwrap();
            let condition = found.lines().nth(1).unwrap();
            assert!(condition.contains("level = "), "{plan}");
        }
    }
}

async fn plan(store: &Store, parts: Parts) -> Vec<String> {
    let mut writer = store.prompt_writer().await.unwrap();
    let commit = sql::postgres::commit_changes(parts);
    let common = "bigint, bigint, bigint, bigint";
    let (types, arguments) = match parts.experiment {
        true => (", text, text, bigint, bigint, double precision", 9),
        false => ("", 4),
    };
    let arrays = commit.matches("[]").count();
    let arguments = vec!["NULL"; arguments + arrays].join(", ");
    let mut connection = writer.on();
    let mut plan = Vec::new();
    for text in [
        format!("PREPARE planned ({common}{types}) AS {commit}"),
        format!("EXPLAIN EXECUTE planned ({arguments})"),
        "DEALLOCATE planned".to_owned(),
    ] {
        let rows = connection.all(Statement::built(text, Vec::new()), |row| {
            Ok(row.get::<String>(0)?)
        });
        plan.extend(rows.await.unwrap());
    }
    plan
}
