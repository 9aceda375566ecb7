//! Reads the values that a step hands to later steps: the content of the file `$TUNE_OUTPUT`, which has the forms that GitHub Actions
//! has for its own (`name=value`, and `name<<END` for several lines), and JSON objects, one a line.

use serde_json::{Map, Value as Json};
use std::str::Lines;

/// Values whose JSON is longer than this many bytes are not kept in the database.
pub const LARGE_VALUE: usize = 64 * 1024;

/// The values of one attempt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// Those small enough to be kept as they are.
    pub values: Map<String, Json>,
    /// Those whose JSON is longer than [`LARGE_VALUE`]; to be kept as artifacts.
    pub large: Map<String, Json>,
}

/// Where and why the content cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of $TUNE_OUTPUT: {message}")]
pub struct OutputProblem {
    /// Counted from 1.
    pub line: usize,
    /// Lowercase, no full stop.
    pub message: String,
}

/// Reads the content. Each line is one of:
///
/// - `name=value`: the rest of the line, as text; a number, `true`, `false`, `null`, a list or an object in JSON is that instead
///   (to keep `1.10` as a text, write `{"name": "1.10"}`);
/// - `name<<END`, lines, `END`: the same with several lines;
/// - a JSON object: each of its fields is a value;
/// - blank.
///
/// Names are `[A-Za-z_][A-Za-z0-9_]*`. Of values with the same name the last stands.
///
/// # Errors
///
/// The first line that has none of these forms.
pub fn parse_output(content: &[u8]) -> Result<Output, OutputProblem> {
    let text = utf8(content)?;
    let mut reader = Reader {
        lines: text.lines(),
        line: 0,
        output: Output::default(),
    };
    while let Some(line) = reader.next() {
        reader.read(line)?;
    }
    Ok(reader.output)
}

fn utf8(content: &[u8]) -> Result<&str, OutputProblem> {
    str::from_utf8(content).map_err(|error| OutputProblem {
        line: content[..error.valid_up_to()]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count()
            + 1,
        message: "not UTF-8; hand binary data over as an artifact".to_owned(),
    })
}

struct Reader<'a> {
    lines: Lines<'a>,
    line: usize,
    output: Output,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.line += 1;
        self.lines.next()
    }

    fn read(&mut self, line: &str) -> Result<(), OutputProblem> {
        if line.trim().is_empty() {
            return Ok(());
        }
        if line.trim_start().starts_with('{') {
            return self.object(line);
        }
        match (line.split_once('='), line.split_once("<<")) {
            (Some((name, _)), Some((before, end))) if before.len() < name.len() => {
                self.block(before, end)
            }
            (None, Some((name, end))) => self.block(name, end),
            (Some((name, value)), _) => self.add(name.trim(), scalar(value)),
            (None, None) => Err(self.problem(format!("`{}` is not `name=value`", shorten(line)))),
        }
    }

    fn object(&mut self, line: &str) -> Result<(), OutputProblem> {
        let fields: Map<String, Json> = serde_json::from_str(line)
            .map_err(|error| self.problem(format!("not a JSON object: {error}")))?;
        fields
            .into_iter()
            .try_for_each(|(name, value)| self.add(&name, value))
    }

    fn block(&mut self, name: &str, end: &str) -> Result<(), OutputProblem> {
        let start = self.line;
        let unclosed = |message: String| OutputProblem {
            line: start,
            message,
        };
        if end.trim().is_empty() {
            return Err(unclosed(
                "a word that ends the value must follow `<<`".to_owned(),
            ));
        }
        let mut lines = Vec::new();
        loop {
            match self.next() {
                Some(line) if line == end.trim() => break,
                Some(line) => lines.push(line),
                None => {
                    return Err(unclosed(format!(
                        "no line `{}` ends this value",
                        shorten(end.trim())
                    )));
                }
            }
        }
        self.add(name.trim(), scalar(&lines.join("\n")))
    }

    fn add(&mut self, name: &str, value: Json) -> Result<(), OutputProblem> {
        if !is_name(name) {
            let message = format!(
                "`{}` is not a name; letters, digits and `_` make one",
                shorten(name)
            );
            return Err(self.problem(message));
        }
        let is_large = value.to_string().len() > LARGE_VALUE;
        let Output { values, large } = &mut self.output;
        let (place, other) = if is_large {
            (large, values)
        } else {
            (values, large)
        };
        // A value keeps the place of its first appearance: moving it to the end would cost the more the more there are.
        other.swap_remove(name);
        place.insert(name.to_owned(), value);
        Ok(())
    }

    fn problem(&self, message: String) -> OutputProblem {
        OutputProblem {
            line: self.line,
            message,
        }
    }
}

/// The value of a text: JSON unless it would be a string or lose digits, else the text.
fn scalar(text: &str) -> Json {
    match serde_json::from_str(text) {
        Ok(Json::String(_)) | Err(_) => Json::String(text.to_owned()),
        Ok(Json::Number(number)) if number.is_f64() && !text.contains(['.', 'e', 'E']) => {
            Json::String(text.to_owned())
        }
        Ok(value) => value,
    }
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn values(content: &str) -> Json {
        Json::Object(parse_output(content.as_bytes()).unwrap().values)
    }

    #[test]
    fn the_forms_of_values() {
        let cases = [
            (
                "name=some text = more\n",
                json!({"name": "some text = more"}),
                "the rest of the line",
            ),
            (
                "a=1\nb=0.5\nc=true\nd=null\ne=[1, 2]\nf={\"x\": 1}",
                json!({"a": 1, "b": 0.5, "c": true, "d": null, "e": [1, 2], "f": {"x": 1}}),
                "JSON",
            ),
            (
                "a=\"quoted\"\nb=\nc=007\nd=nan",
                json!({"a": "\"quoted\"", "b": "", "c": "007", "d": "nan"}),
                "text",
            ),
            (
                "a=123456789012345678901234567890",
                json!({"a": "123456789012345678901234567890"}),
                "no digit is lost",
            ),
            (
                "{\"a\": \"1.10\", \"b\": {\"c\": []}}\n\n",
                json!({"a": "1.10", "b": {"c": []}}),
                "a JSON line, a blank line",
            ),
            (
                "a<<EOF\none\n two=2 \nEOF\nb=1",
                json!({"a": "one\n two=2 ", "b": 1}),
                "several lines",
            ),
            (
                "a<<=\nx\n=\n",
                json!({"a": "x"}),
                "what comes first decides",
            ),
            ("a=x<<y", json!({"a": "x<<y"}), "what comes first decides"),
            (
                "a=1\r\nb=2\r\n",
                json!({"a": 1, "b": 2}),
                "line ends of another system",
            ),
            ("a=1\nb=2\na=3", json!({"b": 2, "a": 3}), "the last stands"),
        ];
        for (content, expected, reason) in cases {
            assert_eq!(values(content), expected, "{reason}: {content}");
        }
    }

    #[test]
    fn problems_name_the_line() {
        let cases: [(&[u8], &str); 6] = [
            (
                b"a=1\nwhat is this",
                "line 2 of $TUNE_OUTPUT: `what is this` is not `name=value`",
            ),
            (
                b"my-name=1",
                "line 1 of $TUNE_OUTPUT: `my-name` is not a name; letters, digits and `_` make one",
            ),
            (
                b"\na<<EOF\nb\nc",
                "line 2 of $TUNE_OUTPUT: no line `EOF` ends this value",
            ),
            (
                b"a<<\nb",
                "line 1 of $TUNE_OUTPUT: a word that ends the value must follow `<<`",
            ),
            (
                b"{\"a\": ",
                "line 1 of $TUNE_OUTPUT: not a JSON object: EOF while parsing a value at line 1 column 6",
            ),
            (
                b"a=1\nb=\xff",
                "line 2 of $TUNE_OUTPUT: not UTF-8; hand binary data over as an artifact",
            ),
        ];
        for (content, expected) in cases {
            assert_eq!(parse_output(content).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn large_values_are_set_apart() {
        let content = format!("a={}\nb=1\n", "x".repeat(LARGE_VALUE));
        let output = parse_output(content.as_bytes()).unwrap();
        assert_eq!(Json::Object(output.values), json!({"b": 1}));
        assert_eq!(output.large["a"].as_str().map(str::len), Some(LARGE_VALUE));
        let again = parse_output(format!("{content}a=2").as_bytes()).unwrap();
        assert_eq!((again.values.len(), again.large.len()), (2, 0));
    }

    proptest! {
        #[test]
        fn never_panics(content in prop::collection::vec(prop_oneof![prop::sample::select(b"a=<{}\"\n\r1E ".to_vec()), any::<u8>()], 0..60)) {
            let _ = parse_output(&content);
        }

        #[test]
        fn a_json_line_comes_back(text in "\\PC{0,20}", number in any::<i64>()) {
            let line = json!({"text": text, "number": number});
            prop_assert_eq!(values(&line.to_string()), line);
        }
    }
}
