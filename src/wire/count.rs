//! How many trials an experiment has.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use tune_experiments::state::TrialState;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// How many trials there are in each state: a number for every state, also those without trials, and their `total`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts(pub BTreeMap<TrialState, u64>);

const TOTAL: &str = "total";

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let total: u64 = self.0.values().sum();
        let of = |state| self.0.get(state).copied().unwrap_or(0);
        let states = TrialState::ALL.iter();
        let states = states.map(|state| (state.as_str(), of(state)));
        serializer.collect_map([(TOTAL, total)].into_iter().chain(states))
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut counts = BTreeMap::<String, u64>::deserialize(deserializer)?;
        counts.remove(TOTAL);
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        let counts =
            counts.map(|(state, count)| Ok((state.parse().map_err(Error::custom)?, count)));
        Ok(Self(counts.collect::<Result<_, _>>()?))
    }
}

impl PartialSchema for Counts {
    fn schema() -> RefOr<Schema> {
        let names = TrialState::ALL.iter().map(|state| state.as_str());
        let mut object = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(
                "How many trials there are in each state, and in total.",
            ));
        for name in [TOTAL].into_iter().chain(names) {
            let count = ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(0));
            object = object.property(name, count).required(name);
        }
        object.into()
    }
}

impl ToSchema for Counts {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_counted_also_those_without_trials() {
        let counts = Counts(BTreeMap::from([(TrialState::Failed, 2)]));
        let view = serde_json::to_value(&counts).unwrap();
        assert_eq!(view["total"], 2);
        assert_eq!(view["failed"], 2);
        assert_eq!(view["succeeded"], 0);
        assert_eq!(serde_json::from_value::<Counts>(view).unwrap(), counts);
    }
}
