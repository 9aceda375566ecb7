//! The store against a model of it in memory: whatever is committed, in whatever batches and however often the store is opened
//! again, comes back as the model says.

use super::testing::{Kind, Place, at, commit, new_experiment, trial};
use super::*;
use crate::artifacts::Artifact;
use crate::state::{ExperimentReason, ExperimentState, StepState, TrialReason, TrialState};
use indexmap::IndexMap;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Debug;
use tune_algorithms::algorithm::{Prediction, Reason, Why};
use tune_algorithms::space::Value;

/// What the store ought to remember.
#[derive(Default)]
struct Model {
    experiment: Option<ExperimentUpdate>,
    trials: BTreeMap<u64, TrialRecord>,
    steps: IndexMap<(u64, String), StepRecord>,
    logs: Vec<StepLog>,
    metrics: Vec<MetricRecord>,
    events: Vec<NewEvent>,
}

impl Model {
    fn commit(&mut self, changes: Changes) {
        self.experiment = changes.experiment.or(self.experiment.take());
        for trial in changes.trials {
            self.trials.insert(trial.number, trial);
        }
        for step in changes.steps {
            self.logs
                .retain(|it| (it.trial, &it.step) != (step.trial, &step.step));
            self.steps.insert((step.trial, step.step.clone()), step);
        }
        let are_last =
            |it: &StepLog| self.steps[&(it.trial, it.step.clone())].attempt == it.attempt;
        self.logs.extend(changes.logs.into_iter().filter(are_last));
        for metric in changes.metrics {
            self.metrics.retain(|it| !is_same_report(it, &metric));
            self.metrics.push(metric);
        }
        self.events.extend(changes.events);
    }

    fn of_trial(&self, number: u64) -> (Vec<&StepRecord>, Vec<&MetricRecord>) {
        let steps = self.steps.values().filter(|it| it.trial == number);
        let metrics = self.metrics.iter().filter(|it| it.trial == number);
        (steps.collect(), metrics.collect())
    }

    fn log(&self, step: &StepRecord) -> Option<&String> {
        let of = |it: &&StepLog| (it.trial, &it.step) == (step.trial, &step.step);
        self.logs.iter().rev().find(of).map(|it| &it.text)
    }

    /// Order of finishing, number and objective of the trials that count, in that order.
    fn objectives(&self) -> Vec<(u64, u64, f64)> {
        let mut found = Vec::new();
        for trial in self.trials.values() {
            if trial.state == TrialState::Succeeded
                && let (Some(order), Some(objective)) = (trial.finished_order, trial.objective)
            {
                found.push((order, trial.number, objective));
            }
        }
        found.sort_by_key(|(order, ..)| *order);
        found
    }

    fn best(&self) -> Option<(u64, f64)> {
        let numbered = self
            .objectives()
            .into_iter()
            .map(|(_, number, objective)| (number, objective));
        numbered.reduce(|a, b| {
            if b.1 > a.1 || (b.1 == a.1 && b.0 < a.0) {
                b
            } else {
                a
            }
        })
    }

    fn sorted_by_metric(&self, name: &str) -> Vec<u64> {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for trial in self.trials.values() {
            match trial.metrics.get(name) {
                Some(value) if !value.is_nan() => with.push((*value, trial.number)),
                _ => without.push(trial.number),
            }
        }
        with.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        with.into_iter()
            .map(|(_, number)| number)
            .chain(without)
            .collect()
    }
}

fn is_same_report(a: &MetricRecord, b: &MetricRecord) -> bool {
    (a.trial, &a.step, &a.name, a.level) == (b.trial, &b.step, &b.name, b.level)
}

/// Tells numbers apart to the last bit, and holds NaN equal to NaN.
fn assert_same(found: &impl Debug, expected: &impl Debug) {
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
}

async fn check(store: &Store, id: ExperimentId, model: &Model) {
    for number in 0..TRIALS {
        let (steps, metrics) = model.of_trial(number);
        let trial = store.trial(id, number).await.unwrap();
        assert_same(&trial.as_ref(), &model.trials.get(&number));
        assert_same(&store.steps(id, number).await.unwrap(), &steps);
        for step in steps {
            let found = store
                .log(id, number, &step.step, step.attempt)
                .await
                .unwrap();
            assert_same(&found.as_ref(), &model.log(step));
        }
        assert_same(&store.metrics(id, number, None).await.unwrap(), &metrics);
    }
    check_lists(store, id, model).await;
    check_objectives(store, id, model).await;
    check_snapshot(store, id, model).await;
}

async fn check_lists(store: &Store, id: ExperimentId, model: &Model) {
    let all = store.trials(id, &TrialQuery::default()).await.unwrap();
    assert_same(&all, &model.trials.values().collect::<Vec<_>>());
    let field = Field::Metric(NAMES[0].to_owned());
    let sort = Some(Sort {
        field,
        descending: true,
    });
    let sorted = TrialQuery {
        sort,
        ..TrialQuery::default()
    };
    let sorted = store.trials(id, &sorted).await.unwrap();
    let numbers: Vec<_> = sorted.iter().map(|it| it.number).collect();
    assert_eq!(numbers, model.sorted_by_metric(NAMES[0]));
    let mut counts = BTreeMap::new();
    for trial in model.trials.values() {
        *counts.entry(trial.state).or_insert(0) += 1;
    }
    assert_eq!(store.counts(id).await.unwrap(), counts);
    let events = store.events_after(Some(id), 0, u32::MAX).await.unwrap();
    let after_submission = events.into_iter().skip(1).map(|it| NewEvent {
        at: it.at,
        kind: it.kind,
        trial: it.trial,
        step: it.step,
        data: it.data,
    });
    assert_same(&after_submission.collect::<Vec<_>>(), &model.events);
}

async fn check_objectives(store: &Store, id: ExperimentId, model: &Model) {
    let best = store.best(id).await.unwrap().map(|it| it.number);
    assert_eq!(best, model.best().map(|(number, _)| number));
    assert_eq!(store.experiments().await.unwrap()[0].best, model.best());
}

async fn check_snapshot(store: &Store, id: ExperimentId, model: &Model) {
    let snapshot = store.load(id).await.unwrap();
    let numbers: Vec<_> = snapshot.trials.iter().map(|it| it.number).collect();
    assert_eq!(numbers, model.trials.keys().copied().collect::<Vec<_>>());
    let unfinished = model.trials.values().filter(|it| !it.state.is_finished());
    assert_eq!(snapshot.unfinished.len(), unfinished.count());
    for unfinished in snapshot.unfinished {
        let (steps, metrics) = model.of_trial(unfinished.trial.number);
        assert_same(&unfinished.steps, &steps);
        assert_same(&unfinished.metrics, &metrics);
    }
    if let Some(update) = &model.experiment {
        assert_same(&as_update(&snapshot.experiment), update);
    }
    let curve = store.curves(id, NAMES[0]).await.unwrap();
    let curve: Vec<_> = curve
        .iter()
        .map(|it| (it.trial, it.level, it.value))
        .collect();
    let expected = model.metrics.iter().filter(|it| it.name == NAMES[0]);
    let expected: Vec<_> = expected.map(|it| (it.trial, it.level, it.value)).collect();
    assert_same(&curve, &expected);
}

fn as_update(record: &ExperimentRecord) -> ExperimentUpdate {
    ExperimentUpdate {
        state: record.state,
        reason: record.reason,
        started_at: record.started_at,
        finished_at: record.finished_at,
        active_seconds: record.active_seconds,
    }
}

const TRIALS: u64 = 4;
const NAMES: [&str; 3] = ["loss", "f1 \"macro\" %", "größe'; --"];

fn name() -> impl Strategy<Value = String> {
    select(&NAMES[..]).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,6}".prop_map(|text| text)
}

/// Any finite number but -0, which no column keeps.
fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    (POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO).prop_map(|number| number + 0.0)
}

fn reported() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => number(),
        1 => select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ]
}

fn time() -> impl Strategy<Value = jiff::Timestamp> {
    (0..10_000i64).prop_map(at)
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        number().prop_map(Value::Float),
        text().prop_map(Value::Text),
    ]
}

fn data() -> impl Strategy<Value = Json> {
    (number(), any::<i64>(), text())
        .prop_map(|(float, int, text)| json!({ "f": float, "i": [int, null], "t": text }))
}

prop_compose! {
    fn a_why()(
        algorithm in select(vec!["gp", "tpe"]),
        reason in select(vec![Reason::Exploration, Reason::Untried]),
        prediction in option::of((number(), number())),
        acquisition in option::of(number()),
    ) -> Why {
        Why {
            choice: Some("it is \"good\"".into()),
            prediction: prediction.map(|(mean, deviation)| Prediction { mean, deviation }),
            acquisition,
            ..Why::new(algorithm, reason)
        }
    }
}

prop_compose! {
    fn a_trial()(
        number in 0..TRIALS,
        state in select(TrialState::ALL),
        reason in option::of(select(TrialReason::ALL)),
        explanation in option::of(text()),
        parameters in vec((text(), value()), 0..4),
        metrics in vec((name(), reported()), 0..3),
        objective in option::of(number()),
        started_at in option::of(time()),
        finished_at in option::of(time()),
        (enqueued, handed_out, why) in (any::<bool>(), 0..3u32, option::of(a_why())),
    ) -> TrialRecord {
        TrialRecord {
            reason,
            explanation,
            parameters: parameters.into_iter().collect(),
            metrics: metrics.into_iter().collect(),
            objective,
            started_at,
            finished_at,
            enqueued,
            why,
            handed_out,
            // Not the order of numbers, and no two trials share one.
            finished_order: state.is_finished().then_some((number + 2) % TRIALS),
            ..trial(number, state)
        }
    }
}

prop_compose! {
    fn a_step()(
        trial in 0..TRIALS,
        step in name(),
        state in select(StepState::ALL),
        explanation in option::of(text()),
        (attempt, failures) in (0..5u32, 0..5u32),
        exit_code in option::of(any::<i32>()),
        (started_at, finished_at) in (option::of(time()), option::of(time())),
        values in vec((name(), data()), 0..3),
        artifacts in vec((name(), any::<u32>()), 0..2),
    ) -> StepRecord {
        StepRecord {
            trial,
            step,
            state,
            explanation,
            attempt,
            failures,
            exit_code,
            started_at,
            finished_at,
            values: values.into_iter().collect(),
            artifacts: artifacts.into_iter().map(|(name, size)| (name, artifact(size))).collect(),
        }
    }
}

fn artifact(size: u32) -> Artifact {
    Artifact {
        hash: format!("{size:x}"),
        size: size.into(),
        path: "a/b".into(),
    }
}

prop_compose! {
    fn a_metric()(
        trial in 0..TRIALS,
        step in name(),
        name in name(),
        level in prop_oneof![4 => (0..3u8).prop_map(f64::from), 1 => number()],
        value in reported(),
        at in time(),
    ) -> MetricRecord {
        MetricRecord { trial, step, name, level, value, at }
    }
}

prop_compose! {
    fn an_event()(at in time(), trial in option::of(0..TRIALS), step in option::of(name()), data in data()) -> NewEvent {
        NewEvent { at, kind: EventKind::Step, trial, step, data }
    }
}

prop_compose! {
    fn an_update()(
        state in select(ExperimentState::ALL),
        reason in option::of(select(ExperimentReason::ALL)),
        started_at in option::of(time()),
        finished_at in option::of(time()),
        active_seconds in number(),
    ) -> ExperimentUpdate {
        ExperimentUpdate { state, reason, started_at, finished_at, active_seconds }
    }
}

prop_compose! {
    fn changes()(
        experiment in option::of(an_update()),
        trials in vec(a_trial(), 0..4),
        steps in vec((a_step(), option::of(text())), 0..5),
        metrics in vec(a_metric(), 0..6),
        events in vec(an_event(), 0..4),
    ) -> Changes {
        let logs = steps.iter().filter_map(|(step, log)| {
            let text = log.clone()?;
            Some(StepLog { trial: step.trial, step: step.step.clone(), attempt: step.attempt, text })
        });
        let logs = logs.collect();
        let steps = steps.into_iter().map(|(step, _)| step).collect();
        Changes { experiment, trials, steps, logs, metrics, events }
    }
}

/// What a driver may write: nothing that belongs to trials that do not exist yet, and of those that do neither another configuration, nor
/// another reason for it, nor fewer metrics.
fn permitted(mut changes: Changes, model: &Model) -> Changes {
    for trial in &mut changes.trials {
        if let Some(known) = model.trials.get(&trial.number) {
            trial.parameters = known.parameters.clone();
            trial.why = known.why.clone();
            let given = std::mem::replace(&mut trial.metrics, known.metrics.clone());
            trial.metrics.extend(given);
        }
    }
    let new: Vec<_> = changes.trials.iter().map(|it| it.number).collect();
    let exists = |number: u64| new.contains(&number) || model.trials.contains_key(&number);
    changes.steps.retain(|it| exists(it.trial));
    changes.logs.retain(|it| exists(it.trial));
    changes.metrics.retain(|it| exists(it.trial));
    changes
}

async fn play(kind: Kind, batches: Vec<(Changes, bool)>) {
    let place = Place::new(kind).await;
    let mut store = place.open().await;
    let id = store.create(new_experiment("a")).await.unwrap().id;
    let mut model = Model::default();
    for (changes, open_again) in batches {
        let changes = permitted(changes, &model);
        commit(&store, id, changes.clone()).await.unwrap();
        model.commit(changes);
        if open_again {
            store = place.open().await;
        }
    }
    check(&store, id, &model).await;
}

fn run(kind: Kind, batches: Vec<(Changes, bool)>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(play(kind, batches));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_committed_comes_back(batches in vec((changes(), prop::bool::weighted(0.2)), 0..8)) {
        run(Kind::Sqlite, batches);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_committed_to_postgres_comes_back(batches in vec((changes(), prop::bool::weighted(0.2)), 0..8)) {
        run(Kind::Postgres, batches);
    }
}
