//! The JSON Schema of the experiment file, for editors. It says what each key takes; what needs an eye on several keys at once
//! (bounds, references, needs) only the reader itself can say.

use super::tables::{ALGORITHM, EARLY_STOPPING, EXPERIMENT, PARAMETER, RETRIES, STEP};
use super::{Key, Kind, Need, Table};
use crate::notes::{MOST_TAGS, TAG_PATTERN};
use crate::pipeline::{ComponentInfo, Components};
use serde_json::{Map, Value as Json, json};
use tune_algorithms::setting::{Setting, SettingKind};
use tune_algorithms::{algorithm, stopper};

/// What names of parameters, steps and artifacts look like.
const IDENTIFIER: &str = "^[A-Za-z_][A-Za-z0-9_]{0,99}$";
const VARIABLE: &str = "^[A-Za-z_][A-Za-z0-9_]*$";
const EXPRESSION: &str = r"\$\{\{[\s\S]*\}\}";

/// JSON Schema (draft 2020-12) of the experiment file, with the inputs of the components.
pub fn schema(components: &dyn Components) -> Json {
    let mut schema = object(&EXPERIMENT, None, &components.all());
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("tune experiment");
    schema
}

fn object(table: &Table, variant: Option<&str>, components: &[ComponentInfo]) -> Json {
    let of_variant = |key: &&Key| variant.is_none_or(|variant| key.belongs_to(variant));
    let keys: Vec<&Key> = table.keys.iter().filter(of_variant).collect();
    let required = keys.iter().filter(|key| key.need == Need::Required);
    let required: Vec<&str> = required.map(|key| key.name).collect();
    let properties = keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key, components)));
    closed(&properties.collect(), &required)
}

fn closed(properties: &Map<String, Json>, required: &[&str]) -> Json {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn property(key: &Key, components: &[ComponentInfo]) -> Json {
    let mut schema = of_kind(&key.kind, components);
    schema["description"] = json!(key.doc);
    if let Need::Default(default) = key.need {
        schema["default"] = default_value(default);
    }
    schema
}

/// A default as a value: a number where it is one.
fn default_value(default: &str) -> Json {
    serde_json::from_str(default).unwrap_or_else(|_| json!(default))
}

fn of_kind(kind: &Kind, components: &[ComponentInfo]) -> Json {
    match kind {
        Kind::Name => json!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$" }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Whole { min, max } => whole(*min, *max),
        Kind::Number { min } if min.is_finite() => json!({ "type": "number", "minimum": min }),
        Kind::Number { .. } => json!({ "type": "number" }),
        Kind::Duration { zero } => duration(*zero),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Values => list_of(&scalar()),
        Kind::Condition => mapping_of(&any([scalar(), list_of(&scalar())])),
        Kind::Block(table) => object(table, None, components),
        Kind::Algorithm => any([algorithm_names()].into_iter().chain(algorithms())),
        Kind::AlgorithmName => algorithm_names(),
        Kind::Stopper => any([stopper_names()].into_iter().chain(stoppers())),
        Kind::StopperName => stopper_names(),
        Kind::Settings | Kind::Inputs => json!({ "type": "object" }),
        Kind::Parameters => named(&one_of(PARAMETER.variants.iter().map(|v| parameter(v)))),
        Kind::Pipeline => named(&one_of(steps(components))),
        Kind::Component => {
            json!({ "enum": components.iter().map(|info| &info.name).collect::<Vec<_>>() })
        }
        Kind::Command => any([
            json!({ "type": "string", "minLength": 1 }),
            list_of(&scalar()),
        ]),
        Kind::Steps => any([
            json!({ "type": "string" }),
            json!({ "type": "array", "items": { "type": "string" } }),
        ]),
        Kind::Environment => mapping_of(&scalar()),
        Kind::Variables => {
            json!({ "type": "array", "items": { "type": "string", "pattern": VARIABLE }, "uniqueItems": true })
        }
        Kind::Tags => {
            json!({ "type": "array", "items": { "type": "string", "pattern": TAG_PATTERN }, "maxItems": MOST_TAGS })
        }
        Kind::Paths => {
            json!({ "type": "object", "propertyNames": { "pattern": IDENTIFIER }, "additionalProperties": { "type": "string" } })
        }
        Kind::Retries => any([
            json!({ "type": "integer", "minimum": 0 }),
            object(&RETRIES, None, components),
        ]),
    }
}

fn any(schemas: impl IntoIterator<Item = Json>) -> Json {
    json!({ "anyOf": schemas.into_iter().collect::<Vec<_>>() })
}

fn one_of(schemas: impl IntoIterator<Item = Json>) -> Json {
    json!({ "oneOf": schemas.into_iter().collect::<Vec<_>>() })
}

fn list_of(items: &Json) -> Json {
    json!({ "type": "array", "items": items, "minItems": 1 })
}

fn mapping_of(values: &Json) -> Json {
    json!({ "type": "object", "additionalProperties": values })
}

/// A mapping of the user's own names; never empty.
fn named(values: &Json) -> Json {
    json!({ "type": "object", "propertyNames": { "pattern": IDENTIFIER }, "additionalProperties": values, "minProperties": 1 })
}

fn scalar() -> Json {
    json!({ "type": ["string", "number", "boolean"] })
}

fn whole(min: i128, max: i128) -> Json {
    json!({ "type": "integer", "minimum": i64::try_from(min).ok(), "maximum": u64::try_from(max).ok() })
}

fn duration(zero: bool) -> Json {
    let number = match zero {
        true => json!({ "type": "number", "minimum": 0 }),
        false => json!({ "type": "number", "exclusiveMinimum": 0 }),
    };
    any([
        number,
        json!({ "type": "string", "pattern": r"^\s*([0-9]+(\.[0-9]*)?\s*(ms|s|m|h|d)\s*)+$" }),
    ])
}

fn parameter(variant: &str) -> Json {
    let mut schema = object(&PARAMETER, Some(variant), &[]);
    schema["properties"]["type"] = json!({ "const": variant });
    if variant == "int" {
        for bound in ["min", "max", "step"] {
            schema["properties"][bound]["type"] = json!("integer");
        }
    }
    schema
}

/// A step for each component, so that its inputs are known, and one with `run`.
fn steps(components: &[ComponentInfo]) -> Vec<Json> {
    let run = object(&STEP, Some("run"), components);
    let uses = components.iter().map(|info| {
        let mut schema = object(&STEP, Some("uses"), components);
        schema["properties"]["uses"] = json!({ "const": info.name, "description": info.summary });
        schema["properties"]["with"] = inputs(info);
        schema
    });
    uses.chain([run]).collect()
}

fn inputs(info: &ComponentInfo) -> Json {
    let expression = json!({ "type": "string", "pattern": EXPRESSION });
    let properties = info.inputs.iter().map(|input| {
        let mut schema = any([input.schema.clone(), expression.clone()]);
        schema["description"] = json!(input.doc);
        (input.name.clone(), schema)
    });
    let required = info.inputs.iter().filter(|input| input.required);
    let required: Vec<&str> = required.map(|input| input.name.as_str()).collect();
    closed(&properties.collect(), &required)
}

fn algorithm_names() -> Json {
    json!({ "enum": algorithm::ALGORITHMS.iter().map(|info| info.name).collect::<Vec<_>>() })
}

fn stopper_names() -> Json {
    let names = stopper::STOPPERS.iter().map(|info| info.name);
    json!({ "enum": names.chain(["none"]).collect::<Vec<_>>() })
}

fn algorithms() -> impl Iterator<Item = Json> {
    let default = ALGORITHM.key("name").map(|key| key.need);
    algorithm::ALGORITHMS.iter().map(move |info| {
        let mut schema = choice(&ALGORITHM, info.name, info.summary, info.settings);
        // Only the name of the default may be left out.
        if default != Some(Need::Default(info.name)) {
            schema["required"] = json!(["name"]);
        }
        schema
    })
}

fn stoppers() -> impl Iterator<Item = Json> {
    let known = stopper::STOPPERS.iter();
    let known = known.map(|info| choice(&EARLY_STOPPING, info.name, info.summary, info.settings));
    known.chain([choice(&EARLY_STOPPING, "none", "nobody stops trials", &[])])
}

fn choice(table: &Table, name: &str, summary: &str, settings: &[Setting]) -> Json {
    let mut schema = object(table, None, &[]);
    schema["properties"]["name"] = json!({ "const": name, "description": summary });
    let properties = settings.iter().map(|s| (s.name.to_owned(), setting(s)));
    schema["properties"]["settings"] = closed(&properties.collect(), &[]);
    schema
}

fn setting(setting: &Setting) -> Json {
    let mut schema = match setting.kind {
        SettingKind::Int { min, max } => {
            json!({ "type": "integer", "minimum": min, "maximum": max })
        }
        SettingKind::Float { min, max } => {
            json!({ "type": "number", "minimum": min, "maximum": max })
        }
        SettingKind::Bool => json!({ "type": "boolean" }),
        SettingKind::Choice(words) => json!({ "enum": words }),
        SettingKind::Name(_) => json!({ "type": "string" }),
    };
    schema["description"] = json!(setting.doc);
    if !setting.default.is_empty() {
        schema["default"] = default_value(setting.default);
    }
    schema
}
