//! The search space: checked parameters, and the ways to and from a configuration: a point of the unit cube, a
//! configuration that a user wrote.

use super::conditions::Conditions;
use super::diagram::{Diagram, MAX_STATES};
use super::lattice::Axis;
use super::problems::{self, Problems, SpaceError};
use super::{Configuration, Lattice, Parameter, Value};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A checked search space: parameters in the order the user wrote them. Without parameters it has one configuration,
/// the empty one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Space {
    parameters: Vec<Parameter>,
    /// The names, shared by all configurations.
    #[serde(skip)]
    names: Vec<Arc<str>>,
    #[serde(skip)]
    indices: HashMap<Arc<str>, usize>,
    #[serde(skip)]
    conditions: Conditions,
    #[serde(skip)]
    diagram: Arc<Diagram>,
}

impl Space {
    /// Checks the parameters; all problems at once.
    pub fn new(parameters: Vec<Parameter>) -> Result<Self, Vec<SpaceError>> {
        let mut found = problems::of_parameters(&parameters);
        let unsound: HashSet<&str> = found.iter().map(|error| error.parameter.as_str()).collect();
        let conditions = Conditions::new(&parameters, &unsound);
        let conditions = match conditions {
            Ok(conditions) if found.is_empty() => conditions,
            other => {
                found.extend(other.err().into_iter().flatten());
                return Err(found);
            }
        };
        let axes = vec![Axis::Every; parameters.len()];
        let diagram =
            count_along(&parameters, &conditions, &axes).ok_or_else(|| entangled(&parameters))?;
        let names: Vec<Arc<str>> = parameters.iter().map(|p| p.name.as_str().into()).collect();
        let indices = names.iter().cloned().zip(0..).collect();
        Ok(Self {
            parameters,
            names,
            indices,
            conditions,
            diagram: Arc::new(diagram),
        })
    }

    /// The parameters, in the order the user wrote them.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// How many configurations there are, at most `u128::MAX`; `None` when a float without steps makes them infinite.
    pub fn size(&self) -> Option<u128> {
        let infinite = self
            .parameters
            .iter()
            .enumerate()
            .any(|(index, p)| p.domain.count().is_none() && self.diagram.reaches(index));
        (!infinite).then(|| self.diagram.count())
    }

    /// How many configurations a grid over the space has, at most `u128::MAX`, when it takes `points` values from each
    /// float that has neither steps nor `points` of its own.
    pub fn grid_size(self: &Arc<Self>, points: u32) -> u128 {
        Lattice::grid(Arc::clone(self), points).count()
    }

    /// The configuration at a point of the unit cube, one coordinate for each parameter in their order. Coordinates of
    /// inactive parameters do not matter.
    ///
    /// A uniformly random point gives each value of a parameter the same chance whatever depends on it.
    ///
    /// # Panics
    ///
    /// If the point has fewer coordinates than there are parameters.
    pub fn decode(&self, point: &[f64]) -> Configuration {
        let mut values = vec![None; self.parameters.len()];
        for &index in &self.conditions.order {
            if self.conditions.active(index, &values) {
                values[index] = Some(self.parameters[index].domain.decode(point[index]));
            }
        }
        self.assemble(values)
    }

    /// Which parameters are active at a point of the unit cube.
    pub(crate) fn active_at(&self, point: &[f64]) -> Vec<bool> {
        let mut active = vec![false; self.parameters.len()];
        for &index in &self.conditions.order {
            let holds = |(parent, accepted): &(usize, Vec<Value>)| {
                let domain = &self.parameters[*parent].domain;
                active[*parent] && accepted.contains(&domain.decode(point[*parent]))
            };
            active[index] = self.conditions.parents[index].iter().all(holds);
        }
        active
    }

    /// Each child with each of its parents, by index.
    pub(crate) fn dependences(&self) -> impl Iterator<Item = (usize, usize)> {
        let parents = self.conditions.parents.iter().enumerate();
        parents.flat_map(|(child, parents)| parents.iter().map(move |(parent, _)| (child, *parent)))
    }

    /// The coordinates of a configuration, each in [0, 1], one for each parameter; `None` for inactive ones and for
    /// values that are not of the space. [`Space::decode`] leads back to the configuration.
    pub fn encode(&self, configuration: &Configuration) -> Vec<Option<f64>> {
        let mut point = vec![None; self.parameters.len()];
        // Most have the order of the space: then nothing is looked up.
        let mut next = 0;
        for (name, value) in configuration.iter() {
            let found = match self.parameters.get(next) {
                Some(parameter) if parameter.name == name => Some(next),
                _ => self.indices.get(name).copied(),
            };
            if let Some(index) = found {
                point[index] = self.parameters[index].domain.encode(value);
                next = index + 1;
            }
        }
        point
    }

    /// Checks a configuration that someone wrote: every active parameter has one of its values, no other is named.
    /// The result has the order of the space and the kinds of its domains (an int given for a float is converted).
    pub fn check(&self, given: &Configuration) -> Result<Configuration, Vec<SpaceError>> {
        let mut found = self.unknown_names(given);
        let mut values = vec![None; self.parameters.len()];
        let mut undecided = vec![false; self.parameters.len()];
        for &index in &self.conditions.order {
            let parents = &self.conditions.parents[index];
            undecided[index] = parents.iter().any(|(parent, _)| undecided[*parent]);
            if undecided[index] {
                continue;
            }
            match self.check_value(index, given, &values) {
                Ok(value) => values[index] = value,
                Err(error) => {
                    // What depends on it is not complained about: whether it is active cannot be known.
                    undecided[index] = true;
                    found.push(error);
                }
            }
        }
        if found.is_empty() {
            Ok(self.assemble(values))
        } else {
            Err(found)
        }
    }

    /// What a configuration of another space says about this one: the values of the parameters that are active here. Others are left out.
    ///
    /// # Errors
    /// The first value that is missing or not one of its domain.
    pub fn restrict(&self, given: &Configuration) -> Result<Configuration, SpaceError> {
        let mut values = vec![None; self.parameters.len()];
        for &index in &self.conditions.order {
            if self.conditions.active(index, &values) {
                values[index] = self.check_value(index, given, &values)?;
            }
        }
        Ok(self.assemble(values))
    }

    fn unknown_names(&self, given: &Configuration) -> Vec<SpaceError> {
        let mut found = Vec::new();
        for (name, _) in given
            .iter()
            .filter(|(name, _)| !self.indices.contains_key(*name))
        {
            let help = crate::nearest::help(name, self.names.iter().map(|known| &**known));
            Problems {
                parameter: name,
                found: &mut found,
            }
            .add("", "there is no such parameter", help.unwrap_or_default());
        }
        found
    }

    /// The value of one parameter of a configuration, `None` when it is rightly absent.
    fn check_value(
        &self,
        index: usize,
        given: &Configuration,
        values: &[Option<Value>],
    ) -> Result<Option<Value>, SpaceError> {
        let parameter = &self.parameters[index];
        let error = |message: String, help: String| SpaceError {
            parameter: parameter.name.clone(),
            key: String::new(),
            message,
            help: Some(help),
        };
        match (
            given.get(&parameter.name),
            self.conditions.active(index, values),
        ) {
            (None, false) => Ok(None),
            (None, true) => Err(error(
                "its value is missing".to_owned(),
                format!("it takes {}", parameter.domain.describe()),
            )),
            (Some(_), false) => {
                let help = format!(
                    "leave it out, or see to {}",
                    self.describe_conditions(index)
                );
                Err(error(
                    "it is not active in this configuration".to_owned(),
                    help,
                ))
            }
            (Some(value), true) => match parameter.domain.coerce(value) {
                Ok(value) => Ok(Some(value)),
                Err(mismatch) => Err(error(
                    mismatch.message,
                    format!("it takes {}", mismatch.help),
                )),
            },
        }
    }

    /// When a parameter is active, in words.
    fn describe_conditions(&self, index: usize) -> String {
        let parents = self.conditions.parents[index]
            .iter()
            .map(|(parent, accepted)| {
                let values: Vec<String> =
                    accepted.iter().map(|value| format!("`{value}`")).collect();
                format!("`{}` = {}", self.names[*parent], values.join(" or "))
            });
        parents.collect::<Vec<_>>().join(" and ")
    }

    /// A configuration from one value for each active parameter.
    pub(super) fn assemble(&self, values: Vec<Option<Value>>) -> Configuration {
        // Exactly as large as needed: a history holds many.
        let mut entries = Vec::with_capacity(values.iter().flatten().count());
        for (name, value) in self.names.iter().zip(values) {
            entries.extend(value.map(|value| (Arc::clone(name), value)));
        }
        Configuration::from_unique(entries)
    }

    pub(super) fn diagram(&self) -> &Arc<Diagram> {
        &self.diagram
    }

    /// The diagram of those values that take part in a lattice.
    pub(super) fn count_along(&self, axes: &[Axis]) -> Diagram {
        count_along(&self.parameters, &self.conditions, axes)
            .expect("fewer values have no more states than all of them, which could be counted")
    }
}

fn count_along(
    parameters: &[Parameter],
    conditions: &Conditions,
    axes: &[Axis],
) -> Option<Diagram> {
    let counts: Vec<u128> = axes
        .iter()
        .zip(parameters)
        .map(|(axis, parameter)| axis.count(&parameter.domain))
        .collect();
    Diagram::new(conditions, &counts, |child, parent| {
        let values = conditions.parents[child]
            .iter()
            .filter(|(index, _)| *index == parent);
        let domain = &parameters[parent].domain;
        let mut indices: Vec<u128> = values
            .flat_map(|(_, accepted)| accepted)
            .filter_map(|value| axes[parent].index_of(domain, value))
            .collect();
        indices.sort_unstable();
        indices
    })
}

fn entangled(parameters: &[Parameter]) -> Vec<SpaceError> {
    let conditional = parameters
        .iter()
        .find(|parameter| parameter.conditions().next().is_some());
    let mut found = Vec::new();
    Problems { parameter: conditional.map_or("", |p| &p.name), found: &mut found }.add(
        "when",
        format!("the conditions are too entangled: more than {MAX_STATES} combinations have to be kept apart"),
        "write a parent that several conditions share before the others",
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Domain, Scale};
    use serde_json::{Value as Json, json};

    fn parameters(json: Json) -> Vec<Parameter> {
        serde_json::from_value(json).unwrap()
    }

    fn space() -> Space {
        Space::new(parameters(json!([
            {"name": "model", "type": "categorical", "values": ["svm", "forest"]},
            {"name": "c", "type": "float", "min": 0.0, "max": 1.0, "when": {"model": ["svm"]}},
            {"name": "depth", "type": "int", "min": 2, "max": 12, "when": {"model": ["forest"]}},
            {"name": "deep", "type": "bool", "when": {"depth": [12.0]}},
        ])))
        .unwrap()
    }

    fn check(given: Json) -> Result<Json, Vec<(String, String)>> {
        let given: Configuration = serde_json::from_value(given).unwrap();
        match space().check(&given) {
            Ok(checked) => Ok(serde_json::to_value(checked).unwrap()),
            Err(found) => Err(found
                .into_iter()
                .map(|e| (e.parameter, e.message))
                .collect()),
        }
    }

    #[test]
    fn all_problems_are_found_at_once() {
        let found = Space::new(parameters(json!([
            {"name": "a", "type": "int", "min": 1, "max": 0},
            {"name": "b", "type": "bool", "when": {"a": [5]}},
            {"name": "c", "type": "bool", "when": {"nothing": [5]}},
            {"name": "c", "type": "categorical", "values": []},
        ])))
        .unwrap_err();
        let keys: Vec<&str> = found.iter().map(|error| error.key.as_str()).collect();
        assert_eq!(keys, ["min", "name", "values", "when.nothing"]);
    }

    #[test]
    fn a_configuration_is_brought_into_the_form_of_the_space() {
        assert_eq!(
            check(json!({"c": 1, "model": "svm"})),
            Ok(json!({"model": "svm", "c": 1.0}))
        );
        let deep = json!({"model": "forest", "depth": 12, "deep": true});
        assert_eq!(check(deep.clone()), Ok(deep));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let problem = |given: Json| check(given).unwrap_err().remove(0);
        assert_eq!(
            problem(json!({"model": "svm", "c": 0.5, "modle": 1})).1,
            "there is no such parameter"
        );
        assert_eq!(
            problem(json!({"model": "svm"})),
            ("c".into(), "its value is missing".into())
        );
        assert_eq!(
            problem(json!({"model": "svm", "c": 2})).1,
            "`2` is not one of its values"
        );
        let (name, message) = problem(json!({"model": "forest", "depth": 3, "c": 0.5}));
        assert_eq!(
            (name.as_str(), message.as_str()),
            ("c", "it is not active in this configuration")
        );
    }

    #[test]
    fn nothing_is_said_about_children_of_a_wrong_value() {
        assert_eq!(
            check(json!({"model": "svn", "c": 0.5})).unwrap_err().len(),
            1
        );
        assert_eq!(check(json!({"c": 0.5})).unwrap_err().len(), 1);
    }

    #[test]
    fn sizes_count_conditional_branches() {
        assert_eq!(space().size(), None);
        // Ten floats, ten depths without and one with the switch.
        assert_eq!(Arc::new(space()).grid_size(10), 10 + 10 + 2);
        assert_eq!(Space::new(vec![]).unwrap().size(), Some(1));
    }

    #[test]
    fn a_float_that_is_never_active_does_not_make_a_space_infinite() {
        let space = Space::new(parameters(json!([
            {"name": "a", "type": "bool"},
            {"name": "b", "type": "bool", "when": {"a": [true]}},
            {"name": "c", "type": "float", "min": 0, "max": 1, "when": {"a": [false], "b": [true]}},
        ])))
        .unwrap();
        assert_eq!(space.size(), Some(3));
    }

    #[test]
    fn huge_spaces_saturate() {
        let digit = Domain::Int {
            min: 0,
            max: 9,
            scale: Scale::Linear,
            step: None,
            points: None,
        };
        let digits = (0..200)
            .map(|i| Parameter::new(format!("d{i}"), digit.clone()))
            .collect();
        assert_eq!(Space::new(digits).unwrap().size(), Some(u128::MAX));
    }

    #[test]
    fn many_branches_are_counted_and_hopeless_entanglement_is_refused() {
        let flag = |name: String| Parameter::new(name, Domain::Bool);
        let pairs = |count: usize, shared_first: bool| {
            let shared = flag("shared".to_owned());
            let flags = (0..count).map(|i| flag(format!("f{i}")));
            let children = (0..count).map(|i| {
                flag(format!("c{i}"))
                    .when(format!("f{i}"), [true.into()])
                    .when("shared", [true.into()])
            });
            let (first, last) = if shared_first {
                (Some(shared), None)
            } else {
                (None, Some(shared))
            };
            Space::new(
                first
                    .into_iter()
                    .chain(flags)
                    .chain(last)
                    .chain(children)
                    .collect(),
            )
        };
        // Without the shared parent each flag stands alone, with it each true one doubles.
        assert_eq!(
            pairs(40, true).unwrap().size(),
            Some((1 << 40) + 3_u128.pow(40))
        );
        let found = pairs(40, false).unwrap_err();
        assert_eq!(found[0].key, "when");
    }

    #[test]
    fn wide_branches_are_counted() {
        let models: Vec<Value> = (0..10).map(Value::Int).collect();
        let model = Domain::Categorical {
            values: models.clone(),
        };
        let mut all = vec![Parameter::new("model", model)];
        for (branch, value) in models.into_iter().enumerate() {
            all.extend((0..100).map(|i| {
                Parameter::new(format!("p{branch}_{i}"), Domain::Bool)
                    .when("model", [value.clone()])
            }));
        }
        assert_eq!(Space::new(all).unwrap().size(), Some(10 << 100));
    }
}
