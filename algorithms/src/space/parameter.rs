//! Parameters as the user writes them: a name, a domain, and a condition under which it is active.
//! Whether they make sense together is for `problems` to say.

use super::{Domain, Value};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A parameter is active when every named parent is active and has one of the listed values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Condition(pub IndexMap<String, Vec<Value>>);

/// One dimension of the search space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Unique in the space.
    pub name: String,
    /// The values it may take.
    #[serde(flatten)]
    pub domain: Domain,
    /// When it is active; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

impl Parameter {
    /// A parameter that is always active.
    pub fn new(name: impl Into<String>, domain: Domain) -> Self {
        Self {
            name: name.into(),
            domain,
            when: None,
        }
    }

    /// The same, active only when `parent` is active and has one of `values`; may be called once for each parent.
    #[must_use]
    pub fn when(
        mut self,
        parent: impl Into<String>,
        values: impl IntoIterator<Item = Value>,
    ) -> Self {
        let condition = self.when.get_or_insert_default();
        condition
            .0
            .insert(parent.into(), values.into_iter().collect());
        self
    }

    /// The conditions on parents; none when it is always active.
    pub(super) fn conditions(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.when
            .iter()
            .flat_map(|condition| &condition.0)
            .map(|(parent, values)| (parent.as_str(), values.as_slice()))
    }
}
