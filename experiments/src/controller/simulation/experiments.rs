//! Experiments of many shapes for the simulation.

use super::clients::Act;
use crate::spec::{
    Action, AlgorithmChoice, Convergence, Experiment, Leases, Limits, Objective, Pipeline, Retries,
    Step, StopperChoice, Strategy as Counts,
};
use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::{Map, json};
use std::time::Duration;
use tune_algorithms::history::Goal;
use tune_algorithms::space::{Domain, Parameter, Scale, Space, Value};

/// What varies between simulated experiments.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Which earlier steps each step needs, as bits.
    pub needs: Vec<u8>,
    pub max_trials: Option<u64>,
    pub parallel_trials: u32,
    pub slots: usize,
    pub max_failed_trials: Option<u64>,
    /// Seconds.
    pub max_duration: Option<u64>,
    pub target: Option<f64>,
    /// After so many trials without improvement it has converged.
    pub stagnation: Option<u64>,
    /// How many values the space has; 0: infinitely many.
    pub choices: u32,
    pub retries: u32,
    pub early_stopping: bool,
    /// How likely an attempt is to fail.
    pub failing: f64,
    /// The objective is never reported.
    pub silent: bool,
    /// How many clients ask and tell; 0: there is a pipeline.
    pub clients: u32,
    /// How many trials of another experiment are known from the beginning.
    pub prior: u32,
    /// What the user does in the first minutes.
    pub acts: Vec<Act>,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            needs: vec![0, 0b1, 0b10],
            max_trials: Some(10),
            parallel_trials: 2,
            slots: 4,
            max_failed_trials: None,
            max_duration: None,
            target: None,
            stagnation: None,
            choices: 0,
            retries: 0,
            early_stopping: false,
            failing: 0.0,
            silent: false,
            clients: 0,
            prior: 0,
            acts: Vec::new(),
        }
    }
}

/// Something that a user does.
fn act() -> impl Strategy<Value = Act> {
    let x = |x| [("x".to_owned(), x)].into_iter().collect();
    prop_oneof![
        // Of the infinite space, or of the finite ones; where it is not, it is refused.
        (-0.5..0.5).prop_map(move |value| Act::Enqueue(x(Value::Float(value)))),
        (1..40_i64).prop_map(move |value| Act::Enqueue(x(Value::Int(value)))),
        Just(Act::Pause),
        (1..40_u64).prop_map(Act::Limit),
    ]
}

impl Arbitrary for Shape {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let limits = (
            1..30_u64,
            1..6_u32,
            1..6_usize,
            proptest::option::of(1..10_u64),
            proptest::option::of(1..2_000_u64),
        );
        let search = (
            proptest::option::of(-0.4..0.5),
            proptest::option::of(1..20_u64),
            0..40_u32,
            any::<bool>(),
        );
        let steps = (
            proptest::collection::vec(any::<u8>(), 1..6),
            0..3_u32,
            0.0..0.6,
        );
        let people = (
            prop_oneof![Just(0), 1..4_u32],
            0..4_u32,
            proptest::collection::vec(act(), 0..4),
        );
        (limits, search, steps, people)
            .prop_map(
                |(
                    (max_trials, parallel_trials, slots, failed, duration),
                    (target, stagnation, choices, early_stopping),
                    (needs, retries, failing),
                    (clients, prior, acts),
                )| {
                    Self {
                        needs,
                        max_trials: Some(max_trials),
                        parallel_trials,
                        slots,
                        max_failed_trials: failed,
                        max_duration: duration,
                        target,
                        stagnation,
                        choices,
                        retries,
                        early_stopping,
                        failing,
                        silent: false,
                        clients,
                        prior,
                        acts,
                    }
                },
            )
            .boxed()
    }
}

/// The experiment of that shape.
pub fn experiment(shape: &Shape, seed: u64) -> (Experiment, Shape) {
    let steps = shape
        .needs
        .iter()
        .enumerate()
        .filter(|_| shape.clients == 0)
        .map(|(index, needs)| (name(index), step(shape, index, *needs)))
        .collect();
    let experiment = Experiment {
        name: "simulated".into(),
        description: None,
        tags: Vec::new(),
        objective: Objective {
            metric: "score".into(),
            goal: Goal::Maximize,
            target: shape.target,
            strategy: Counts::Last,
        },
        algorithm: AlgorithmChoice {
            name: "random".into(),
            seed,
            settings: Map::new(),
        },
        start_from: (shape.prior > 0).then(|| "another".to_owned()),
        early_stopping: shape.early_stopping.then(median),
        limits: Limits {
            max_trials: shape.max_trials,
            parallel_trials: shape.parallel_trials,
            max_failed_trials: shape.max_failed_trials,
            max_duration: shape.max_duration.map(Duration::from_secs),
            converged: shape.stagnation.map(|stagnation| Convergence {
                stagnation: Some(stagnation),
                min_improvement: 0.0,
                expected_improvement: None,
                regret: None,
            }),
            priority: 10,
        },
        leases: (shape.clients > 0).then(|| Leases {
            lease: Duration::from_secs(120),
            max_retries: shape.retries,
        }),
        parameters: space(shape.choices),
        pipeline: Pipeline { steps },
    };
    (experiment, shape.clone())
}

fn median() -> StopperChoice {
    let settings = json!({ "startup_trials": 2 });
    StopperChoice {
        name: "median".into(),
        settings: settings.as_object().cloned().unwrap_or_default(),
        resource: None,
    }
}

fn name(index: usize) -> String {
    format!("step_{index}")
}

fn step(shape: &Shape, index: usize, needs: u8) -> Step {
    let earlier = (0..index).filter(|earlier| needs & (1 << earlier) != 0);
    Step {
        action: Action::Program {
            run: vec!["simulated".into(), "${{ params.x }}".into()],
        },
        needs: earlier.map(name).collect(),
        env: IndexMap::new(),
        secrets: Vec::new(),
        artifacts: IndexMap::new(),
        timeout: None,
        retries: Retries {
            max: shape.retries,
            delay: Duration::from_secs(3),
            backoff: 2.0,
        },
        working_directory: None,
    }
}

fn space(choices: u32) -> Space {
    let domain = match choices {
        0 => Domain::Float {
            min: -0.5,
            max: 0.5,
            scale: Scale::Linear,
            step: None,
            points: None,
        },
        1 => Domain::Categorical {
            values: vec![Value::Float(0.25)],
        },
        _ => Domain::Int {
            min: 1,
            max: i64::from(choices),
            scale: Scale::Linear,
            step: None,
            points: None,
        },
    };
    Space::new(vec![Parameter {
        name: "x".into(),
        domain,
        when: None,
    }])
    .expect("a well-formed space")
}
