//! The conditions between parameters, checked and compiled: who depends on whom, and in which order values must be
//! chosen so that every parent comes before its children.

use super::problems::{Problems, SpaceError};
use super::{Domain, Parameter, Value};
use crate::nearest;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Which parameters depend on which; parameters are meant by their index.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Conditions {
    /// For each parameter its parents, each with the values that it must have.
    pub parents: Vec<Vec<(usize, Vec<Value>)>>,
    /// For each parameter those that depend on it.
    pub children: Vec<Vec<usize>>,
    /// All parameters: in the order of the file, except that a child comes right after the last of its parents.
    pub order: Vec<usize>,
}

impl Conditions {
    /// Checks and compiles the conditions. Nothing is said about values of `unsound` parents, whose domains make no sense.
    pub fn new(parameters: &[Parameter], unsound: &HashSet<&str>) -> Result<Self, Vec<SpaceError>> {
        let mut found = Vec::new();
        let indices = (0..)
            .zip(parameters)
            .map(|(i, p)| (p.name.as_str(), i))
            .collect();
        let parents: Vec<_> = parameters
            .iter()
            .map(|parameter| {
                let problems = Problems {
                    parameter: &parameter.name,
                    found: &mut found,
                };
                parents_of(parameter, parameters, (&indices, unsound), problems)
            })
            .collect();
        let mut children = vec![Vec::new(); parameters.len()];
        for (child, parents) in parents.iter().enumerate() {
            for (parent, _) in parents {
                children[*parent].push(child);
            }
        }
        let order = order(&parents, &children);
        report_cycles(parameters, &parents, &order, &mut found);
        if found.is_empty() {
            Ok(Self {
                parents,
                children,
                order,
            })
        } else {
            Err(found)
        }
    }

    /// Whether a parameter is active, given the values of the active ones among its parents.
    pub fn active(&self, parameter: usize, values: &[Option<Value>]) -> bool {
        self.parents[parameter].iter().all(|(parent, accepted)| {
            values[*parent]
                .as_ref()
                .is_some_and(|value| accepted.contains(value))
        })
    }
}

/// The parents of one parameter, with the values as their domains write them.
fn parents_of(
    parameter: &Parameter,
    all: &[Parameter],
    (indices, unsound): (&HashMap<&str, usize>, &HashSet<&str>),
    mut problems: Problems<'_>,
) -> Vec<(usize, Vec<Value>)> {
    let mut parents = Vec::new();
    for (name, values) in parameter.conditions() {
        let key = format!("when.{name}");
        match indices.get(name) {
            _ if name == parameter.name => {
                problems.add(&key, "it cannot depend on itself", "");
            }
            None => {
                let help = nearest::help(name, all.iter().map(|known| known.name.as_str()));
                let message = format!("there is no parameter `{name}`");
                problems.add(&key, message, help.unwrap_or_default());
            }
            Some(parent) if unsound.contains(name) => parents.push((*parent, Vec::new())),
            Some(parent) => {
                let accepted = accepted(&all[*parent].domain, values, &key, &mut problems);
                parents.push((*parent, accepted));
            }
        }
    }
    parents
}

/// The values of a condition in the parent's own form.
fn accepted(
    domain: &Domain,
    values: &[Value],
    key: &str,
    problems: &mut Problems<'_>,
) -> Vec<Value> {
    if values.is_empty() {
        problems.add(
            key,
            "it lists no value",
            "list the values of the parent for which this is active",
        );
    }
    if domain.count().is_none() {
        let help = "give the parent a `step`, or make it `ordinal`";
        problems.add(
            key,
            "the parent has no steps, so that it never has exactly one of these values",
            help,
        );
    }
    let mut accepted = Vec::new();
    for value in values {
        match domain.coerce(value) {
            Ok(value) => accepted.push(value),
            Err(mismatch) => {
                let meant = nearest_text(domain, value);
                let help = meant.unwrap_or_else(|| format!("it takes {}", mismatch.help));
                problems.add(
                    key,
                    format!("the parent never has the value `{value}`"),
                    help,
                );
            }
        }
    }
    accepted
}

/// The text that a mistyped one was probably meant to be.
fn nearest_text(domain: &Domain, value: &Value) -> Option<String> {
    let (Domain::Categorical { values } | Domain::Ordinal { values }) = domain else {
        return None;
    };
    let texts = values.iter().filter_map(Value::as_str);
    nearest::nearest(value.as_str()?, texts).map(|meant| format!("did you mean `{meant}`?"))
}

/// Every parameter that is not on or behind a cycle, each directly after the last of its parents.
fn order(parents: &[Vec<(usize, Vec<Value>)>], children: &[Vec<usize>]) -> Vec<usize> {
    let mut missing: Vec<usize> = parents.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..parents.len())
        .rev()
        .filter(|i| missing[*i] == 0)
        .collect();
    let mut order = Vec::with_capacity(parents.len());
    while let Some(parameter) = ready.pop() {
        order.push(parameter);
        for child in children[parameter].iter().rev() {
            missing[*child] -= 1;
            if missing[*child] == 0 {
                ready.push(*child);
            }
        }
    }
    order
}

/// Names each cycle once.
fn report_cycles(
    parameters: &[Parameter],
    parents: &[Vec<(usize, Vec<Value>)>],
    order: &[usize],
    found: &mut Vec<SpaceError>,
) {
    let placed: BTreeSet<usize> = order.iter().copied().collect();
    let mut seen = BTreeSet::new();
    for start in (0..parents.len()).filter(|i| !placed.contains(i)) {
        let Some(cycle) = cycle_above(start, parents, &placed, &mut seen) else {
            continue;
        };
        let names: Vec<&str> = cycle.iter().map(|i| parameters[*i].name.as_str()).collect();
        let mut problems = Problems {
            parameter: names[0],
            found,
        };
        let parent = names.get(1).unwrap_or(&names[0]);
        problems.add(
            &format!("when.{parent}"),
            format!(
                "the conditions form a cycle: {} → {}",
                names.join(" → "),
                names[0]
            ),
            "remove one of these conditions",
        );
    }
}

/// Goes from parent to parent among those that could not be placed, until one comes round again. `None` when the way
/// leads into what an earlier walk has `seen`.
fn cycle_above(
    start: usize,
    parents: &[Vec<(usize, Vec<Value>)>],
    placed: &BTreeSet<usize>,
    seen: &mut BTreeSet<usize>,
) -> Option<Vec<usize>> {
    let mut path = Vec::new();
    let mut current = start;
    while seen.insert(current) {
        path.push(current);
        current = parents[current]
            .iter()
            .map(|(p, _)| *p)
            .find(|p| !placed.contains(p))?;
    }
    let first = path.iter().position(|visited| *visited == current)?;
    Some(path.split_off(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn conditions(parameters: Json) -> Result<Conditions, Vec<SpaceError>> {
        let parameters: Vec<Parameter> = serde_json::from_value(parameters).unwrap();
        Conditions::new(&parameters, &HashSet::new())
    }

    fn error(parameters: Json) -> SpaceError {
        let mut found = conditions(parameters).unwrap_err();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn children_come_right_after_the_last_of_their_parents() {
        let compiled = conditions(json!([
            {"name": "child", "type": "bool", "when": {"first": [true], "second": [1.0]}},
            {"name": "first", "type": "bool"},
            {"name": "second", "type": "int", "min": 0, "max": 1},
            {"name": "grandchild", "type": "bool", "when": {"child": [true]}},
            {"name": "last", "type": "bool"},
        ]))
        .unwrap();
        assert_eq!(compiled.order, [1, 2, 0, 3, 4]);
        assert_eq!(compiled.parents[0][1], (2, vec![Value::Int(1)]));
    }

    #[test]
    fn a_parent_must_exist_and_be_another() {
        let model = json!({"name": "model", "type": "categorical", "values": ["svm", "knn"]});
        let child = |when: Json| json!([model, {"name": "c", "type": "bool", "when": when}]);
        let unknown = error(child(json!({"modle": ["svm"]})));
        assert_eq!(
            (unknown.key.as_str(), unknown.help.unwrap().as_str()),
            ("when.modle", "did you mean `model`?")
        );
        assert_eq!(error(child(json!({"c": [true]}))).key, "when.c");
        assert_eq!(error(child(json!({"model": []}))).key, "when.model");
    }

    #[test]
    fn a_parent_must_be_able_to_have_the_value() {
        let with = |parent: Json, value: Json| {
            let mut parent = parent;
            parent["name"] = json!("p");
            error(json!([parent, {"name": "c", "type": "bool", "when": {"p": [value]}}]))
        };
        let model = json!({"type": "categorical", "values": ["svm", "knn"]});
        assert_eq!(
            with(model, json!("smv")).help.unwrap(),
            "did you mean `svm`?"
        );
        let int = json!({"type": "int", "min": 0, "max": 9, "step": 3});
        assert!(
            with(int.clone(), json!(10))
                .help
                .unwrap()
                .contains("0 to 9 in steps of 3")
        );
        assert_eq!(with(int, json!(4)).key, "when.p");
        assert_eq!(with(json!({"type": "bool"}), json!(1)).key, "when.p");
        let float = json!({"type": "float", "min": 0, "max": 9});
        assert!(with(float, json!(1)).help.unwrap().contains("step"));
    }

    #[test]
    fn each_cycle_is_named_once() {
        let on = |name: &str, parent: &str| json!({"name": name, "type": "bool", "when": {parent: [true]}});
        let found = conditions(json!([
            on("a", "b"),
            on("b", "c"),
            on("c", "a"),
            on("behind", "a"),
            on("x", "y"),
            on("y", "x"),
        ]))
        .unwrap_err();
        let messages: Vec<&str> = found.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "the conditions form a cycle: a → b → c → a",
                "the conditions form a cycle: x → y → x"
            ]
        );
        assert_eq!(
            (found[0].parameter.as_str(), found[0].key.as_str()),
            ("a", "when.b")
        );
    }
}
