//! The tables of keys: sound in themselves, and the schema and the reference made from them.

use super::super::{Kind, Need, keys, reference, schema};
use super::*;

#[test]
fn every_default_is_a_value_that_may_be_written() {
    let path = |table: &str| match table {
        "" => String::new(),
        "parameters.NAME" => "parameters.x.".to_owned(),
        other => format!("{}.", other.replace("NAME", "train")),
    };
    for table in keys() {
        for key in table.keys {
            if let Need::Default(default) = key.need {
                let text = small(
                    "max_trials: 3",
                    "max_trials: 3\nearly_stopping: { name: none }\nconverged: { stagnation: 9 }",
                );
                // Leases are for experiments without a pipeline.
                let text = match key.name {
                    "lease" | "max_retries" => text.split_once("pipeline:").unwrap().0.to_owned(),
                    _ => text,
                };
                let key = format!("{}{}", path(table.path), key.name);
                let read = read_with(&text, &[(&key, default)]);
                let read = read.unwrap_or_else(|error| panic!("{key}: {}", render(&error)));
                assert_eq!(read.experiment, experiment(&text), "{key}");
            }
        }
    }
}

#[test]
fn every_key_is_explained_once() {
    for table in keys() {
        for (index, key) in table.keys.iter().enumerate() {
            assert!(
                !key.doc.is_empty() && !key.doc.ends_with('.') && !key.doc.contains('|'),
                "{}",
                key.name
            );
            assert!(
                table.keys[..index]
                    .iter()
                    .all(|other| other.name != key.name),
                "{}",
                key.name
            );
            assert!(
                key.only
                    .iter()
                    .all(|variant| table.variants.contains(variant)),
                "{}",
                key.name
            );
            if let Kind::Block(block) = key.kind {
                assert!(
                    keys().iter().any(|table| table.path == block.path),
                    "{}",
                    key.name
                );
            }
        }
    }
    let reference = reference();
    assert!(
        reference.contains(
            "| `max_trials` | whole number from 1 |  | how many trials to run at the most |"
        ),
        "{reference}"
    );
    assert!(
        reference
            .contains("| `scale` | `linear`, `log` | `linear` | with `float` and `int`: spread"),
        "{reference}"
    );
}

/// Whether a value is right by a schema, as far as this crate's own schemas go (patterns are not looked at).
fn accepts(schema: &Json, value: &Json) -> bool {
    let all = |key: &str, check: &dyn Fn(&Json) -> bool| schema.get(key).is_none_or(check);
    let list = |key: &str, enough: &dyn Fn(usize) -> bool| {
        all(key, &|schemas| {
            enough(
                schemas
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|schema| accepts(schema, value))
                    .count(),
            )
        })
    };
    all("type", &|types| match types.as_array() {
        Some(types) => types.iter().any(|kind| is_a(kind.as_str().unwrap(), value)),
        None => is_a(types.as_str().unwrap(), value),
    }) && all("const", &|only| only == value)
        && all("enum", &|words| words.as_array().unwrap().contains(value))
        && all("minimum", &|min| {
            value
                .as_f64()
                .is_none_or(|v| min.as_f64().is_none_or(|min| v >= min))
        })
        && all("maximum", &|max| {
            value
                .as_f64()
                .is_none_or(|v| max.as_f64().is_none_or(|max| v <= max))
        })
        && list("anyOf", &|count| count >= 1)
        && list("oneOf", &|count| count == 1)
        && all("items", &|items| {
            value
                .as_array()
                .is_none_or(|values| values.iter().all(|value| accepts(items, value)))
        })
        && all("required", &|keys| {
            value.as_object().is_none_or(|fields| {
                keys.as_array()
                    .unwrap()
                    .iter()
                    .all(|key| fields.contains_key(key.as_str().unwrap()))
            })
        })
        && value.as_object().is_none_or(|fields| {
            fields
                .iter()
                .all(|(key, value)| accepts_field(schema, key, value))
        })
}

fn accepts_field(schema: &Json, key: &str, value: &Json) -> bool {
    match (
        schema["properties"].get(key),
        schema.get("additionalProperties"),
    ) {
        (Some(schema), _) => accepts(schema, value),
        (None, None | Some(Json::Bool(true))) => true,
        (None, Some(Json::Bool(false))) => false,
        (None, Some(schema)) => accepts(schema, value),
    }
}

fn is_a(kind: &str, value: &Json) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => value.is_number(),
    }
}

#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    let schema = schema(&Fakes);
    for text in [IRIS, SMALL] {
        let document = read_text(text).unwrap().document;
        assert!(accepts(&schema, &document), "{document:#}");
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema = schema(&Fakes);
    let wrong = [
        ("version", json!(2)),
        ("max_trials", json!("many")),
        ("nonsense", json!(1)),
        ("algorithm", json!("soboll")),
        (
            "algorithm",
            json!({ "name": "sobol", "settings": { "nonsense": 1 } }),
        ),
        ("early_stopping", json!({})),
        ("converged", json!({ "stagnation": 0 })),
        (
            "converged",
            json!({ "stagnation": 3, "min_improvement": -1 }),
        ),
        ("converged", json!({ "expected_improvement": "little" })),
        ("converged", json!({ "regret": -1 })),
        ("parameters", json!({ "x": { "type": "bool", "min": 1 } })),
        ("parameters", json!({ "x": { "type": "float", "min": 1 } })),
        ("pipeline", json!({ "s": { "uses": "train", "run": "x" } })),
        (
            "pipeline",
            json!({ "s": { "uses": "preprocess", "with": { "datset": "iris" } } }),
        ),
        ("pipeline", json!({ "s": { "run": "x", "with": {} } })),
    ];
    for (key, value) in wrong {
        let mut document = read_text(SMALL).unwrap().document;
        document[key] = value;
        assert!(read_text(&document.to_string()).is_err(), "{document:#}");
        assert!(!accepts(&schema, &document), "{document:#}");
    }
}
