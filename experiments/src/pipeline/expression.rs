//! Finds the `${{ … }}` expressions in a text, and parses and evaluates one. They are minijinja expressions: no statements,
//! no comments, no whitespace control, so that `{% %}` and `{# #}` in a user's text stay what they are.
//! What the names in them may be is checked by `reference`; what becomes of their values is up to `template` and `shell`.

use minijinja::machinery::{Token, Tokenizer, ast::Expr, parse_expr};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use std::ops::Range;
use std::sync::LazyLock;

/// What opens an expression.
pub(super) const OPEN: &str = "${{";

/// Longer expressions are refused: it bounds how deeply a parsed expression nests. Anything longer is a step of its own.
const MAX_LENGTH: usize = 1024;

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// Bytes of the text that holds the expression.
    pub range: Range<usize>,
    /// Lowercase, no full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl ExpressionError {
    pub(super) fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            range,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// One expression in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// Bytes of `${{ … }}` in the text.
    pub range: Range<usize>,
    /// Where `source` begins in the text.
    pub offset: usize,
    /// What stands between the delimiters.
    pub source: &'a str,
}

impl<'a> Found<'a> {
    /// Its syntax tree.
    pub fn parse(&self) -> Result<Expr<'a>, ExpressionError> {
        if self.source.trim().is_empty() {
            return Err(
                ExpressionError::new(self.range.clone(), "the expression is empty")
                    .help("write for example `${{ params.NAME }}`"),
            );
        }
        parse_expr(self.source).map_err(|error| self.error("read", &error))
    }

    /// Its value, in a context that holds the names it uses.
    pub fn evaluate(&self, context: Value) -> Result<Value, ExpressionError> {
        ENVIRONMENT
            .compile_expression(self.source)
            .and_then(|expression| expression.eval(context))
            .map_err(|error| self.error("evaluate", &error))
    }

    fn error(&self, verb: &str, error: &minijinja::Error) -> ExpressionError {
        let expression = self.source.trim();
        let cause = error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_owned);
        ExpressionError::new(
            self.range.clone(),
            format!("cannot {verb} `{expression}`: {cause}"),
        )
    }
}

/// All expressions of a text, from left to right.
pub(super) fn find(text: &str) -> Result<Vec<Found<'_>>, ExpressionError> {
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(start) = text[position..].find(OPEN) {
        let expression = close(text, position + start)?;
        position = expression.range.end;
        found.push(expression);
    }
    Ok(found)
}

/// The expression that opens at `start`. The tokenizer finds its end, so that `}}` in a string or a map does not count.
fn close(text: &str, start: usize) -> Result<Found<'_>, ExpressionError> {
    let offset = start + OPEN.len();
    let rest = &text[offset..];
    let unclosed = || unclosed(text, start);
    let mut tokenizer = Tokenizer::new(rest, "expression", true, SyntaxConfig::default());
    loop {
        let (token, span) = tokenizer
            .next_token()
            .map_err(|_| unclosed())?
            .ok_or_else(unclosed)?;
        if span.start_offset as usize > MAX_LENGTH {
            return Err(too_long(start, offset));
        }
        if matches!(token, Token::VariableEnd) {
            return Ok(Found {
                range: start..offset + span.end_offset as usize,
                offset,
                source: &rest[..span.start_offset as usize],
            });
        }
    }
}

fn unclosed(text: &str, start: usize) -> ExpressionError {
    let line = text[start..].lines().next().unwrap_or_default();
    match line.find("}}") {
        Some(end) => ExpressionError::new(start..start + end + 2, "the expression cannot be read")
            .help("strings in it need quotes that close, names are letters, digits and `_`"),
        None => ExpressionError::new(start..start + line.len(), "`${{` is not closed by `}}`")
            .help("for a literal `${{` write `${{ \"${{\" }}`"),
    }
}

fn too_long(start: usize, offset: usize) -> ExpressionError {
    ExpressionError::new(
        start..offset,
        format!("the expression is longer than {MAX_LENGTH} characters, or not closed by `}}}}`"),
    )
    .help("compute the value in a step and hand it on with `$TUNE_OUTPUT`")
}

/// Filters that are about the layout of documents. Some take a width and reserve that much memory at once, so that a slip of the
/// pen could end the process.
const LAYOUT_FILTERS: [&str; 8] = [
    "format", "indent", "batch", "slice", "pprint", "safe", "escape", "e",
];

/// Filters, tests and functions of an expression: minijinja's own, without those for documents and for debugging. They
/// guard against slips, such as a huge range, not against malice: who writes expressions also writes commands.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for function in ["debug", "namespace"] {
        environment.remove_global(function);
    }
    for filter in LAYOUT_FILTERS {
        environment.remove_filter(filter);
    }
    environment
});

/// Whether a filter of that name exists.
pub(super) fn is_filter(name: &str) -> bool {
    holds("name is filter", name)
}

/// Whether a test (`x is NAME`) of that name exists.
pub(super) fn is_test(name: &str) -> bool {
    holds("name is test", name)
}

/// The names of the functions.
pub(super) fn functions() -> Vec<String> {
    ENVIRONMENT
        .globals()
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn holds(expression: &str, name: &str) -> bool {
    ENVIRONMENT
        .compile_expression(expression)
        .and_then(|expression| expression.eval(minijinja::context! { name }))
        .is_ok_and(|value| value.is_true())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What opens, what closes, how often it fits into an expression.
    const NESTINGS: [(&str, &str, usize); 9] = [
        ("(", ")", 500),
        ("[", "]", 500),
        ("{1:", "}", 250),
        ("-", "", 1000),
        ("not ", "", 250),
        ("1 if 1 else ", "", 84),
        ("1**", "", 330),
        ("", "|abs", 250),
        ("", "[0]", 330),
    ];

    fn sources(text: &str) -> Vec<&str> {
        find(text)
            .unwrap()
            .iter()
            .map(|found| found.source.trim())
            .collect()
    }

    #[test]
    fn finds_expressions_and_leaves_everything_else() {
        let cases: [(&str, &[&str]); 8] = [
            (
                "echo ${{ params.x }} ${{params.y}}",
                &["params.x", "params.y"],
            ),
            ("${{ '}}' }}", &["'}}'"]),
            ("${{ {'a': {'b': 1}} }}", &["{'a': {'b': 1}}"]),
            ("{{ a }} {% b %} {# c #} ${x} $(y)", &[]),
            ("${{ '${{' }}", &["'${{'"]),
            ("${{ a }}}", &["a"]),
            ("ünï ${{ 'cödé' }} ✓", &["'cödé'"]),
            ("${{ a\n + b\n }}\n", &["a\n + b"]),
        ];
        for (text, expected) in cases {
            assert_eq!(sources(text), expected, "{text}");
        }
    }

    #[test]
    fn says_what_is_not_closed() {
        let error = find("a ${{ params.x").unwrap_err();
        assert_eq!(error.range, 2..14);
        assert_eq!(error.message, "`${{` is not closed by `}}`");
        let error = find("${{ 'open }} b").unwrap_err();
        assert_eq!(error.range, 0..12);
    }

    #[test]
    fn deep_or_long_expressions_are_refused_without_harm() {
        let sum = format!("${{{{ {} }}}}", "1+".repeat(200_000) + "1");
        assert!(find(&sum).unwrap_err().message.contains("longer than"));
        for (opening, closing, times) in NESTINGS {
            let inner = opening.repeat(times) + "1" + &closing.repeat(times);
            let text = format!("${{{{ {inner} }}}}");
            let found = find(&text).unwrap();
            if found[0].parse().is_ok() {
                let _ = found[0].evaluate(Value::UNDEFINED);
            }
        }
        let chain = format!("${{{{ 1{} }}}}", "+1".repeat(505));
        let found = find(&chain).unwrap();
        assert!(found[0].parse().is_ok());
        assert_eq!(
            found[0].evaluate(Value::UNDEFINED).unwrap().to_string(),
            "506"
        );
    }

    #[test]
    fn a_huge_range_is_refused() {
        let found = find("${{ range(1000000000) | list }}").unwrap();
        assert!(found[0].evaluate(Value::UNDEFINED).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "(\\$\\{\\{|\\}\\}|['\"{}()|.+]|[a-z ]|\\PC){0,40}") {
            if let Ok(found) = find(&text) {
                for expression in found {
                    prop_assert!(text[expression.range.clone()].starts_with(OPEN));
                    let _ = expression.parse();
                    let _ = expression.evaluate(Value::UNDEFINED);
                }
            }
        }
    }
}
