//! Trials: listed, shown, with what they reported and printed.

use super::experiments::{PAGE, with_page};
use super::{Client, ClientError};
use crate::importance::Question;
use crate::wire;
use reqwest::{Method, Response, Url};
use tune_algorithms::history::Goal;
use tune_algorithms::space::Value;
use tune_experiments::store::{
    Condition, Field, MetricRecord, Operator, Page, TrialQuery, TrialRecord,
};

impl Client {
    /// A page of what `query` asks for (its `offset` is not used).
    pub async fn trials_page(
        &self,
        name: &str,
        query: &TrialQuery,
        after: Option<&str>,
    ) -> Result<Page<TrialRecord>, ClientError> {
        let mut url = self.experiment_at(name, &["trials"]);
        with_page(&mut url, query.limit.unwrap_or(PAGE).clamp(1, PAGE), after);
        ask_for(&mut url, query);
        let page: wire::Trials = self.get(url).await?;
        Ok(Page {
            items: page.trials.into_iter().map(|it| it.trial.into()).collect(),
            next: page.next,
        })
    }

    /// The names of all metrics that some trial has, sorted.
    pub async fn metric_names(&self, name: &str) -> Result<Vec<String>, ClientError> {
        let found: wire::MetricNames = self.get(self.experiment_at(name, &["metrics"])).await?;
        Ok(found.names)
    }

    /// How much each parameter matters.
    pub async fn importance(
        &self,
        name: &str,
        question: &Question,
    ) -> Result<wire::Importance, ClientError> {
        let mut url = self.experiment_at(name, &["importance"]);
        if let Some(target) = &question.target {
            url.query_pairs_mut().append_pair("target", target);
        }
        if let Some(goal) = question.goal {
            let goal = match goal {
                Goal::Minimize => "minimize",
                Goal::Maximize => "maximize",
            };
            url.query_pairs_mut().append_pair("goal", goal);
        }
        self.get(url).await
    }

    /// A trial with its steps.
    pub async fn trial(
        &self,
        name: &str,
        number: u64,
    ) -> Result<Option<wire::TrialWithSteps>, ClientError> {
        self.find(self.trial_at(name, number, &[])).await
    }

    /// What a trial reported, in the order of arrival: of all metrics, or of one.
    pub async fn metrics(
        &self,
        name: &str,
        number: u64,
        metric: Option<&str>,
    ) -> Result<Vec<MetricRecord>, ClientError> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let mut url = self.trial_at(name, number, &["metrics"]);
            with_page(&mut url, PAGE, cursor.as_deref());
            if let Some(metric) = metric {
                url.query_pairs_mut().append_pair("name", metric);
            }
            let page: wire::Metrics = self.get(url).await?;
            let records = page.metrics.into_iter();
            all.extend(records.map(|metric| metric.record(number)));
            cursor = page.next;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    /// What a trial reported of a metric at its highest level so far.
    pub async fn latest_metric(
        &self,
        name: &str,
        number: u64,
        metric: &str,
    ) -> Result<Option<MetricRecord>, ClientError> {
        let mut url = self.trial_at(name, number, &["metrics"]);
        url.query_pairs_mut()
            .append_pair("name", metric)
            .append_pair("last", "true");
        let page: wire::Metrics = self.get(url).await?;
        let last = page.metrics.into_iter().next();
        Ok(last.map(|metric| metric.record(number)))
    }

    /// The log of an attempt as it comes: to its end, or with `follow` to the end of the attempt.
    pub async fn log(
        &self,
        name: &str,
        number: u64,
        step: &str,
        attempt: u32,
        follow: bool,
    ) -> Result<Option<Log>, ClientError> {
        let mut url = self.log_at(name, number, step);
        url.query_pairs_mut()
            .append_pair("attempt", &attempt.to_string())
            .append_pair("follow", if follow { "true" } else { "false" });
        match self.patiently(self.request(Method::GET, url)).await {
            Err(error) if error.status() == Some(404) => Ok(None),
            response => Ok(Some(Log {
                client: self.clone(),
                response: response?,
            })),
        }
    }

    /// Where the log of a step is.
    pub fn log_at(&self, name: &str, number: u64, step: &str) -> Url {
        self.trial_at(name, number, &["steps", step, "log"])
    }

    /// Where an artifact of a step is.
    pub fn artifact_at(&self, name: &str, number: u64, step: &str, artifact: &str) -> Url {
        self.trial_at(name, number, &["artifacts", step, artifact])
    }

    pub(super) fn trial_at(&self, name: &str, number: u64, path: &[&str]) -> Url {
        let number = number.to_string();
        let whole: Vec<&str> = ["trials", number.as_str()]
            .iter()
            .chain(path)
            .copied()
            .collect();
        self.experiment_at(name, &whole)
    }
}

/// A log that is being read.
pub struct Log {
    client: Client,
    response: Response,
}

impl Log {
    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        let chunk = self.response.chunk().await;
        let chunk = chunk.map_err(|error| self.client.unreachable(error))?;
        Ok(chunk.map(|bytes| bytes.to_vec()))
    }
}

/// Puts the query into the URL, in the words of the interface.
fn ask_for(url: &mut Url, query: &TrialQuery) {
    let mut pairs = url.query_pairs_mut();
    if !query.states.is_empty() {
        let states: Vec<&str> = query.states.iter().map(|state| state.as_str()).collect();
        pairs.append_pair("state", &states.join(","));
    }
    if !query.tags.is_empty() {
        pairs.append_pair("tag", &query.tags.join(","));
    }
    if let Some(sort) = &query.sort {
        let sign = if sort.descending { "-" } else { "" };
        pairs.append_pair("sort", &format!("{sign}{}", field(&sort.field)));
    }
    for condition in &query.conditions {
        let (name, value) = comparison(condition);
        pairs.append_pair(&name, &value);
    }
}

fn field(field: &Field) -> String {
    match field {
        Field::Number => "number".to_owned(),
        Field::Objective => "objective".to_owned(),
        Field::State => "state".to_owned(),
        Field::Duration => "duration".to_owned(),
        Field::Started => "started_at".to_owned(),
        Field::Metric(name) => format!("metric.{name}"),
        Field::Parameter(name) => format!("param.{name}"),
    }
}

/// `("metric.accuracy>", "0.9")`: the `=` that stands between name and value of a query belongs to the sign, or follows it.
fn comparison(condition: &Condition) -> (String, String) {
    let sign = match condition.operator {
        Operator::Eq => "",
        Operator::Ne => "!=",
        Operator::Lt => "<",
        Operator::Le => "<=",
        Operator::Gt => ">",
        Operator::Ge => ">=",
    };
    let value = match &condition.value {
        Value::Text(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    };
    (format!("{}{sign}", field(&condition.subject)), value)
}
