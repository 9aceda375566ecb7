//! How the problems of a file look in a terminal: each with its line, what is meant underlined, and help below.

use super::problem::{Problem, SpecError};
use super::source::Source;
use super::words;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::sync::Arc;

/// How many problems are shown in full; the others are counted.
const SHOWN: usize = 50;
/// A line longer than this is not printed.
const LONGEST_LINE: usize = 300;

impl Diagnostic for SpecError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let more = self.problems.len().saturating_sub(self.shown.len());
        (more > 0).then(|| Box::new(format!("… and {} more", grouped(more))) as _)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(
            self.shown.iter().map(|shown| shown as &dyn Diagnostic),
        ))
    }
}

/// A problem ready to be rendered.
#[derive(Debug)]
pub(super) struct Shown {
    title: String,
    help: Option<String>,
    snippet: Option<(NamedSource<Arc<str>>, LabeledSpan)>,
}

impl Shown {
    /// A problem of which no line can be shown.
    pub fn without_source(problem: &Problem) -> Self {
        Self {
            title: title(problem),
            help: problem.help.clone(),
            snippet: None,
        }
    }
}

fn title(problem: &Problem) -> String {
    match problem.path.as_str() {
        "" => problem.message.clone(),
        path => format!("{path}: {}", problem.message),
    }
}

/// The first problems, with the texts they point into. Each comes with the number of its text.
pub(super) fn shown(problems: &[(usize, Problem)], sources: &[Source]) -> Vec<Shown> {
    let mut texts: Vec<Option<Arc<str>>> = vec![None; sources.len()];
    let first = problems.iter().take(SHOWN);
    first
        .map(|(number, problem)| {
            let source = &sources[*number];
            let text = texts[*number].get_or_insert_with(|| harmless(&source.text).into());
            show(problem, &source.name, text)
        })
        .collect()
}

fn show(problem: &Problem, name: &str, text: &Arc<str>) -> Shown {
    let start = problem.span.start.min(text.len());
    if longest_line_around(text, start) > LONGEST_LINE {
        let mut shown = Shown::without_source(problem);
        shown.title = format!(
            "{name}:{}:{}: {}",
            problem.line, problem.column, shown.title
        );
        return shown;
    }
    // A label that spans several lines is drawn around them; the first line says enough.
    let line_end = text[start..]
        .find(['\n', '\r'])
        .map_or(text.len(), |end| start + end);
    let length = problem.span.end.min(line_end).saturating_sub(start);
    Shown {
        title: title(problem),
        help: problem.help.clone(),
        snippet: Some((
            NamedSource::new(name, Arc::clone(text)),
            LabeledSpan::underline((start, length)),
        )),
    }
}

/// The longest of the line at `offset` and its neighbours, which are shown with it.
fn longest_line_around(text: &str, offset: usize) -> usize {
    let before = text[..offset].rsplit('\n').take(2).map(str::len);
    let after = text[offset..].split('\n').take(2).map(str::len);
    let (before, after): (Vec<_>, Vec<_>) = (before.collect(), after.collect());
    let own = before.first().unwrap_or(&0) + after.first().unwrap_or(&0);
    let neighbours = before.iter().skip(1).chain(after.iter().skip(1));
    neighbours.copied().chain([own]).max().unwrap_or(0)
}

/// The text with everything replaced that could confuse a terminal, byte offsets unchanged.
fn harmless(text: &str) -> String {
    let replace = |c: char| match c {
        '\n' | '\t' | '\r' => c,
        c if words::is_safe(c) => c,
        c if c.len_utf8() == 1 => '?',
        c if c.len_utf8() == 2 => '¿',
        _ => '\u{FFFD}',
    };
    text.chars().map(replace).collect()
}

/// 9950 → `9,950`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.snippet.as_ref().map(|(source, _)| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, label) = self.snippet.as_ref()?;
        Some(Box::new(std::iter::once(label.clone())))
    }
}
