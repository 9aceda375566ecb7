//! What a file changes in an experiment that exists already: nothing, only limits, or something that makes it another experiment.

use super::experiment::{Experiment, Limits};
use serde_json::{Map, Value as Json};

/// How a file relates to the experiment of the same name that is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// It means the same (description and tags may differ).
    Same,
    /// Only limits differ.
    Limits {
        /// The stored ones.
        from: Limits,
        /// Those of the file.
        to: Limits,
    },
    /// More than limits differ. Never empty; limits that differ too are among them.
    Other(Vec<Difference>),
}

/// One key in which two experiments differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// `parameters.x.max`.
    pub path: String,
    /// What is stored; `None`: nothing.
    pub stored: Option<Json>,
    /// What the file says; `None`: nothing.
    pub given: Option<Json>,
}

/// Compares two experiments by what they mean, not by how they are written.
pub fn compare(stored: &Experiment, given: &Experiment) -> Comparison {
    if normal_form(stored, false) == normal_form(given, false) && same_order(stored, given) {
        return match stored.limits == given.limits {
            true => Comparison::Same,
            false => Comparison::Limits {
                from: stored.limits.clone(),
                to: given.limits.clone(),
            },
        };
    }
    let mut differences = Vec::new();
    differ(
        "",
        Some(&normal_form(stored, true)),
        Some(&normal_form(given, true)),
        &mut differences,
    );
    if !same_order(stored, given)
        && differences
            .iter()
            .all(|d| !d.path.starts_with("parameters"))
    {
        differences.push(Difference {
            path: "parameters".to_owned(),
            stored: Some(names(stored)),
            given: Some(names(given)),
        });
    }
    Comparison::Other(differences)
}

/// The normal form without what may change freely, parameters by name.
fn normal_form(experiment: &Experiment, with_limits: bool) -> Json {
    let limits = if with_limits {
        experiment.limits.clone()
    } else {
        no_limits()
    };
    let experiment = Experiment {
        description: None,
        tags: Vec::new(),
        limits,
        ..experiment.clone()
    };
    // Texts, finite numbers and maps with text keys always serialise.
    let mut form = serde_json::to_value(&experiment).unwrap_or_default();
    let parameters = form["parameters"].as_array().into_iter().flatten();
    let by_name =
        parameters.map(|p| (p["name"].as_str().unwrap_or_default().to_owned(), p.clone()));
    form["parameters"] = Json::Object(by_name.collect::<Map<_, _>>());
    form
}

fn no_limits() -> Limits {
    Limits {
        max_trials: None,
        parallel_trials: 1,
        max_failed_trials: None,
        max_duration: None,
        converged: None,
        priority: super::experiment::DEFAULT_PRIORITY,
    }
}

/// The order of parameters is part of the search: it decides which configuration a seed leads to.
fn same_order(stored: &Experiment, given: &Experiment) -> bool {
    names(stored) == names(given)
}

fn names(experiment: &Experiment) -> Json {
    let parameters = experiment.parameters.parameters().iter();
    parameters
        .map(|parameter| Json::from(parameter.name.as_str()))
        .collect()
}

fn differ(
    path: &str,
    stored: Option<&Json>,
    given: Option<&Json>,
    differences: &mut Vec<Difference>,
) {
    if stored == given {
        return;
    }
    if let (Some(Json::Object(stored)), Some(Json::Object(given))) = (stored, given) {
        let new = given.keys().filter(|key| !stored.contains_key(*key));
        for key in stored.keys().chain(new) {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            differ(&path, stored.get(key), given.get(key), differences);
        }
        return;
    }
    differences.push(Difference {
        path: path.to_owned(),
        stored: stored.cloned(),
        given: given.cloned(),
    });
}
