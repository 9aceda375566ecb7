//! Where experiments are: a store that this process opens itself, or a server that is asked. Commands are written once, for both.

use crate::client::Client;
use crate::error::Failure;
use crate::importance::{self, Question, Refused};
use crate::wire;
use anyhow::Result;
use jiff::Timestamp;
use std::collections::BTreeMap;
use tune_experiments::notes::{Notes, NotesPatch};
use tune_experiments::spec::Experiment;
use tune_experiments::state::{ExperimentState, TrialState};
use tune_experiments::store::{
    ExperimentRecord, ExperimentSummary, LoadedTrial, MetricRecord, StepRecord, Store, TrialQuery,
    TrialRecord,
};

/// Where experiments are.
#[derive(Clone)]
pub enum Backend {
    /// In a store.
    Store(Store),
    /// At a server.
    Server(Client),
}

impl Backend {
    /// All experiments, in the order in which they were submitted.
    pub async fn experiments(&self) -> Result<Vec<ExperimentSummary>> {
        Ok(match self {
            Self::Store(store) => store.experiments().await?,
            Self::Server(client) => client.experiments().await?,
        })
    }

    /// The experiment of that name.
    pub async fn experiment(&self, name: &str) -> Result<Option<ExperimentRecord>> {
        Ok(match self {
            Self::Store(store) => store.experiment(name).await?,
            Self::Server(client) => client.experiment(name).await?.map(ExperimentRecord::from),
        })
    }

    /// How many trials there are in each state; states without trials are absent.
    pub async fn counts(&self, record: &ExperimentRecord) -> Result<BTreeMap<TrialState, u64>> {
        Ok(match self {
            Self::Store(store) => store.counts(record.id).await?,
            Self::Server(client) => at(client, record).await?.trials.0,
        })
    }

    /// The best trial.
    pub async fn best(&self, record: &ExperimentRecord) -> Result<Option<TrialRecord>> {
        Ok(match self {
            Self::Store(store) => store.best(record.id).await?,
            Self::Server(client) => at(client, record).await?.best.map(TrialRecord::from),
        })
    }

    /// Whether a process drives the experiment at the moment.
    pub async fn is_driven(&self, record: &ExperimentRecord) -> Result<bool> {
        Ok(match self {
            Self::Store(store) => store.driver(record.id).await?.is_some(),
            Self::Server(client) => at(client, record).await?.driven,
        })
    }

    /// Whether the experiment should be running and no process runs it. One without a pipeline needs none.
    pub async fn is_idle(&self, record: &ExperimentRecord) -> Result<bool> {
        if record.document["pipeline"].is_null() || self.is_driven(record).await? {
            return Ok(false);
        }
        // It may have ended since it was read: whoever ends it writes that down first, and lets go of it then.
        let now = self.experiment(&record.name).await?;
        Ok(now.is_some_and(|now| now.state == ExperimentState::Running))
    }

    /// The number of the experiment's last event.
    pub async fn last_event(&self, record: &ExperimentRecord) -> Result<i64> {
        Ok(match self {
            Self::Store(store) => store.last_event(record.id).await?,
            Self::Server(client) => at(client, record).await?.last_event,
        })
    }

    /// The experiment as programs see it.
    pub async fn in_full(
        &self,
        record: ExperimentRecord,
        experiment: &Experiment,
    ) -> Result<wire::Experiment> {
        let store = match self {
            Self::Store(store) => store,
            Self::Server(client) => return at(client, &record).await,
        };
        let id = record.id;
        Ok(wire::Experiment::new(
            record,
            wire::Counts(store.counts(id).await?),
            store.best(id).await?,
            store.driver(id).await?.is_some(),
            store.last_event(id).await?,
            store.notes(id, None).await?,
            experiment,
        ))
    }

    /// What was written about the experiment, or about one of its trials.
    pub async fn notes(&self, record: &ExperimentRecord, trial: Option<u64>) -> Result<Notes> {
        Ok(match self {
            Self::Store(store) => store.notes(record.id, trial).await?,
            Self::Server(client) => client.notes(&record.name, trial).await?.into(),
        })
    }

    /// Changes it; what is written then.
    pub async fn change_notes(
        &self,
        record: &ExperimentRecord,
        trial: Option<u64>,
        patch: NotesPatch,
    ) -> Result<Notes> {
        let store = match self {
            Self::Store(store) => store,
            Self::Server(client) => {
                let patch = patch.into();
                let changed = client.change_notes(&record.name, trial, &patch);
                return Ok(changed.await?.into());
            }
        };
        let change = |notes: Notes| {
            notes
                .changed(&patch)
                .map_err(|why| Failure::new(why).into())
        };
        store
            .change_notes(record.id, trial, Timestamp::now(), change)
            .await
    }

    /// The trials that `query` asks for.
    pub async fn trials(
        &self,
        record: &ExperimentRecord,
        query: &TrialQuery,
    ) -> Result<Vec<TrialRecord>> {
        match self {
            Self::Store(store) => Ok(store.trials(record.id, query).await?),
            Self::Server(client) => in_pages(client, &record.name, query).await,
        }
    }

    /// What every trial tries and how it ended, by number.
    pub async fn outcomes(&self, record: &ExperimentRecord) -> Result<Vec<LoadedTrial>> {
        let client = match self {
            Self::Store(store) => return Ok(store.outcomes(record.id).await?),
            Self::Server(client) => client,
        };
        let trials = in_pages(client, &record.name, &TrialQuery::default()).await?;
        let outcome = |trial: TrialRecord| LoadedTrial {
            number: trial.number,
            parameters: trial.parameters,
            state: trial.state,
            enqueued: trial.enqueued,
            objective: trial.objective,
            finished_order: trial.finished_order,
        };
        Ok(trials.into_iter().map(outcome).collect())
    }

    /// How much each parameter matters.
    pub async fn importance(
        &self,
        record: &ExperimentRecord,
        experiment: &Experiment,
        question: &Question,
    ) -> Result<wire::Importance> {
        let store = match self {
            Self::Store(store) => store,
            Self::Server(client) => return Ok(client.importance(&record.name, question).await?),
        };
        let found = importance::of_store(store, record.id, experiment, question).await;
        found.map_err(|refused| match refused {
            Refused::Store(error) => error.into(),
            Refused::TooFew(message, hint) | Refused::Unknown(message, hint) => {
                Failure::new(message).hint(hint).into()
            }
        })
    }

    /// The trial of that number.
    pub async fn trial(
        &self,
        record: &ExperimentRecord,
        number: u64,
    ) -> Result<Option<TrialRecord>> {
        Ok(match self {
            Self::Store(store) => store.trial(record.id, number).await?,
            Self::Server(client) => {
                let found = client.trial(&record.name, number).await?;
                found.map(|found| found.trial.into())
            }
        })
    }

    /// The step runs of a trial, in the order in which they were first written.
    pub async fn steps(&self, record: &ExperimentRecord, trial: u64) -> Result<Vec<StepRecord>> {
        Ok(match self {
            Self::Store(store) => store.steps(record.id, trial).await?,
            Self::Server(client) => {
                let found = client.trial(&record.name, trial).await?;
                let steps = found.into_iter().flat_map(|found| found.steps);
                steps.map(|step| step.record(trial)).collect()
            }
        })
    }

    /// What a trial reported, in the order of arrival.
    pub async fn metrics(
        &self,
        record: &ExperimentRecord,
        trial: u64,
    ) -> Result<Vec<MetricRecord>> {
        Ok(match self {
            Self::Store(store) => store.metrics(record.id, trial, None).await?,
            Self::Server(client) => client.metrics(&record.name, trial, None).await?,
        })
    }

    /// The report of a metric at its highest level so far.
    pub async fn latest_metric(
        &self,
        record: &ExperimentRecord,
        trial: u64,
        metric: &str,
    ) -> Result<Option<MetricRecord>> {
        Ok(match self {
            Self::Store(store) => store.latest_metric(record.id, trial, metric).await?,
            Self::Server(client) => client.latest_metric(&record.name, trial, metric).await?,
        })
    }

    /// The names of all metrics that some trial has, sorted.
    pub async fn metric_names(&self, record: &ExperimentRecord) -> Result<Vec<String>> {
        Ok(match self {
            Self::Store(store) => store.metric_names(record.id).await?,
            Self::Server(client) => client.metric_names(&record.name).await?,
        })
    }
}

/// The experiment as it is at the server now.
async fn at(client: &Client, record: &ExperimentRecord) -> Result<wire::Experiment> {
    let found = client.experiment(&record.name).await?;
    found.ok_or_else(|| anyhow::anyhow!("experiment `{}` was deleted meanwhile", record.name))
}

/// All that a query asks for, page by page.
async fn in_pages(client: &Client, name: &str, query: &TrialQuery) -> Result<Vec<TrialRecord>> {
    let mut skipped = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let wanted = query.limit.and_then(|limit| usize::try_from(limit).ok());
    let mut trials = Vec::new();
    let mut cursor = None;
    loop {
        let missing = wanted.map(|wanted| wanted.saturating_sub(trials.len()));
        if missing == Some(0) {
            return Ok(trials);
        }
        let page = TrialQuery {
            limit: missing.map(|missing| missing.saturating_add(skipped) as u64),
            ..query.clone()
        };
        let page = client.trials_page(name, &page, cursor.as_deref()).await?;
        let left_out = skipped.min(page.items.len());
        skipped -= left_out;
        trials.extend(page.items.into_iter().skip(left_out));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(trials);
        }
    }
}
