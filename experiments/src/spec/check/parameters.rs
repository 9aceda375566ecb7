//! The search space: the form is checked here, what it means (bounds, steps, conditions) by the space itself.

use super::super::keys::{PARAMETER, TYPES};
use super::super::tree::{Entry, Kind, Node};
use super::super::words::{self, join};
use super::Check;
use super::fields::{At, Fields};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tune_algorithms::space::{Condition, Domain, Parameter, Scale, Space, SpaceError, Value};

impl Check<'_> {
    pub(super) fn parameters(&mut self, fields: &Fields<'_>) -> Option<Arc<Space>> {
        let at = fields.get("parameters")?;
        let Kind::Mapping(entries) = &at.node.kind else {
            let help =
                "write `NAME: { type: float, min: 0, max: 1 }`, one under the other".to_owned();
            self.at(
                &at,
                format!("expected a mapping, found {}", self.found(&at)),
                Some(help),
            );
            return None;
        };
        if entries.is_empty() {
            self.at(
                &at,
                "there are no parameters to vary",
                Some("give at least one".to_owned()),
            );
            return None;
        }
        let before = self.problems.len();
        let parameters: Vec<Parameter> = at
            .entries()
            .filter_map(|(name, at)| self.parameter(name, &at))
            .collect();
        let sound = self.problems.len() == before;
        let lowered = parameters.iter().map(|p| p.name.clone()).collect();
        match Space::new(parameters) {
            Ok(space) if sound => Some(Arc::new(space)),
            Ok(_) => None,
            Err(errors) => {
                self.space_errors(&at, &lowered, errors);
                None
            }
        }
    }

    fn parameter(&mut self, name: &str, at: &At<'_>) -> Option<Parameter> {
        let named = self.identifier(name, at, "the name of a parameter");
        let kind = self.type_of(at)?;
        let fields = self.fields(at, &PARAMETER, Some(kind))?;
        let domain = match kind {
            "float" => self.float(&fields),
            "int" => self.int(&fields),
            "ordinal" => self
                .values(&fields)
                .map(|values| Domain::Ordinal { values }),
            "categorical" => self
                .values(&fields)
                .map(|values| Domain::Categorical { values }),
            _ => Some(Domain::Bool),
        };
        let when = match fields.get("when") {
            Some(at) => Some(self.condition(&at)?),
            None => None,
        };
        named.then_some(Parameter {
            name: name.to_owned(),
            domain: domain?,
            when,
        })
    }

    /// The type comes first: which keys are known depends on it.
    fn type_of(&mut self, at: &At<'_>) -> Option<&'static str> {
        let types = format!("the types are {}", words::list(TYPES.iter().copied()));
        if !matches!(at.node.kind, Kind::Mapping(_)) {
            let help = format!("write for example `{{ type: float, min: 0, max: 1 }}`; {types}");
            self.at(
                at,
                format!("expected a mapping, found {}", self.found(at)),
                Some(help),
            );
            return None;
        }
        let fields = Fields {
            at: at.clone(),
            table: &PARAMETER,
        };
        if fields.get("type").is_none() {
            let place = at.place().clone();
            let path = join(&at.path, "type");
            self.problems
                .add_at(path, place, "this key is missing", Some(types));
        }
        self.word(&fields, "type")
    }

    fn float(&mut self, fields: &Fields<'_>) -> Option<Domain> {
        let (min, max) = (self.number(fields, "min"), self.number(fields, "max"));
        let scale = self.scale(fields);
        let step = self.optional(fields, "step", Self::number_at);
        let points = self.points(fields);
        Some(Domain::Float {
            min: min?,
            max: max?,
            scale: scale?,
            step: step?,
            points: points?,
        })
    }

    fn int(&mut self, fields: &Fields<'_>) -> Option<Domain> {
        let (min, max) = (self.bound(fields, "min"), self.bound(fields, "max"));
        let scale = self.scale(fields);
        let step = self.bound(fields, "step");
        let points = self.points(fields);
        Some(Domain::Int {
            min: min??,
            max: max??,
            scale: scale?,
            step: step?,
            points: points?,
        })
    }

    /// An `i64`; `None` when it is wrong, `Some(None)` when it is absent.
    fn bound(&mut self, fields: &Fields<'_>, key: &str) -> Option<Option<i64>> {
        self.optional(fields, key, |check, at| {
            let value = check.int_at(at)?;
            let narrow = i64::try_from(value).ok();
            if narrow.is_none() {
                let help = format!("the largest whole number is {}", i64::MAX);
                check.at(
                    at,
                    format!("{} is too large", check.written(at)),
                    Some(help),
                );
            }
            narrow
        })
    }

    fn scale(&mut self, fields: &Fields<'_>) -> Option<Scale> {
        Some(match self.word(fields, "scale")? {
            "log" => Scale::Log,
            _ => Scale::Linear,
        })
    }

    fn points(&mut self, fields: &Fields<'_>) -> Option<Option<u32>> {
        if fields.get("points").is_none() {
            return Some(None);
        }
        let points = self.whole(fields, "points")?;
        Some(u32::try_from(points).ok())
    }

    fn optional<T>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        read: impl FnOnce(&mut Self, &At<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        match fields.get(key) {
            None => Some(None),
            Some(at) => read(self, &at).map(Some),
        }
    }

    fn values(&mut self, fields: &Fields<'_>) -> Option<Vec<Value>> {
        let at = fields.get("values")?;
        let Kind::Sequence(nodes) = &at.node.kind else {
            let help = "write for example `[16, 32, 64]`".to_owned();
            self.at(
                &at,
                format!("expected a list, found {}", self.found(&at)),
                Some(help),
            );
            return None;
        };
        self.each_value(&at, nodes)
    }

    fn each_value(&mut self, at: &At<'_>, nodes: &[Node]) -> Option<Vec<Value>> {
        let values: Vec<Option<Value>> = nodes
            .iter()
            .enumerate()
            .map(|(index, node)| self.value_at(&at.item(index, node)))
            .collect();
        values.into_iter().collect()
    }

    fn condition(&mut self, at: &At<'_>) -> Option<Condition> {
        if !matches!(at.node.kind, Kind::Mapping(_)) {
            let help = "write for example `when: { model: svm }` or `when: { model: [svm, knn] }`"
                .to_owned();
            self.at(
                at,
                format!("expected a mapping, found {}", self.found(at)),
                Some(help),
            );
            return None;
        }
        let parents: Vec<_> = at
            .entries()
            .map(|(parent, at)| Some((parent.to_owned(), self.accepted(&at)?)))
            .collect();
        let parents: Option<IndexMap<_, _>> = parents.into_iter().collect();
        parents.map(Condition)
    }

    fn accepted(&mut self, at: &At<'_>) -> Option<Vec<Value>> {
        match &at.node.kind {
            Kind::Sequence(nodes) => self.each_value(at, nodes),
            _ => Some(vec![self.value_at(at)?]),
        }
    }

    /// What the space finds wrong. A condition on a parameter that has its own problem is not wrong in itself.
    fn space_errors(
        &mut self,
        parameters: &At<'_>,
        lowered: &HashSet<String>,
        errors: Vec<SpaceError>,
    ) {
        let entries = parameters.node.entries().iter();
        let entries: HashMap<&str, &Entry> = entries.map(|e| (e.key.as_str(), e)).collect();
        for error in errors {
            let parent = error.key.strip_prefix("when.");
            let is_broken = |parent| entries.contains_key(parent) && !lowered.contains(parent);
            if parent.is_some_and(is_broken) {
                continue;
            }
            let at = match entries.get(error.parameter.as_str()) {
                Some(entry) => descend(parameters.entry(entry), &error.key),
                None => parameters.clone(),
            };
            self.at(&at, error.message, error.help);
        }
    }
}

/// The node that a key such as `min` or `when.model` leads to, as far as it goes.
fn descend<'n>(at: At<'n>, key: &str) -> At<'n> {
    let (first, rest) = key.split_once('.').unwrap_or((key, ""));
    match at.node.get(first) {
        Some(entry) if rest.is_empty() => at.entry(entry),
        Some(entry) => descend(at.entry(entry), rest),
        None => at,
    }
}
