//! Finds the numbers in a line that is a JSON object, also as Python writes it: with bare `NaN` and `Infinity`.

use super::pairs::{is_name, number};
use serde_json::{Map, Value as Json};

/// The top-level fields of the line that are numbers, or strings that hold one; `None` if it isn't a JSON object. The form
/// `{"name": "loss", "value": 0.4}` is the field `loss`.
pub(super) fn fields(line: &str) -> Option<Vec<(String, f64)>> {
    let mut fields = object(line)?;
    rename(&mut fields);
    let numbers = fields
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), as_number(value)?)));
    Some(numbers.filter(|(name, _)| !name.is_empty()).collect())
}

fn rename(fields: &mut Map<String, Json>) {
    if let (Some(Json::String(name)), Some(value)) = (fields.get("name"), fields.get("value"))
        && as_number(value).is_some()
        && is_name(name)
    {
        let (name, value) = (name.clone(), value.clone());
        fields.shift_remove("name");
        fields.shift_remove("value");
        fields.insert(name, value);
    }
}

fn as_number(value: &Json) -> Option<f64> {
    match value {
        Json::Number(value) => value.as_f64(),
        Json::String(text) => number(text.trim()),
        _ => None,
    }
}

fn object(line: &str) -> Option<Map<String, Json>> {
    match serde_json::from_str(line) {
        Ok(fields) => Some(fields),
        Err(_) if line.contains("NaN") || line.contains("Infinity") => {
            serde_json::from_str(&quote_words(line)).ok()
        }
        Err(_) => None,
    }
}

/// Puts `NaN`, `Infinity` and `-Infinity` outside strings into quotes.
fn quote_words(line: &str) -> String {
    let mut quoted = String::with_capacity(line.len() + 16);
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        let word = ["NaN", "Infinity", "-Infinity"]
            .into_iter()
            .find(|word| rest.starts_with(word));
        let length = match (next, word) {
            ('"', _) => string_length(rest),
            (_, Some(word)) => {
                quoted.push_str(&format!("\"{word}\""));
                rest = &rest[word.len()..];
                continue;
            }
            _ => next.len_utf8(),
        };
        quoted.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    quoted
}

/// The length of the string literal that the text begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: &str) -> Option<String> {
        fields(line).map(|fields| format!("{fields:?}"))
    }

    #[test]
    fn what_is_read_from_json() {
        let cases = [
            (
                r#"{"accuracy": 0.93, "epoch": 3}"#,
                Some(r#"[("accuracy", 0.93), ("epoch", 3.0)]"#),
                "numbers",
            ),
            (
                r#"{"accuracy": "0.93"}"#,
                Some(r#"[("accuracy", 0.93)]"#),
                "a number as a string, as Katib wants it",
            ),
            (
                r#"{"a": NaN, "b": -Infinity, "c": "NaN, Infinity"}"#,
                Some(r#"[("a", NaN), ("b", -inf)]"#),
                "as Python writes it",
            ),
            (
                r#"{"a\"NaN": NaN}"#,
                Some(r#"[("a\"NaN", NaN)]"#),
                "an escaped quote",
            ),
            (
                r#"{"name": "loss", "value": 0.4, "level": 3}"#,
                Some(r#"[("level", 3.0), ("loss", 0.4)]"#),
                "name and value",
            ),
            (
                r#"{"name": "run 1", "value": 0.4}"#,
                Some(r#"[("value", 0.4)]"#),
                "a name that is none",
            ),
            (
                r#"{"a": {"b": 1}, "c": [1], "d": true, "e": null, "": 1}"#,
                Some("[]"),
                "anything else",
            ),
            (r#"{"a": 1"#, None, "cut off"),
            (r#"{"a": 1} trailing"#, None, "not JSON"),
            ("{NaN", None, "not JSON either"),
        ];
        for (line, expected, reason) in cases {
            assert_eq!(read(line).as_deref(), expected, "{reason}: {line}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(line in "\\{(NaN|Infinity|-|\"|\\\\|:|,|[a-z0-9]|\\PC){0,30}") {
            let _ = fields(&line);
        }
    }
}
