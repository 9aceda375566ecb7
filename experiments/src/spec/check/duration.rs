//! Durations as people write them: `500ms`, `90s`, `1h30m`, `2d`.

use std::time::Duration;

/// The longest duration, in seconds: ten years.
pub(super) const MAX_SECONDS: f64 = 3650.0 * 86_400.0;

/// Reads a duration: numbers, each with a unit, largest unit first.
///
/// # Errors
/// Completes "`text` …".
pub fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    const NO_DURATION: &str = "is not a duration";
    let mut rest = text.trim();
    if rest.starts_with('-') {
        return Err("is negative");
    }
    let mut total = 0.0;
    let mut last_unit = f64::INFINITY;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or("has no unit")?;
        let number: f64 = rest[..digits].parse().map_err(|_| NO_DURATION)?;
        rest = rest[digits..].trim_start();
        let letters = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let unit = unit_seconds(&rest[..letters]).ok_or("has an unknown unit")?;
        if unit >= last_unit {
            return Err("has its units in a strange order");
        }
        (last_unit, total) = (unit, total + number * unit);
        rest = rest[letters..].trim_start();
    }
    if last_unit.is_infinite() {
        return Err(NO_DURATION);
    }
    if total > MAX_SECONDS {
        return Err("is too long");
    }
    Duration::try_from_secs_f64(total).map_err(|_| NO_DURATION)
}

fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let cases = [
            ("60s", 60.0),
            ("500ms", 0.5),
            ("1h30m", 5400.0),
            ("2d", 172_800.0),
            ("1.5h", 5400.0),
            ("1m 30s", 90.0),
            ("0s", 0.0),
        ];
        for (text, seconds) in cases {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_secs_f64(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_may_be_meant_otherwise() {
        let cases = [
            ("", "is not a duration"),
            ("soon", "is not a duration"),
            ("60", "has no unit"),
            ("5 min", "has an unknown unit"),
            ("5M", "has an unknown unit"),
            ("30m1h", "has its units in a strange order"),
            ("1s1s", "has its units in a strange order"),
            ("-5s", "is negative"),
            ("1..5s", "is not a duration"),
            ("9999999d", "is too long"),
        ];
        for (text, why) in cases {
            assert_eq!(parse_duration(text), Err(why), "{text}");
        }
    }
}
