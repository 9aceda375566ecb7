//! A change of limits.

use super::whole;
use serde::{Deserialize, Deserializer, Serialize};
use std::time::Duration;
use tune_experiments::service;
use utoipa::ToSchema;

/// New limits: what is absent stays as it is, `null` takes a limit away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsPatch {
    /// How many trials to run at the most.
    #[serde(
        default,
        deserialize_with = "whole::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<u64>, minimum = 1)]
    pub max_trials: Option<Option<u64>>,
    /// How many trials run at once.
    #[serde(
        default,
        deserialize_with = "whole::some",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false, minimum = 1, maximum = 10000)]
    pub parallel_trials: Option<u32>,
    /// With that many failed trials the experiment fails.
    #[serde(
        default,
        deserialize_with = "whole::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<u64>, minimum = 1)]
    pub max_failed_trials: Option<Option<u64>>,
    /// How many seconds to run at the most.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<f64>, exclusive_minimum = 0)]
    pub max_duration: Option<Option<f64>>,
    /// Slots are shared in proportion to this when experiments compete for them.
    #[serde(
        default,
        deserialize_with = "whole::some",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false, minimum = 1, maximum = 100)]
    pub priority: Option<u32>,
}

/// Keeps `null` apart from what is absent.
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

impl TryFrom<LimitsPatch> for service::LimitsPatch {
    type Error = String;

    fn try_from(patch: LimitsPatch) -> Result<Self, String> {
        let duration = |seconds: f64| {
            let duration = Duration::try_from_secs_f64(seconds).ok();
            let positive = duration.filter(|duration| !duration.is_zero());
            positive.ok_or_else(|| format!("max_duration: {seconds} seconds are no duration"))
        };
        let max_duration = match patch.max_duration {
            Some(Some(seconds)) => Some(Some(duration(seconds)?)),
            Some(None) => Some(None),
            None => None,
        };
        Ok(Self {
            max_trials: patch.max_trials,
            parallel_trials: patch.parallel_trials,
            max_failed_trials: patch.max_failed_trials,
            max_duration,
            priority: patch.priority,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<service::LimitsPatch, String> {
        let patch: LimitsPatch = serde_json::from_str(text).map_err(|error| error.to_string())?;
        patch.try_into()
    }

    #[test]
    fn null_takes_a_limit_away_and_absence_leaves_it() {
        let patch = read(r#"{"max_trials": null, "max_duration": 1.5}"#).unwrap();
        assert_eq!(patch.max_trials, Some(None));
        assert_eq!(patch.max_failed_trials, None);
        assert_eq!(patch.max_duration, Some(Some(Duration::from_millis(1500))));
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        for text in [
            r#"{"max_duration": -1}"#,
            r#"{"max_duration": 0}"#,
            r#"{"max_trials": -1}"#,
            r#"{"parallel_trials": null, "goal": 1}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
