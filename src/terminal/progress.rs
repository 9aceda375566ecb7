//! Where an experiment stands, followed event by event: what the live view and the plain lines show. Knows nothing of terminals.

use super::number::seconds_between;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::{BTreeMap, VecDeque};
use tune_algorithms::history::Goal;
use tune_algorithms::space::Configuration;
use tune_experiments::spec::Experiment;
use tune_experiments::state::{ExperimentReason, ExperimentState, StepState, TrialState};
use tune_experiments::store::{EventKind, StoredEvent};

/// How many of the latest endings the rate is taken from.
const RECENT: usize = 60;

/// Where an experiment stands.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The experiment.
    pub experiment: Experiment,
    /// Its state.
    pub state: ExperimentState,
    /// How many trials are in each state.
    pub counts: BTreeMap<TrialState, u64>,
    /// The trials that have not ended, by number.
    pub running: BTreeMap<u64, Running>,
    /// The best trial so far.
    pub best: Option<Best>,
    /// The user wants it to stop: no more trials begin.
    pub stopping: bool,
    recent: VecDeque<Timestamp>,
}

/// A trial that has not ended.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// Its configuration.
    pub parameters: Configuration,
    /// When its first step began; `None` while it is queued.
    pub since: Option<Timestamp>,
    /// Its running steps and their attempts.
    pub steps: Vec<(String, u32)>,
    /// Level and value of the objective's latest report.
    pub latest: Option<(f64, f64)>,
}

/// The best trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// Its number.
    pub trial: u64,
    /// Its objective.
    pub objective: f64,
    /// Its configuration.
    pub parameters: Configuration,
}

/// Something worth a line of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A trial ended.
    Ended(EndedTrial),
    /// An attempt failed and there will be another.
    Retry {
        /// The trial.
        trial: u64,
        /// The step.
        step: String,
        /// The attempt that failed.
        attempt: u32,
        /// Why.
        explanation: String,
        /// Seconds until the next.
        retry_in: f64,
    },
    /// The experiment changed its state.
    Experiment(ExperimentState, Option<ExperimentReason>),
}

/// A trial that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedTrial {
    /// Its number.
    pub number: u64,
    /// How.
    pub state: TrialState,
    /// Why, in words.
    pub explanation: Option<String>,
    /// Its objective.
    pub objective: Option<f64>,
    /// Its configuration.
    pub parameters: Configuration,
    /// How long it ran.
    pub seconds: Option<f64>,
    /// Whether it is the best so far.
    pub is_best: bool,
    /// The objective of the trial that was the best before, if this one is the best now.
    pub previous_best: Option<f64>,
}

#[derive(Deserialize)]
struct ExperimentData {
    state: ExperimentState,
    #[serde(default)]
    reason: Option<ExperimentReason>,
}

#[derive(Deserialize)]
struct TrialData {
    state: TrialState,
    #[serde(default)]
    parameters: Option<Configuration>,
    #[serde(default)]
    explanation: Option<String>,
    #[serde(default)]
    objective: Option<f64>,
}

#[derive(Deserialize)]
struct StepData {
    state: StepState,
    #[serde(default)]
    attempt: u32,
    #[serde(default)]
    explanation: Option<String>,
    #[serde(default)]
    retry_in: Option<f64>,
}

impl Progress {
    /// At the very beginning.
    pub fn new(experiment: Experiment) -> Self {
        Self {
            experiment,
            state: ExperimentState::Pending,
            counts: BTreeMap::new(),
            running: BTreeMap::new(),
            best: None,
            stopping: false,
            recent: VecDeque::new(),
        }
    }

    /// How many trials have ended.
    pub fn finished(&self) -> u64 {
        let ended = self.counts.iter().filter(|(state, _)| state.is_finished());
        ended.map(|(_, count)| count).sum()
    }

    /// Trials per second, of late; `None` while there is nothing to go by.
    pub fn rate(&self, now: Timestamp) -> Option<f64> {
        let first = *self.recent.front()?;
        let seconds = now.duration_since(first).as_secs_f64();
        (self.recent.len() >= 3 && seconds > 0.0).then(|| (self.recent.len() - 1) as f64 / seconds)
    }

    /// Seconds until the last trial ends at the present rate.
    pub fn seconds_left(&self, now: Timestamp) -> Option<f64> {
        let max = self.experiment.limits.max_trials?;
        let left = max.saturating_sub(self.finished());
        Some(left as f64 / self.rate(now)?)
    }

    /// Takes in an event. Events of kinds or shapes from a later version tell nothing and change nothing.
    pub fn apply(&mut self, event: &StoredEvent) -> Option<News> {
        match (event.kind, event.trial) {
            (EventKind::Experiment, _) => self.experiment_changed(&event.data),
            (EventKind::Trial, Some(trial)) => self.trial_changed(trial, event),
            (EventKind::Step, Some(trial)) => self.step_changed(trial, event),
            _ => None,
        }
    }

    fn experiment_changed(&mut self, data: &Json) -> Option<News> {
        let data = ExperimentData::deserialize(data).ok()?;
        self.state = data.state;
        Some(News::Experiment(data.state, data.reason))
    }

    fn trial_changed(&mut self, number: u64, event: &StoredEvent) -> Option<News> {
        let data = TrialData::deserialize(&event.data).ok()?;
        let before = self
            .running
            .get(&number)
            .map(|running| match running.since {
                None => TrialState::Queued,
                Some(_) => TrialState::Running,
            });
        self.move_count(before, data.state);
        match data.state {
            TrialState::Queued => {
                let running = self.running.entry(number).or_default();
                running.parameters = data.parameters.unwrap_or_default();
                None
            }
            TrialState::Running => {
                let running = self.running.entry(number).or_default();
                running.since.get_or_insert(event.at);
                if let Some(parameters) = data.parameters {
                    running.parameters = parameters;
                }
                None
            }
            _ => Some(News::Ended(self.trial_ended(number, event.at, data))),
        }
    }

    fn move_count(&mut self, from: Option<TrialState>, to: TrialState) {
        if let Some(count) = from.and_then(|from| self.counts.get_mut(&from)) {
            *count = count.saturating_sub(1);
        }
        *self.counts.entry(to).or_default() += 1;
    }

    fn trial_ended(&mut self, number: u64, at: Timestamp, data: TrialData) -> EndedTrial {
        let running = self.running.remove(&number).unwrap_or_default();
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(at);
        let mut ended = EndedTrial {
            number,
            state: data.state,
            explanation: data.explanation,
            objective: data.objective,
            parameters: data.parameters.unwrap_or(running.parameters),
            seconds: running.since.map(|since| seconds_between(since, at)),
            is_best: false,
            previous_best: None,
        };
        self.judge(&mut ended);
        ended
    }

    /// Only trials that ran to their end can be the best.
    fn judge(&mut self, ended: &mut EndedTrial) {
        let Some(objective) = ended
            .objective
            .filter(|_| ended.state == TrialState::Succeeded)
        else {
            return;
        };
        let goal = self.experiment.objective.goal;
        let previous = self.best.as_ref().map(|best| best.objective);
        if previous.is_none_or(|previous| goal.better(objective, previous)) {
            ended.is_best = true;
            ended.previous_best = previous;
            self.best = Some(Best {
                trial: ended.number,
                objective,
                parameters: ended.parameters.clone(),
            });
        }
    }

    fn step_changed(&mut self, trial: u64, event: &StoredEvent) -> Option<News> {
        let data = StepData::deserialize(&event.data).ok()?;
        let step = event.step.clone()?;
        if let Some(running) = self.running.get_mut(&trial) {
            running.steps.retain(|(name, _)| *name != step);
            if data.state == StepState::Running {
                running.steps.push((step.clone(), data.attempt));
            }
        }
        Some(News::Retry {
            trial,
            step,
            attempt: data.attempt,
            explanation: data.explanation.unwrap_or_default(),
            retry_in: data.retry_in?,
        })
    }
}

/// How much better the new value is than the old one: positive when it is.
pub fn improvement(goal: Goal, new: f64, old: f64) -> f64 {
    match goal {
        Goal::Minimize => old - new,
        Goal::Maximize => new - old,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;
    use tune_algorithms::space::Space;
    use tune_experiments::spec::{AlgorithmChoice, Limits, Objective, Pipeline, Strategy};

    pub fn experiment() -> Experiment {
        Experiment {
            name: "iris-forest-vs-boosting".into(),
            description: None,
            tags: Vec::new(),
            objective: Objective {
                metric: "accuracy".into(),
                goal: Goal::Maximize,
                target: None,
                strategy: Strategy::Last,
            },
            algorithm: AlgorithmChoice {
                name: "tpe".into(),
                seed: 42,
                settings: serde_json::Map::new(),
            },
            start_from: None,
            early_stopping: None,
            limits: Limits {
                max_trials: Some(40),
                parallel_trials: 2,
                max_failed_trials: None,
                converged: None,
                max_duration: None,
                priority: 10,
            },
            leases: None,
            parameters: Space::new(Vec::new()).unwrap(),
            pipeline: Pipeline {
                steps: indexmap::IndexMap::new(),
            },
        }
    }

    pub fn event(second: i64, trial: u64, step: Option<&str>, data: Json) -> StoredEvent {
        StoredEvent {
            seq: second,
            experiment: "iris".into(),
            at: Timestamp::from_second(second).unwrap(),
            kind: if step.is_some() {
                EventKind::Step
            } else {
                EventKind::Trial
            },
            trial: Some(trial),
            step: step.map(str::to_owned),
            data,
        }
    }

    /// Three trials: one good, one better, one failed; a fourth runs.
    pub fn events() -> Vec<StoredEvent> {
        let parameters = json!({"model": "random_forest", "n_estimators": 51});
        vec![
            event(
                1,
                0,
                None,
                json!({"state": "queued", "parameters": parameters}),
            ),
            event(1, 0, None, json!({"state": "running"})),
            event(
                1,
                0,
                Some("train"),
                json!({"state": "running", "attempt": 1}),
            ),
            event(
                3,
                0,
                Some("train"),
                json!({"state": "succeeded", "attempt": 1}),
            ),
            event(3, 0, None, json!({"state": "succeeded", "objective": 0.9})),
            event(
                3,
                1,
                None,
                json!({"state": "queued", "parameters": parameters}),
            ),
            event(3, 1, None, json!({"state": "running"})),
            event(4, 1, None, json!({"state": "succeeded", "objective": 0.95})),
            event(
                4,
                2,
                None,
                json!({"state": "queued", "parameters": parameters}),
            ),
            event(4, 2, None, json!({"state": "running"})),
            event(
                5,
                2,
                None,
                json!({"state": "failed", "reason": "step_failed", "explanation": "step `train` exited with 1"}),
            ),
            event(
                5,
                3,
                None,
                json!({"state": "queued", "parameters": parameters}),
            ),
            event(5, 3, None, json!({"state": "running"})),
            event(
                5,
                3,
                Some("train"),
                json!({"state": "running", "attempt": 2}),
            ),
        ]
    }

    pub fn progress() -> (Progress, Vec<News>) {
        let mut progress = Progress::new(experiment());
        let news = events()
            .iter()
            .filter_map(|event| progress.apply(event))
            .collect();
        (progress, news)
    }

    impl Progress {
        fn count(&self, state: TrialState) -> u64 {
            self.counts.get(&state).copied().unwrap_or(0)
        }
    }

    #[test]
    fn counts_follow_the_events() {
        let (progress, _) = progress();
        assert_eq!(progress.count(TrialState::Succeeded), 2);
        assert_eq!(progress.count(TrialState::Failed), 1);
        assert_eq!(progress.count(TrialState::Running), 1);
        assert_eq!(progress.count(TrialState::Queued), 0);
        assert_eq!(progress.finished(), 3);
        assert_eq!(progress.running[&3].steps, [("train".to_owned(), 2)]);
    }

    #[test]
    fn each_end_of_a_trial_is_news_and_knows_whether_it_is_the_best() {
        let (progress, news) = progress();
        let ends: Vec<_> = news
            .iter()
            .map(|news| match news {
                News::Ended(ended) => (ended.number, ended.is_best, ended.previous_best),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            ends,
            [(0, true, None), (1, true, Some(0.9)), (2, false, None)]
        );
        assert_eq!(progress.best.as_ref().map(|best| best.trial), Some(1));
    }

    #[test]
    fn the_rate_and_the_time_left_come_from_the_latest_trials() {
        let (progress, _) = progress();
        let now = Timestamp::from_second(5).unwrap();
        assert_eq!(progress.rate(now), Some(1.0));
        assert_eq!(progress.seconds_left(now), Some(37.0));
    }

    #[test]
    fn an_early_stopped_trial_is_never_the_best() {
        let (mut progress, _) = progress();
        progress.apply(&event(
            6,
            3,
            None,
            json!({"state": "early_stopped", "objective": 1.0}),
        ));
        assert_eq!(progress.best.map(|best| best.objective), Some(0.95));
    }

    #[test]
    fn a_failed_attempt_that_is_followed_by_another_is_news() {
        let (mut progress, _) = progress();
        let data = json!({"state": "ready", "attempt": 2, "explanation": "exited with 1", "retry_in": 0.5});
        let news = progress.apply(&event(6, 3, Some("train"), data));
        assert!(
            matches!(
                news,
                Some(News::Retry {
                    trial: 3,
                    attempt: 2,
                    ..
                })
            ),
            "{news:?}"
        );
    }
}
