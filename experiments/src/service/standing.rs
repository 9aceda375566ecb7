//! Where the experiments stand that have not come to their end, and what each of them waits for.

use super::{Service, ServiceError};
use crate::spec::{self, Limits};
use crate::state::{ExperimentState, TrialState};
use crate::store::{ExperimentQuery, ExperimentSummary, StoreError};
use serde::{Deserialize, Serialize};

/// How many experiments are read at once.
const PAGE: u32 = 500;
/// Those that have not come to their end.
const OPEN: [ExperimentState; 3] = [
    ExperimentState::Pending,
    ExperimentState::Running,
    ExperimentState::Paused,
];

/// An experiment that has not come to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The experiment, with counts.
    pub summary: ExperimentSummary,
    /// What it is run within; absent when this version cannot read its document.
    pub limits: Option<Limits>,
    /// How many slots of this process it holds.
    pub slots: usize,
    /// How many of its steps wait for one.
    pub waiting: usize,
    /// Why it does not do more than it does; `None`: nothing keeps it.
    pub wait: Option<Wait>,
}

/// What keeps an experiment from doing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// It is paused, until somebody resumes it.
    Paused,
    /// No process drives it right now.
    NotDriven,
    /// Another process drives it, which alone knows more.
    DrivenElsewhere,
    /// Steps wait for slots that others use.
    Slots,
    /// As many trials as may be have been created: it waits for the last ones.
    MaxTrials,
    /// As many trials run as may run at once.
    ParallelTrials,
    /// Clients ask for trials when they want to.
    Clients,
}

impl Wait {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Paused,
        Self::NotDriven,
        Self::DrivenElsewhere,
        Self::Slots,
        Self::MaxTrials,
        Self::ParallelTrials,
        Self::Clients,
    ];
}

/// What is known of an experiment beside what the store says of its state.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    /// Whether this process drives it.
    here: bool,
    /// Whether another process does.
    elsewhere: bool,
    /// How many of its steps wait for a slot.
    waiting: usize,
    /// Whether clients evaluate its trials.
    is_asked: bool,
}

impl Service {
    /// Every experiment that has not come to its end, the newest first.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn standings(&self) -> Result<Vec<Standing>, ServiceError> {
        let mut query = ExperimentQuery {
            states: OPEN.to_vec(),
            limit: PAGE,
            ..ExperimentQuery::default()
        };
        let mut standings = Vec::new();
        loop {
            let page = self.inner.setup.store.experiments_page(&query).await?;
            for summary in page.items {
                standings.push(self.standing(summary).await?);
            }
            query.after = page.next;
            if query.after.is_none() {
                return Ok(standings);
            }
        }
    }

    async fn standing(&self, summary: ExperimentSummary) -> Result<Standing, StoreError> {
        let setup = &self.inner.setup;
        let id = summary.experiment.id;
        let here = self.inner.drivers.of(id).is_some();
        let (slots, waiting) = self.inner.pool.share_of(id);
        let document = &summary.experiment.document;
        let experiment = spec::read_document(document, setup.components.as_ref()).ok();
        let facts = Facts {
            here,
            elsewhere: !here && setup.store.driver(id).await?.is_some(),
            waiting,
            is_asked: experiment.as_ref().is_some_and(|it| it.pipeline.is_empty()),
        };
        let limits = experiment.map(|experiment| experiment.limits);
        Ok(Standing {
            wait: wait(&summary, limits.as_ref(), facts),
            summary,
            limits,
            slots,
            waiting,
        })
    }
}

/// The first reason counts: what lies behind it does not matter yet.
fn wait(summary: &ExperimentSummary, limits: Option<&Limits>, facts: Facts) -> Option<Wait> {
    if summary.experiment.state == ExperimentState::Paused {
        return Some(Wait::Paused);
    }
    if facts.elsewhere {
        return Some(Wait::DrivenElsewhere);
    }
    if facts.is_asked {
        return Some(Wait::Clients);
    }
    if !facts.here {
        return Some(Wait::NotDriven);
    }
    if facts.waiting > 0 {
        return Some(Wait::Slots);
    }
    let limits = limits?;
    let count = |state| summary.trials.get(&state).copied().unwrap_or(0);
    let created: u64 = summary.trials.values().sum();
    if limits.max_trials.is_some_and(|max| created >= max) {
        return Some(Wait::MaxTrials);
    }
    let open = count(TrialState::Queued) + count(TrialState::Running);
    (open >= u64::from(limits.parallel_trials)).then_some(Wait::ParallelTrials)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ExperimentId, ExperimentRecord};
    use jiff::Timestamp;
    use serde_json::json;
    use tune_algorithms::history::Goal;

    fn summary(state: ExperimentState, running: u64, succeeded: u64) -> ExperimentSummary {
        ExperimentSummary {
            experiment: ExperimentRecord {
                id: ExperimentId(1),
                name: "a".to_owned(),
                document: json!({}),
                directory: "/".into(),
                goal: Goal::Minimize,
                state,
                reason: None,
                request: None,
                prior_trials: 0,
                created_at: Timestamp::UNIX_EPOCH,
                started_at: None,
                finished_at: None,
                active_seconds: 0.0,
            },
            trials: [
                (TrialState::Running, running),
                (TrialState::Succeeded, succeeded),
            ]
            .into(),
            best: None,
            tags: Vec::new(),
        }
    }

    #[test]
    fn what_an_experiment_waits_for_is_the_first_thing_that_keeps_it() {
        let limits = Limits {
            max_trials: Some(10),
            parallel_trials: 2,
            max_failed_trials: None,
            max_duration: None,
            converged: None,
            priority: 10,
        };
        let here = Facts {
            here: true,
            ..Facts::default()
        };
        let elsewhere = Facts {
            elsewhere: true,
            ..Facts::default()
        };
        let is_asked = Facts {
            is_asked: true,
            ..here
        };
        let crowded = Facts { waiting: 1, ..here };
        let is = |state, running, succeeded, facts| {
            wait(&summary(state, running, succeeded), Some(&limits), facts)
        };
        use ExperimentState::{Paused, Running};
        assert_eq!(is(Paused, 2, 0, here), Some(Wait::Paused));
        assert_eq!(is(Running, 1, 0, elsewhere), Some(Wait::DrivenElsewhere));
        assert_eq!(is(Running, 2, 0, is_asked), Some(Wait::Clients));
        assert_eq!(is(Running, 1, 0, Facts::default()), Some(Wait::NotDriven));
        assert_eq!(is(Running, 2, 0, crowded), Some(Wait::Slots));
        assert_eq!(is(Running, 1, 9, here), Some(Wait::MaxTrials));
        assert_eq!(is(Running, 2, 0, here), Some(Wait::ParallelTrials));
        assert_eq!(is(Running, 1, 0, here), None);
        let unread = wait(&summary(Running, 2, 8), None, here);
        assert_eq!(unread, None);
    }
}
