//! Telling how a trial ended.

use super::{MetricReport, Number, once};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a trial ended: well, with its last metrics, or not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tell {
    /// Its last metrics; may be left out when the objective was reported before.
    #[serde(
        default,
        deserialize_with = "once::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<HashMap<String, Number>>)]
    pub metrics: Option<IndexMap<String, Number>>,
    /// `succeeded` unless something else is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<TellState>,
    /// Why it failed, in the client's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 16384)]
    pub reason: Option<String>,
}

/// The longest reason, in bytes: every list of trials carries them.
const LONGEST_REASON: usize = 16 * 1024;

/// The ends that can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TellState {
    /// It ended well.
    Succeeded,
    /// It failed.
    Failed,
}

/// What a [`Tell`] says, if it makes sense.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// It ended well, with these last metrics.
    Succeeded(Vec<MetricReport>),
    /// It failed, in the client's words.
    Failed(String),
}

impl Tell {
    /// A trial that ended well.
    pub fn succeeded(metrics: IndexMap<String, Number>) -> Self {
        Self {
            metrics: Some(metrics),
            ..Self::default()
        }
    }

    /// A trial that failed.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self {
            state: Some(TellState::Failed),
            reason: Some(reason.into()),
            ..Self::default()
        }
    }

    /// What it says.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(self) -> Result<Told, &'static str> {
        match (self.state, self.metrics, self.reason) {
            (Some(TellState::Failed), Some(_), _) => {
                Err("a trial that failed has no last metrics: leave `metrics` out")
            }
            (_, _, Some(reason)) if reason.len() > LONGEST_REASON => {
                Err("`reason` is longer than 16 KiB: give its last lines")
            }
            (Some(TellState::Failed), None, reason) => Ok(Told::Failed(reason.unwrap_or_default())),
            (_, _, Some(_)) => Err("`reason` goes with `\"state\": \"failed\"`"),
            (_, metrics, None) => Ok(Told::Succeeded(reports(metrics.unwrap_or_default()))),
        }
    }
}

fn reports(metrics: IndexMap<String, Number>) -> Vec<MetricReport> {
    let report = |(name, value)| MetricReport {
        name,
        value,
        level: None,
    };
    metrics.into_iter().map(report).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Told, String> {
        let tell: Tell = serde_json::from_str(text).map_err(|error| error.to_string())?;
        tell.read().map_err(str::to_owned)
    }

    #[test]
    fn both_ends_can_be_told() {
        let loss = MetricReport {
            name: "loss".to_owned(),
            value: Number(0.1),
            level: None,
        };
        assert_eq!(
            read(r#"{"metrics": {"loss": 0.1}}"#),
            Ok(Told::Succeeded(vec![loss]))
        );
        for nothing in ["{}", r#"{"state": "succeeded"}"#, r#"{"metrics": null}"#] {
            assert_eq!(read(nothing), Ok(Told::Succeeded(vec![])));
        }
        assert_eq!(
            read(r#"{"state": "failed", "reason": "no memory"}"#),
            Ok(Told::Failed("no memory".to_owned()))
        );
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for text in [
            r#"{"metrics": {"loss": 1, "loss": 2}}"#,
            r#"{"reason": "no memory"}"#,
            r#"{"state": "failed", "metrics": {}}"#,
            r#"{"state": "cancelled"}"#,
            r#"{"metrics": {"loss": null}}"#,
            r#"{"metric": {"loss": 1}}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
