//! What is counted for the operator, in the format of Prometheus: requests and readers as they come, trials and slots when asked.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tune_experiments::controller::Observer;
use tune_experiments::service::Load;
use tune_experiments::state::{StepState, TrialState};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    method: String,
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Algorithm {
    algorithm: String,
}

/// The numbers. Cheap to clone.
#[derive(Clone)]
pub struct Numbers {
    inner: Arc<Inner>,
}

struct Inner {
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    readers: Gauge,
    steps: Family<State, Histogram, fn() -> Histogram>,
    suggestions: Family<Algorithm, Counter>,
    suggesting: Family<Algorithm, Histogram, fn() -> Histogram>,
    writing: Histogram,
    trials: Family<State, Gauge>,
    slots: Gauge,
    slots_in_use: Gauge,
    waiting: Gauge,
    driven: Gauge,
    registry: Mutex<Registry>,
}

/// From a tenth of a millisecond to about a minute.
fn of_requests() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 3.0, 13))
}

/// From ten milliseconds to about a day and a half.
fn of_steps() -> Histogram {
    Histogram::new(exponential_buckets(0.01, 3.0, 16))
}

/// From a microsecond, as random points take, to about a minute, as models of many trials may.
fn of_suggestions() -> Histogram {
    Histogram::new(exponential_buckets(0.000_001, 4.0, 14))
}

impl Numbers {
    /// All zero.
    pub fn new() -> Self {
        let inner = Inner {
            requests: Family::default(),
            seconds: Family::new_with_constructor(of_requests),
            readers: Gauge::default(),
            steps: Family::new_with_constructor(of_steps),
            suggestions: Family::default(),
            suggesting: Family::new_with_constructor(of_suggestions),
            writing: of_requests(),
            trials: Family::default(),
            slots: Gauge::default(),
            slots_in_use: Gauge::default(),
            waiting: Gauge::default(),
            driven: Gauge::default(),
            registry: Mutex::default(),
        };
        inner.register();
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Counts an answered request. Only routes are labels, never addresses: there must not be more of them than there are routes.
    pub fn answered(&self, method: &str, route: &str, status: u16, after: Duration) {
        let (method, route) = (method.to_owned(), route.to_owned());
        let of_route = Route {
            method: method.clone(),
            route: route.clone(),
        };
        self.inner
            .seconds
            .get_or_create(&of_route)
            .observe(after.as_secs_f64());
        let request = Request {
            method,
            route,
            status,
        };
        self.inner.requests.get_or_create(&request).inc();
    }

    /// Counts a reader of events as long as the answer lives.
    pub fn reader(&self) -> Counted {
        self.inner.readers.inc();
        Counted(self.inner.readers.clone())
    }

    /// Everything, as text.
    ///
    /// # Errors
    /// When a number has no form as text.
    pub fn text(
        &self,
        load: &Load,
        trials: &BTreeMap<TrialState, u64>,
    ) -> Result<String, fmt::Error> {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.inner.slots.set(number(load.slots));
        self.inner.slots_in_use.set(number(load.in_use));
        self.inner.waiting.set(number(load.waiting));
        self.inner.driven.set(number(load.driven));
        for state in TrialState::ALL {
            let count = trials.get(state).copied().unwrap_or(0);
            let gauge = self.inner.trials.get_or_create(&State {
                state: state.as_str(),
            });
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry())?;
        Ok(text)
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.inner
            .registry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn register(&self) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "tune_http_requests",
            "Requests that were answered",
            self.requests.clone(),
        );
        registry.register(
            "tune_http_request_seconds",
            "Until the answer began",
            self.seconds.clone(),
        );
        registry.register(
            "tune_event_readers",
            "Readers that follow events now",
            self.readers.clone(),
        );
        registry.register(
            "tune_step_seconds",
            "How long attempts of steps ran, by what became of their step",
            self.steps.clone(),
        );
        registry.register(
            "tune_suggestions",
            "Configurations that were suggested",
            self.suggestions.clone(),
        );
        registry.register(
            "tune_suggestion_seconds",
            "How long it took to suggest",
            self.suggesting.clone(),
        );
        registry.register(
            "tune_store_write_seconds",
            "How long transactions of experiments took",
            self.writing.clone(),
        );
        registry.register("tune_trials", "Trials in the store", self.trials.clone());
        registry.register(
            "tune_slots",
            "Steps that may run at once",
            self.slots.clone(),
        );
        registry.register(
            "tune_slots_in_use",
            "Steps that run now",
            self.slots_in_use.clone(),
        );
        registry.register(
            "tune_steps_waiting",
            "Steps that wait for a slot",
            self.waiting.clone(),
        );
        registry.register(
            "tune_experiments_driven",
            "Experiments that this process drives",
            self.driven.clone(),
        );
    }
}

impl Observer for Numbers {
    fn suggested(&self, algorithm: &str, count: usize, took: Duration) {
        let algorithm = Algorithm {
            algorithm: algorithm.to_owned(),
        };
        let inner = &self.inner;
        inner
            .suggestions
            .get_or_create(&algorithm)
            .inc_by(count as u64);
        inner
            .suggesting
            .get_or_create(&algorithm)
            .observe(took.as_secs_f64());
    }

    fn stored(&self, took: Duration) {
        self.inner.writing.observe(took.as_secs_f64());
    }

    fn ran(&self, state: StepState, took: Duration) {
        let state = State {
            state: state.as_str(),
        };
        self.inner
            .steps
            .get_or_create(&state)
            .observe(took.as_secs_f64());
    }
}

/// Something that is counted while it lives.
pub struct Counted(Gauge);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_text() {
        let numbers = Numbers::new();
        numbers.answered("GET", "/healthz", 200, Duration::from_millis(2));
        let reader = numbers.reader();
        let load = Load {
            slots: 4,
            ..Load::default()
        };
        let trials = BTreeMap::from([(TrialState::Running, 3)]);
        let text = numbers.text(&load, &trials).unwrap();
        for line in [
            "tune_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1",
            "tune_event_readers 1",
            "tune_slots 4",
            "tune_trials{state=\"running\"} 3",
            "tune_trials{state=\"queued\"} 0",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        drop(reader);
        assert!(
            numbers
                .text(&load, &trials)
                .unwrap()
                .contains("tune_event_readers 0")
        );
    }
}
