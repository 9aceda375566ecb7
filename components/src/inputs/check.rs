//! Checks `with:` against the table of inputs, before the step runs and again when it does.

use serde_json::Value as Json;

use super::{Fallback, Input, InputKind, InputProblem};
use crate::component::StaticWith;

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
