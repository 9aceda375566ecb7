//! Values in the form in which lists are filtered and sorted by them.

use super::text;
use tune_algorithms::space::Value;

/// A value as it is compared: by type, then by number or text. Whole numbers beyond 2^53 are compared as the nearest real.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Sortable {
    pub rank: i64,
    pub number: f64,
    pub text: String,
}

/// No index takes a text of any length: a longer one is cut, and stays apart from others by its hash.
const SORTED_BYTES: usize = 256;

impl Sortable {
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Bool(value) => Self::new(1, f64::from(u8::from(*value)), String::new()),
            #[expect(clippy::cast_precision_loss, reason = "as documented")]
            Value::Int(value) => Self::new(2, *value as f64, String::new()),
            Value::Float(value) => Self::of_metric(*value),
            Value::Text(value) => Self::new(3, 0.0, sorted_text(value)),
        }
    }

    pub fn of_metric(value: f64) -> Self {
        match value {
            nan if nan.is_nan() => Self::new(0, 0.0, String::new()),
            value => Self::new(2, value, String::new()),
        }
    }

    fn new(rank: i64, number: f64, text: String) -> Self {
        Self { rank, number, text }
    }
}

fn sorted_text(value: &str) -> String {
    let value = text(value);
    if value.len() <= SORTED_BYTES {
        return value.into_owned();
    }
    let cut = value.floor_char_boundary(SORTED_BYTES);
    format!(
        "{}{}",
        &value[..cut],
        blake3::hash(value.as_bytes()).to_hex()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_compared_by_a_short_form_that_stays_apart() {
        let long = "ö".repeat(1000);
        let (one, other) = (sorted_text(&long), sorted_text(&format!("{long}x")));
        assert_ne!(one, other);
        assert!(one.len() < 400);
        assert_eq!(sorted_text("short\0"), "short\u{fffd}");
    }
}
