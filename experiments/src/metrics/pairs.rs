//! Finds `name=value` pairs in a line of text. A pair stands alone between spaces, commas and semicolons, so that shell traces, URLs,
//! flags and comparisons are not taken for metrics.

/// All pairs of a line, in its order.
pub(super) fn pairs(line: &str) -> Vec<(String, f64)> {
    let mut pairs = Vec::new();
    let mut position = 0;
    while let Some(offset) = line[position..].find('=') {
        let sign = position + offset;
        pairs.extend(pair_at(line, sign));
        position = sign + 1;
    }
    pairs
}

/// The pair whose `=` is at that place, if it is one.
fn pair_at(line: &str, sign: usize) -> Option<(String, f64)> {
    let name = name_before(&line[..sign])?;
    let value = value_after(&line[sign + 1..])?;
    Some((name.to_owned(), value))
}

/// The name that ends the text, perhaps followed by blanks. It begins the line or follows a separator.
fn name_before(text: &str) -> Option<&str> {
    let text = text.trim_end_matches(BLANKS);
    let start = text
        .rfind(|character| is_separator(character) || character == '=')
        .map_or(0, |at| at + 1);
    let (before, name) = text.split_at(start);
    (is_name(name) && !before.ends_with('=') && !is_trace(before)).then_some(name)
}

/// What `sh -x` writes before an assignment: `+ `, or `++ ` in a nested shell.
fn is_trace(before: &str) -> bool {
    let mark = before.trim_matches(BLANKS);
    !mark.is_empty() && mark.bytes().all(|byte| byte == b'+')
}

/// The number that begins the text, perhaps after blanks. It ends the line, or a separator follows.
fn value_after(text: &str) -> Option<f64> {
    let text = text.trim_start_matches(BLANKS);
    let end = text
        .find(|character| is_separator(character) || character == '=')
        .unwrap_or(text.len());
    let (value, rest) = text.split_at(end);
    let thousands =
        rest.starts_with(',') && rest[1..].starts_with(|next: char| next.is_ascii_digit());
    if thousands || rest.starts_with('=') {
        None
    } else {
        number(value)
    }
}

const BLANKS: [char; 2] = [' ', '\t'];

fn is_separator(character: char) -> bool {
    matches!(character, ' ' | '\t' | ',' | ';' | '\r' | '\n')
}

/// `[A-Za-z_][A-Za-z0-9_./:-]*`, but no URL or path: those have `//` or begin with another character.
pub(super) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_./:-".contains(&byte))
        && !name.contains("//")
}

/// A number as programs print it: decimal, `nan`, `inf` or `infinity` in any case, with a sign.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'a> = (&'a str, &'a [(&'a str, f64)], &'a str);

    #[test]
    fn what_is_a_pair_and_what_is_not() {
        let cases: [Case<'_>; 25] = [
            ("accuracy=0.93", &[("accuracy", 0.93)], "the plain form"),
            (
                "epoch=3 loss=1.2e-3",
                &[("epoch", 3.0), ("loss", 1.2e-3)],
                "two",
            ),
            (
                "a=1, b=2; c=3,",
                &[("a", 1.0), ("b", 2.0), ("c", 3.0)],
                "other separators, and one at the end",
            ),
            (
                "a=1,b=2;c=3",
                &[("a", 1.0), ("b", 2.0), ("c", 3.0)],
                "separators without blanks",
            ),
            (
                "2024-01-01 INFO accuracy=0.9",
                &[("accuracy", 0.9)],
                "text before",
            ),
            (
                "val/top-5.acc:mean=.5",
                &[("val/top-5.acc:mean", 0.5)],
                "all characters of names",
            ),
            (
                "a=inf b=-inf c=+Infinity",
                &[
                    ("a", f64::INFINITY),
                    ("b", f64::NEG_INFINITY),
                    ("c", f64::INFINITY),
                ],
                "infinities",
            ),
            (
                "accuracy = 0.9",
                &[("accuracy", 0.9)],
                "blanks around the sign, as Katib allows",
            ),
            ("accuracy= 0.9", &[("accuracy", 0.9)], "a blank on one side"),
            ("a=1\r", &[("a", 1.0)], "the line end of another system"),
            (
                "loss=12,345",
                &[],
                "a thousands separator: neither 12 nor 12345 is sure",
            ),
            ("+ X=1", &[], "a shell trace"),
            ("++ X=1", &[], "a nested shell trace"),
            ("http://h/?a=1", &[], "a URL"),
            ("http://h/a=1", &[], "a URL without a query"),
            ("--lr=0.1", &[], "a flag"),
            ("-x=1", &[], "a short flag"),
            ("a==1", &[], "a comparison"),
            ("a<=1 b>=2 c!=3", &[], "more comparisons"),
            ("a=1=2", &[], "neither 1 nor 2"),
            ("x=1abc", &[], "not a number"),
            ("x=10%", &[], "a percentage could mean 10 or 0.1"),
            ("x=", &[], "no value"),
            ("(x=1) [y=2]", &[], "brackets are often arguments of a call"),
            ("9a=1 é=2", &[], "not a name"),
        ];
        for (line, expected, reason) in cases {
            let read = pairs(line);
            let read: Vec<_> = read
                .iter()
                .map(|(name, value)| (name.as_str(), *value))
                .collect();
            assert_eq!(read, expected, "{reason}: {line}");
        }
        assert!(pairs("loss=nan")[0].1.is_nan());
    }
}
