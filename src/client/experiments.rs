//! Experiments: listed, found, submitted, and their course changed.

use super::{Client, ClientError};
use crate::wire;
use anyhow::Result;
use reqwest::{Method, Url};
use serde_json::Value as Json;
use tune_experiments::store::ExperimentSummary;

/// The largest page that servers give.
pub(super) const PAGE: u64 = 1000;

impl Client {
    pub(super) fn experiment_at(&self, name: &str, path: &[&str]) -> Url {
        let whole: Vec<&str> = ["experiments", name].iter().chain(path).copied().collect();
        self.at(&whole)
    }

    /// All experiments, in the order in which they were submitted.
    pub async fn experiments(&self) -> Result<Vec<ExperimentSummary>, ClientError> {
        let mut all: Vec<ExperimentSummary> = Vec::new();
        let mut cursor = None;
        loop {
            let mut url = self.at(&["experiments"]);
            with_page(&mut url, PAGE, cursor.as_deref());
            let page: wire::Experiments = self.get(url).await?;
            all.extend(page.experiments.into_iter().map(ExperimentSummary::from));
            cursor = page.next;
            if cursor.is_none() {
                // Servers give the newest first.
                all.reverse();
                return Ok(all);
            }
        }
    }

    /// The experiment of that name.
    pub async fn experiment(&self, name: &str) -> Result<Option<wire::Experiment>, ClientError> {
        match is_segment(name) {
            true => self.find(self.experiment_at(name, &[])).await,
            false => Ok(None),
        }
    }

    /// Submits a document; `key` marks this submission, so that it can be sent again. With `go_on`, the experiment may exist.
    pub async fn submit(
        &self,
        document: &Json,
        key: &str,
        go_on: bool,
    ) -> Result<wire::Submitted, ClientError> {
        let mut url = self.at(&["experiments"]);
        if go_on {
            url.query_pairs_mut().append_pair("go_on", "true");
        }
        let request = self
            .request(Method::POST, url)
            .header("idempotency-key", key);
        let response = self.patiently(self.with_json(request, document)).await?;
        self.read(response).await
    }

    /// Starts nothing new, lets running steps end.
    pub async fn pause(&self, name: &str) -> Result<wire::Experiment, ClientError> {
        self.order(self.experiment_at(name, &["pause"])).await
    }

    /// Goes on with an experiment that is paused.
    pub async fn resume(&self, name: &str) -> Result<wire::Experiment, ClientError> {
        self.order(self.experiment_at(name, &["resume"])).await
    }

    /// Ends it for good.
    pub async fn cancel(&self, name: &str) -> Result<wire::Experiment, ClientError> {
        self.order(self.experiment_at(name, &["cancel"])).await
    }

    /// Changes its limits.
    pub async fn change_limits(
        &self,
        name: &str,
        patch: &wire::LimitsPatch,
    ) -> Result<wire::Experiment, ClientError> {
        let request = self.request(Method::PATCH, self.experiment_at(name, &[]));
        let response = self.patiently(self.with_json(request, patch)).await?;
        self.read(response).await
    }

    /// Deletes it with all its data.
    pub async fn delete(&self, name: &str) -> Result<(), ClientError> {
        let request = self.request(Method::DELETE, self.experiment_at(name, &[]));
        self.patiently(request).await.map(drop)
    }
}

/// Whether it can stand in a URL: dots alone mean something else there.
pub(super) fn is_segment(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
}

pub(super) fn with_page(url: &mut Url, limit: u64, cursor: Option<&str>) {
    let mut query = url.query_pairs_mut();
    query.append_pair("limit", &limit.to_string());
    if let Some(cursor) = cursor {
        query.append_pair("cursor", cursor);
    }
}
