//! Puts the values of expressions in their places: in the inputs of components, where they keep their type, and in plain text,
//! such as environment variables and arguments. Text for a shell is the work of `shell`.

use super::component::With;
use super::context::Context;
use super::expression::{ExpressionError, Found, OPEN, find};
use super::reference::{Target, references_of};
use indexmap::IndexMap;
use minijinja::Value;
use serde_json::Value as Json;

/// Renders all strings inside a value. A string that is one expression and nothing else becomes the expression's value, with its
/// type (`5` stays a whole number, `5.0` a float, an inactive parameter is `null`); in any other string the expressions become text.
///
/// # Errors
///
/// The first expression that cannot be evaluated; its range is that in the string that holds it.
pub fn render_value(value: &Json, context: &Context) -> Result<Json, ExpressionError> {
    match value {
        Json::String(text) => render_string(text, context),
        Json::Array(items) => items
            .iter()
            .map(|item| render_value(item, context))
            .collect(),
        Json::Object(fields) => {
            let render =
                |(key, value): (&String, &Json)| Ok((key.clone(), render_value(value, context)?));
            fields
                .iter()
                .map(render)
                .collect::<Result<_, _>>()
                .map(Json::Object)
        }
        scalar => Ok(scalar.clone()),
    }
}

/// Renders a text. `null` becomes nothing, lists and maps become JSON, floats are in the shortest form that reads back as
/// the same float (`5.0`, `1e-7`).
///
/// # Errors
///
/// The first expression that cannot be evaluated, or whose text holds a NUL character, which no argument or environment variable can.
pub fn render_text(text: &str, context: &Context) -> Result<String, ExpressionError> {
    let mut rendered = String::with_capacity(text.len());
    let mut position = 0;
    for found in find(text)? {
        rendered.push_str(&text[position..found.range.start]);
        rendered.push_str(&evaluate_text(&found, context)?);
        position = found.range.end;
    }
    rendered.push_str(&text[position..]);
    Ok(rendered)
}

/// The inputs of a component as far as they are known before it runs: `None` where a value holds an expression.
pub fn known(with: &IndexMap<String, Json>) -> With {
    let known = |value: &Json| (!has_expression(value)).then(|| value.clone());
    with.iter()
        .map(|(key, value)| (key.clone(), known(value)))
        .collect()
}

fn has_expression(value: &Json) -> bool {
    match value {
        Json::String(text) => text.contains(OPEN),
        Json::Array(items) => items.iter().any(has_expression),
        Json::Object(fields) => fields.values().any(has_expression),
        _ => false,
    }
}

fn render_string(text: &str, context: &Context) -> Result<Json, ExpressionError> {
    match find(text)?.as_slice() {
        [only] if only.range == (0..text.len()) => evaluate(only, context),
        _ => render_text(text, context).map(Json::String),
    }
}

/// The text that stands for the value of an expression.
pub(super) fn evaluate_text(
    found: &Found<'_>,
    context: &Context,
) -> Result<String, ExpressionError> {
    let text = match evaluate(found, context)? {
        Json::Null => String::new(),
        Json::String(text) => text,
        other => other.to_string(),
    };
    if text.contains('\0') {
        let message = format!(
            "the value of `{}` holds a NUL character",
            found.source.trim()
        );
        return Err(ExpressionError::new(found.range.clone(), message)
            .help("hand such a value over in a file: an artifact"));
    }
    Ok(text)
}

fn evaluate(found: &Found<'_>, context: &Context) -> Result<Json, ExpressionError> {
    match found.evaluate(context.root()) {
        Ok(value) if value.is_undefined() => missing(found, context).map_or(Ok(Json::Null), Err),
        Ok(value) => to_json(found, &value),
        Err(error) => Err(missing(found, context).unwrap_or(error)),
    }
}

/// JSON has no NaN and no infinity, and serde would silently write `null` for them.
fn to_json(found: &Found<'_>, value: &Value) -> Result<Json, ExpressionError> {
    let error = |cause: String| {
        let message = format!("`{}` has no usable value: {cause}", found.source.trim());
        ExpressionError::new(found.range.clone(), message)
    };
    if value.is_number() && f64::try_from(value.clone()).is_ok_and(|number| !number.is_finite()) {
        return Err(error(format!("{value} is not finite")));
    }
    serde_json::to_value(value).map_err(|cause| error(cause.to_string()))
}

/// What the expression refers to and is not there.
fn missing(found: &Found<'_>, context: &Context) -> Option<ExpressionError> {
    let references = references_of(found).ok()?;
    references.into_iter().find_map(|reference| {
        let (message, help) = absent(&reference.target, context)?;
        Some(ExpressionError::new(reference.range, message).help(help))
    })
}

fn absent(target: &Target, context: &Context) -> Option<(String, String)> {
    match target {
        Target::Param(name) if !context.has_parameter(name) => Some((
            format!("unknown parameter `{name}`"),
            "declare it under `parameters:`".to_owned(),
        )),
        Target::Artifact { step, name } => absent_of_step(step, "artifact", name, context),
        Target::Value { step, name } => absent_of_step(step, "value", name, context),
        _ => None,
    }
}

fn absent_of_step(
    step: &str,
    kind: &str,
    name: &str,
    context: &Context,
) -> Option<(String, String)> {
    let Some(produced) = context.produced(step, &format!("{kind}s")) else {
        return Some((
            format!("step `{step}` has produced nothing yet"),
            "it must come before the step that refers to it".to_owned(),
        ));
    };
    if produced.iter().any(|produced| produced == name) {
        return None;
    }
    let help = match produced.as_slice() {
        [] => format!("it produced no {kind}s"),
        names => format!("its {kind}s are {}", names.join(", ")),
    };
    Some((format!("step `{step}` produced no {kind} `{name}`"), help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use tune_algorithms::space::{Configuration, Value as Param};

    fn context() -> Context {
        let configuration: Configuration = [
            ("n".to_owned(), Param::Int(5)),
            ("rate".to_owned(), Param::Float(5.0)),
            ("tiny".to_owned(), Param::Float(1e-7)),
            ("big".to_owned(), Param::Int(i64::MAX)),
            ("on".to_owned(), Param::Bool(true)),
            ("model".to_owned(), Param::Text("svm".into())),
        ]
        .into_iter()
        .collect();
        let names = ["n", "rate", "tiny", "big", "on", "model", "off"];
        let mut context = Context::new("iris", 3, names, &configuration).with_rungs(&[1, 3, 9]);
        let artifacts = IndexMap::from([("model".to_owned(), "/store/ab/model".to_owned())]);
        let values =
            json!({"count": 7, "list": [1, "two", null], "map": {"a": {"b": 2.5}}, "none": null});
        context.add_step("train", &artifacts, values.as_object().unwrap());
        context
    }

    #[test]
    fn a_whole_expression_keeps_its_type() {
        let cases = [
            ("${{ params.n }}", json!(5)),
            ("${{ params.rate }}", json!(5.0)),
            ("${{ params.big }}", json!(i64::MAX)),
            ("${{ params.on }}", json!(true)),
            ("${{ params.model }}", json!("svm")),
            ("${{ params.off }}", json!(null)),
            ("${{ steps.train.values.list }}", json!([1, "two", null])),
            ("${{ steps.train.values.map }}", json!({"a": {"b": 2.5}})),
            ("${{ steps.train.values.map.a.b }}", json!(2.5)),
            (
                "${{ steps.train.artifacts.model }}",
                json!("/store/ab/model"),
            ),
            ("${{ trial.number }}", json!(3)),
            ("${{ trial.rungs }}", json!([1, 3, 9])),
            ("${{ trial.rungs | join(',') }}", json!("1,3,9")),
            ("${{ experiment.name }}", json!("iris")),
            ("${{ params.n * 2 }}", json!(10)),
            ("${{ params.n if params.off }}", json!(null)),
            ("${{ steps.train.values.later | default(1) }}", json!(1)),
            (" ${{ params.n }}", json!(" 5")),
            ("${{ params.n }}${{ params.n }}", json!("55")),
            (
                "${{ params.model | upper }}-${{ params.rate }}",
                json!("SVM-5.0"),
            ),
            (
                "no {{ x }} {% if %} {# c #}\n",
                json!("no {{ x }} {% if %} {# c #}\n"),
            ),
        ];
        for (text, expected) in cases {
            let rendered = render_value(&json!({"k": [text]}), &context()).unwrap();
            assert_eq!(rendered, json!({"k": [expected]}), "{text}");
            assert_eq!(rendered["k"][0].is_f64(), expected.is_f64(), "{text}");
        }
    }

    #[test]
    fn text_forms() {
        let cases = [
            ("a${{ params.off }}b", "ab"),
            ("${{ params.tiny }}", "1e-7"),
            ("${{ params.rate }}", "5.0"),
            ("${{ params.on }}", "true"),
            ("${{ steps.train.values.list }}", r#"[1,"two",null]"#),
        ];
        for (text, expected) in cases {
            assert_eq!(render_text(text, &context()).unwrap(), expected);
        }
    }

    #[test]
    fn says_what_is_missing() {
        let cases = [
            ("${{ params.nope }}", "unknown parameter `nope`"),
            (
                "${{ steps.other.values.x }}",
                "step `other` has produced nothing yet",
            ),
            (
                "${{ steps.train.values.nope }}",
                "step `train` produced no value `nope`",
            ),
            (
                "${{ steps.train.artifacts.nope + 1 }}",
                "step `train` produced no artifact `nope`",
            ),
            ("${{ params.n / 0 }}", "cannot evaluate `params.n / 0`"),
            ("${{ 1e308 * 10.0 }}", "not finite"),
            ("${{ '\\u0000' }}x", "NUL"),
        ];
        for (text, expected) in cases {
            let error = render_value(&json!(text), &context()).unwrap_err();
            assert!(
                error.message.contains(expected),
                "{text}: {}",
                error.message
            );
        }
    }

    #[test]
    fn inputs_with_expressions_are_not_known() {
        let with: IndexMap<String, Json> = serde_json::from_value(
            json!({"a": 1, "b": "${{ params.x }}", "c": {"d": ["x ${{ params.x }}"]}, "e": "$x"}),
        )
        .unwrap();
        let known = known(&with);
        assert_eq!(known["a"], Some(json!(1)));
        assert_eq!((&known["b"], &known["c"]), (&None, &None));
        assert_eq!(known["e"], Some(json!("$x")));
    }

    proptest! {
        #[test]
        fn floats_and_texts_come_back_as_they_were(number in prop::num::f64::NORMAL, text in "[^\\x00]{0,20}") {
            let configuration: Configuration =
                [("f".to_owned(), Param::Float(number)), ("t".to_owned(), Param::Text(text.clone()))].into_iter().collect();
            let context = Context::new("e", 0, ["f", "t"], &configuration);
            prop_assert_eq!(render_text("${{ params.f }}", &context).unwrap().parse::<f64>().unwrap(), number);
            prop_assert_eq!(render_text("<${{ params.t }}>", &context).unwrap(), format!("<{text}>"));
            prop_assert_eq!(render_value(&json!("${{ params.t }}"), &context).unwrap(), json!(text));
        }
    }
}
