//! Numbers in JSON: it has no NaN and no infinities, so these are written as the words `"NaN"`, `"Infinity"`, `"-Infinity"`.

use serde_json::Value as Json;

/// The number, or the word for it.
pub fn to_json(value: f64) -> Json {
    if value.is_finite() {
        return Json::from(value);
    }
    let word = match value {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    };
    Json::from(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_cannot_say_becomes_a_word() {
        let values = [1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        assert_eq!(
            values.map(|value| to_json(value).to_string()),
            ["1.5", "\"NaN\"", "\"Infinity\"", "\"-Infinity\""]
        );
    }
}
