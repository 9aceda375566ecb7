//! The inputs of a component as a table: how `with:` is checked against it and how it is read.
//!
//! The table is the only place that knows ranges and defaults; checks, reading and documentation all use it.

use std::fmt;
use std::ops::{Bound, RangeBounds};

use serde_json::{Map, Value as Json};

use crate::component::StaticWith;
use crate::error::ComponentError;

/// One thing that `with:` may hold.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// Its key in `with:`.
    pub name: &'static str,
    /// What it may be.
    pub kind: InputKind,
    /// What holds when it is not given.
    pub fallback: Fallback,
    /// The values of `model` that have this input. Empty: it is no model's own.
    pub models: &'static [&'static str],
    /// What it does.
    pub doc: &'static str,
}

/// What an input may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InputKind {
    /// Path of a file, usually an artifact of an earlier step.
    Path,
    /// Any text.
    Text,
    /// A list of texts, or a single one.
    Texts,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of these words, or a single one.
    Choices(&'static [&'static str]),
    /// A whole number between these, both included.
    Int {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A number in this range.
    Float {
        /// Lower end.
        min: Bound<f64>,
        /// Upper end.
        max: Bound<f64>,
    },
    /// `true` or `false`.
    Bool,
}

/// What holds when an input is not given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fallback {
    /// It has to be given.
    Required,
    /// This value, as JSON.
    Value(&'static str),
    /// What these words say.
    Described(&'static str),
}

/// What is wrong with one key of `with:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputProblem {
    /// The key.
    pub key: String,
    /// What is wrong with it.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl fmt::Display for InputProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl InputProblem {
    pub(crate) fn new(key: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            message: message.into(),
            help: help.into(),
        }
    }
}

impl InputKind {
    fn accepts(&self, value: &Json) -> bool {
        match self {
            Self::Path | Self::Text => value.as_str().is_some_and(|text| !text.is_empty()),
            Self::Texts => texts(value).is_some(),
            Self::Choice(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Choices(words) => texts(value)
                .is_some_and(|given| !given.is_empty() && given.iter().all(|w| words.contains(w))),
            Self::Int { min, max } => whole(value).is_some_and(|n| (*min..=*max).contains(&n)),
            Self::Float { min, max } => value.as_f64().is_some_and(|x| (*min, *max).contains(&x)),
            Self::Bool => value.is_boolean(),
        }
    }
}

impl fmt::Display for InputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str("the path of a file"),
            Self::Text => f.write_str("text"),
            Self::Texts => f.write_str("a list of texts"),
            Self::Choice(words) => write!(f, "one of {}", quoted(words)),
            Self::Choices(words) => write!(f, "a list of {}", quoted(words)),
            Self::Int { min, max } if *max == i64::MAX => write!(f, "a whole number ≥ {min}"),
            Self::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Float { min, max } => write_range(f, *min, *max),
            Self::Bool => f.write_str("`true` or `false`"),
        }
    }
}

fn write_range(f: &mut fmt::Formatter<'_>, min: Bound<f64>, max: Bound<f64>) -> fmt::Result {
    f.write_str("a number")?;
    match min {
        Bound::Included(min) => write!(f, " ≥ {min}")?,
        Bound::Excluded(min) => write!(f, " > {min}")?,
        Bound::Unbounded => {}
    }
    let and = if min == Bound::Unbounded { "" } else { " and" };
    match max {
        Bound::Included(max) => write!(f, "{and} ≤ {max}"),
        Bound::Excluded(max) => write!(f, "{and} < {max}"),
        Bound::Unbounded => Ok(()),
    }
}

pub(crate) fn quoted(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// The nearest of `known` to `given`, as a hint; without a near one, all of them.
pub(crate) fn suggestion(given: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|word| (strsim::jaro_winkler(given, word), word))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((likeness, word)) if likeness > 0.8 => format!("did you mean `{word}`?"),
        _ => format!("known are {}", quoted(known)),
    }
}

/// Checks `with` against the table: unknown keys, missing ones, values that do not fit, inputs of another model.
pub(crate) fn check_inputs(table: &[Input], with: &StaticWith) -> Vec<InputProblem> {
    let mut problems = Vec::new();
    for (key, value) in with {
        match table.iter().find(|input| input.name == key) {
            None => problems.push(unknown_key(table, key)),
            Some(input) => {
                problems.extend(value.as_ref().and_then(|value| wrong_value(input, value)));
                problems.extend(other_model(table, input, with));
            }
        }
    }
    problems.extend(table.iter().filter_map(|input| missing(input, with)));
    problems
}

fn unknown_key(table: &[Input], key: &str) -> InputProblem {
    let names: Vec<_> = table.iter().map(|input| input.name).collect();
    InputProblem::new(
        key,
        format!("unknown input `{key}`"),
        suggestion(key, &names),
    )
}

fn wrong_value(input: &Input, value: &Json) -> Option<InputProblem> {
    if value.is_null() || input.kind.accepts(value) {
        return None;
    }
    let message = format!(
        "input `{}` must be {}, not `{value}`",
        input.name, input.kind
    );
    Some(InputProblem::new(
        input.name,
        message,
        wrong_value_help(input, value),
    ))
}

fn wrong_value_help(input: &Input, value: &Json) -> String {
    match (input.kind, value) {
        (InputKind::Choice(words) | InputKind::Choices(words), Json::String(word)) => {
            suggestion(word, words)
        }
        (InputKind::Choices(words), Json::Array(given)) => given
            .iter()
            .filter_map(Json::as_str)
            .find(|word| !words.contains(word))
            .map_or_else(|| input.doc.to_owned(), |word| suggestion(word, words)),
        (InputKind::Int { .. } | InputKind::Float { .. }, Json::String(_)) => {
            "write the number without quotes".to_owned()
        }
        _ => input.doc.to_owned(),
    }
}

/// An input that is given although the model, which is known, does not have it.
fn other_model(table: &[Input], input: &Input, with: &StaticWith) -> Option<InputProblem> {
    let constant = with.get("model").cloned().flatten();
    let model = constant.as_ref().and_then(Json::as_str)?;
    let given = !matches!(with.get(input.name), None | Some(Some(Json::Null)));
    let known = table.iter().any(|i| i.models.contains(&model));
    if !given || !known || input.models.is_empty() || input.models.contains(&model) {
        return None;
    }
    let name = input.name;
    Some(InputProblem::new(
        name,
        format!("input `{name}` is not one of model `{model}`"),
        format!(
            "{} {} it; where the model varies, give the parameter a condition: `when: {{ model: {} }}`",
            quoted(input.models),
            if input.models.len() == 1 {
                "has"
            } else {
                "have"
            },
            if let [one] = input.models {
                (*one).to_owned()
            } else {
                format!("[{}]", input.models.join(", "))
            },
        ),
    ))
}

fn missing(input: &Input, with: &StaticWith) -> Option<InputProblem> {
    let absent = matches!(with.get(input.name), None | Some(Some(Json::Null)));
    if input.fallback != Fallback::Required || !absent {
        return None;
    }
    let name = input.name;
    Some(InputProblem::new(
        name,
        format!("input `{name}` is missing"),
        format!("give {}: {}", input.kind, input.doc),
    ))
}

/// Checked inputs, ready to be read.
pub(crate) struct Inputs<'a> {
    table: &'a [Input],
    with: &'a Map<String, Json>,
}

impl<'a> Inputs<'a> {
    /// Checks a fully rendered `with` by the same rules as before the run.
    pub(crate) fn read(
        table: &'a [Input],
        with: &'a Map<String, Json>,
    ) -> Result<Self, ComponentError> {
        let known: StaticWith = with
            .iter()
            .map(|(k, v)| (k.clone(), Some(v.clone())))
            .collect();
        let problems = check_inputs(table, &known);
        if problems.is_empty() {
            Ok(Self { table, with })
        } else {
            Err(ComponentError::Inputs(problems))
        }
    }

    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.given(name).is_some()
    }

    fn given(&self, name: &str) -> Option<&Json> {
        self.with.get(name).filter(|value| !value.is_null())
    }

    fn value(&self, name: &str) -> Option<Json> {
        if let Some(value) = self.given(name) {
            return Some(value.clone());
        }
        let input = self.table.iter().find(|input| input.name == name)?;
        match input.fallback {
            Fallback::Value(json) => serde_json::from_str(json).ok(),
            Fallback::Required | Fallback::Described(_) => None,
        }
    }

    pub(crate) fn int_if_given(&self, name: &str) -> Option<usize> {
        whole(&self.value(name)?).and_then(|n| usize::try_from(n).ok())
    }

    pub(crate) fn float_if_given(&self, name: &str) -> Option<f64> {
        self.value(name)?.as_f64()
    }

    pub(crate) fn text_if_given(&self, name: &str) -> Option<String> {
        self.value(name)?.as_str().map(str::to_owned)
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let value = self.value(name).unwrap_or_default();
        let texts = texts(&value).unwrap_or_default();
        texts.into_iter().map(str::to_owned).collect()
    }

    pub(crate) fn bool_if_given(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    pub(crate) fn int(&self, name: &str) -> usize {
        self.int_if_given(name).expect(HAS_DEFAULT)
    }

    pub(crate) fn float(&self, name: &str) -> f64 {
        self.float_if_given(name).expect(HAS_DEFAULT)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.text_if_given(name).expect(HAS_DEFAULT)
    }

    pub(crate) fn bool(&self, name: &str) -> bool {
        self.bool_if_given(name).expect(HAS_DEFAULT)
    }

    /// The inputs of models that are given, by name.
    pub(crate) fn hyperparameters(&self) -> Map<String, Json> {
        let of_models = self.table.iter().filter(|input| !input.models.is_empty());
        of_models
            .filter_map(|input| Some((input.name.to_owned(), self.given(input.name)?.clone())))
            .collect()
    }
}

/// Why reading cannot fail: a test checks that the defaults of all tables fit their kinds.
const HAS_DEFAULT: &str = "the inputs were checked, and the table gives a default";

fn texts(value: &Json) -> Option<Vec<&str>> {
    match value {
        Json::String(one) => Some(vec![one]),
        Json::Array(many) => many.iter().map(Json::as_str).collect(),
        _ => None,
    }
}

/// A whole number, also when it is written as `3.0`.
fn whole(value: &Json) -> Option<i64> {
    let as_float = || {
        let number = value.as_f64()?;
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
    };
    value.as_i64().or_else(as_float)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::component::{all, find};

    fn known(with: &Json) -> StaticWith {
        let with = with.as_object().unwrap().clone();
        with.into_iter()
            .map(|(key, value)| (key, Some(value)))
            .collect()
    }

    fn problems(component: &str, with: &Json) -> Vec<(String, String)> {
        let problems = find(component).unwrap().check(&known(with));
        problems
            .into_iter()
            .map(|problem| (problem.message, problem.help))
            .collect()
    }

    #[test]
    fn every_default_fits_its_kind_and_every_name_is_there_once() {
        for component in all() {
            let inputs = component.inputs();
            for (index, input) in inputs.iter().enumerate() {
                assert!(inputs[..index].iter().all(|other| other.name != input.name));
                if let Fallback::Value(json) = input.fallback {
                    let value = serde_json::from_str(json).unwrap();
                    assert!(input.kind.accepts(&value), "{}: {json}", input.name);
                }
                for model in input.models {
                    assert!(crate::models::MODELS.contains(model), "{model}");
                }
            }
        }
    }

    #[test]
    fn all_problems_are_told_at_once_with_what_would_be_right() {
        let with =
            json!({ "modle": "svm", "model": "random_florest", "n_estimators": 0, "seed": "1" });
        let told = problems("train", &with);
        let expected = [
            (
                "input `model` must be one of",
                "did you mean `random_forest`?",
            ),
            ("unknown input `modle`", "did you mean `model`?"),
            (
                "input `n_estimators` must be a whole number from 1 to 50000, not `0`",
                "number of trees",
            ),
            (
                "input `seed` must be a whole number ≥ 0, not `\"1\"`",
                "write the number without quotes",
            ),
            ("input `data` is missing", "give the path of a file"),
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for ((message, help), (expected, expected_help)) in told.iter().zip(expected) {
            assert!(message.starts_with(expected), "{message}");
            assert!(help.starts_with(expected_help), "{help}");
        }
    }

    #[test]
    fn what_an_expression_gives_is_not_judged_but_its_key_is() {
        let mut with = known(&json!({ "model": "random_forest" }));
        with.insert("data".to_owned(), None);
        with.insert("n_estimators".to_owned(), None);
        let train = find("train").unwrap();
        assert!(train.check(&with).is_empty());
        with.insert("learning_rate".to_owned(), None);
        assert_eq!(train.check(&with)[0].key, "learning_rate");
        with.insert("model".to_owned(), None);
        assert!(train.check(&with).is_empty());
        with.insert("nothing".to_owned(), None);
        assert_eq!(train.check(&with)[0].message, "unknown input `nothing`");
    }

    #[test]
    fn numbers_are_taken_as_yaml_writes_them() {
        let fits = |with: Json| problems("cross_validate", &with).is_empty();
        let with = |name: &str, value: Json| {
            let mut with = json!({ "data": "train.csv", "model": "gradient_boosting" });
            with[name] = value;
            with
        };
        assert!(fits(with("folds", json!(3.0))));
        assert!(!fits(with("folds", json!(3.5))));
        assert!(fits(with("learning_rate", json!(1))));
        assert!(!fits(with("learning_rate", json!(0))));
        assert!(fits(with("metrics", json!("accuracy"))));
        assert!(fits(with("metrics", json!(["accuracy", "f1"]))));
        assert!(!fits(with("metrics", json!(["acuracy"]))));
        assert!(!fits(with("metrics", json!([]))));
        assert!(!fits(with("stratify", json!("yes"))));
    }
}
