//! Numbers and times as people read them. Files and JSON never go through here: they get every digit.

use jiff::Timestamp;

/// A value to four significant digits; very large and very small ones in scientific form. Zeros at the end say that the value was
/// rounded: 0.99997 is `1.0000`, and only 1 is `1`.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return spelled(value).to_owned();
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e7).contains(&size) {
        return scientific(value);
    }
    let digits_before_point = size.log10().floor() as i32 + 1;
    let decimals = (4 - digits_before_point).clamp(0, 7) as usize;
    let rounded = format!("{value:.decimals$}");
    let is_exact = rounded
        .parse()
        .is_ok_and(|read: f64| (read - value).abs() <= 1e-12 * size);
    if is_exact { trimmed(&rounded) } else { rounded }
}

/// NaN and the infinities, as they are written in JSON, where they are no numbers.
pub fn spelled(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

fn scientific(value: f64) -> String {
    let text = format!("{value:.3e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{}e{exponent}", trimmed(mantissa)),
        None => text,
    }
}

fn trimmed(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// A change, with its sign.
pub fn change(value: f64) -> String {
    let text = short(value);
    if value > 0.0 {
        format!("+{text}")
    } else {
        text
    }
}

/// Seconds as people say them: `0.24s`, `3.1s`, `45s`, `2m05s`, `1h02m`, `3d04h`.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    let whole = seconds.round() as u64;
    match whole {
        _ if seconds < 0.995 => format!("{seconds:.2}s"),
        _ if seconds < 9.95 => format!("{seconds:.1}s"),
        0..60 => format!("{whole}s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        3600..86_400 => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
        _ => format!("{}d{:02}h", whole / 86_400, whole % 86_400 / 3600),
    }
}

/// Seconds from one time to another; never negative.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

/// How long ago something was.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = seconds_between(then, now);
    let (count, unit) = match seconds as u64 {
        0..5 => return "just now".to_owned(),
        whole @ 0..60 => (whole, "s"),
        whole @ 60..3600 => (whole / 60, "m"),
        whole @ 3600..86_400 => (whole / 3600, "h"),
        whole => (whole / 86_400, "d"),
    };
    format!("{count}{unit} ago")
}

/// A number of bytes.
pub fn bytes(count: u64) -> String {
    let mut value = count as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return match unit {
                "B" => format!("{count} B"),
                _ => format!("{value:.1} {unit}"),
            };
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

/// A count and its noun: `1 trial`, `2 trials`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_four_significant_digits() {
        let cases = [
            (0.966_666_7, "0.9667"),
            (1.0, "1"),
            (0.999_97, "1.0000"),
            (-1.999_63, "-2.000"),
            (0.1 + 0.2, "0.3"),
            (0.0, "0"),
            (-0.5, "-0.5"),
            (123.456, "123.5"),
            (12_345.6, "12346"),
            (100_000.0, "100000"),
            (0.012_345_6, "0.01235"),
            (0.000_123_4, "0.0001234"),
            (0.000_012_34, "1.234e-5"),
            (1.5e9, "1.5e9"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn durations_use_the_two_largest_units() {
        let cases = [
            (0.0, "0.00s"),
            (0.2401, "0.24s"),
            (0.999, "1.0s"),
            (3.12, "3.1s"),
            (9.96, "10s"),
            (59.4, "59s"),
            (59.6, "1m00s"),
            (125.0, "2m05s"),
            (3725.0, "1h02m"),
            (273_600.0, "3d04h"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn sizes_counts_and_ages() {
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(count(1, "trial"), "1 trial");
        assert_eq!(count(2, "trial"), "2 trials");
        let then = Timestamp::UNIX_EPOCH;
        let later = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!(ago(then, later(3)), "just now");
        assert_eq!(ago(then, later(130)), "2m ago");
        assert_eq!(ago(then, later(200_000)), "2d ago");
        assert_eq!(ago(later(10), then), "just now");
    }
}
