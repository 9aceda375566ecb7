//! What a plain (unquoted) scalar is: the core schema of YAML 1.2, in which `yes`, `no`, `on` and `off` are texts.

use super::Kind;

/// The kind of a plain scalar; an error says which number it is that cannot be used.
pub(super) fn resolve(text: &str) -> Result<Kind, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Kind::Null),
        "true" | "True" | "TRUE" => return Ok(Kind::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Kind::Bool(false)),
        _ => {}
    }
    if is_non_finite(text) {
        return Err("is not a finite number".to_owned());
    }
    if let Some((digits, radix)) = integer_digits(text) {
        return integer(text, digits, radix);
    }
    if is_float(text) {
        return float(text);
    }
    Ok(Kind::Text(text.to_owned()))
}

fn integer(text: &str, digits: &str, radix: u32) -> Result<Kind, String> {
    let fits = |value: &i128| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(value);
    let value = i128::from_str_radix(digits, radix).ok().filter(fits);
    match value {
        Some(value) => Ok(Kind::Int(value)),
        None => Err(format!("is a number with too many digits ({})", text.len())),
    }
}

fn float(text: &str) -> Result<Kind, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Kind::Float(value)),
        _ => Err("is a number too large to compute with".to_owned()),
    }
}

fn is_non_finite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// The digits to be parsed (with the sign, if any) and their base.
fn integer_digits(text: &str) -> Option<(&str, u32)> {
    let all = |digits: &str, radix| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, 16).then_some((digits, 16));
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return all(digits, 8).then_some((digits, 8));
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    all(unsigned, 10).then_some((text, 10))
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_is_number =
        digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_is_number = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !unsigned.is_empty() && digits(unsigned)
    });
    mantissa_is_number && exponent_is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Kind {
        Kind::Text(text.to_owned())
    }

    #[test]
    fn words_that_other_readers_turn_into_booleans_stay_texts() {
        for word in ["yes", "no", "on", "off", "y", "n", "Yes", "OFF", "tRuE"] {
            assert_eq!(resolve(word), Ok(text(word)));
        }
        assert_eq!(resolve("True"), Ok(Kind::Bool(true)));
        assert_eq!(resolve("~"), Ok(Kind::Null));
    }

    #[test]
    fn numbers_are_those_of_the_core_schema() {
        assert_eq!(resolve("010"), Ok(Kind::Int(10)));
        assert_eq!(resolve("-3"), Ok(Kind::Int(-3)));
        assert_eq!(resolve("0x1F"), Ok(Kind::Int(31)));
        assert_eq!(resolve("0o17"), Ok(Kind::Int(15)));
        assert_eq!(
            resolve("18446744073709551615"),
            Ok(Kind::Int(u64::MAX.into()))
        );
        assert_eq!(resolve("1e3"), Ok(Kind::Float(1000.0)));
        assert_eq!(resolve(".5"), Ok(Kind::Float(0.5)));
        assert_eq!(resolve("+1.e-1"), Ok(Kind::Float(0.1)));
        for word in [
            "1_000", "1,5", "e3", ".", "-", "+.e1", "1e", "0x", "1:30", "12h", "inf", "NaN",
        ] {
            assert_eq!(resolve(word), Ok(text(word)), "{word}");
        }
    }

    #[test]
    fn numbers_that_cannot_be_used_are_refused() {
        for word in [
            ".inf",
            "-.INF",
            ".nan",
            "1e400",
            "18446744073709551616",
            "-9223372036854775809",
        ] {
            assert!(resolve(word).is_err(), "{word}");
        }
    }
}
