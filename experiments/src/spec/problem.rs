//! What is wrong with a file: collected while it is read, sorted, and given their lines and columns in the end.

use super::render::{Shown, grouped};
use super::source::{MAX_BYTES, Source};
use super::tree::Place;
use serde::Serialize;
use std::ops::Range;

/// One thing that is wrong, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The key it is about: `pipeline.train.timeout`; empty when it is about the whole file.
    pub path: String,
    /// From 1; 0 when it is in no line of the file but in an override.
    pub line: usize,
    /// In characters, from 1; 0 when it is in no line of the file but in an override.
    pub column: usize,
    /// Bytes of the file (of the override as `key=value`, when `line` is 0).
    #[serde(skip)]
    pub span: Range<usize>,
    /// Lowercase, no full stop; does not repeat the path.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// All that is wrong with an experiment file, in the order of the file; renders with positions through [`miette`].
#[derive(Debug, thiserror::Error)]
#[error("{name} is not a valid experiment: {}", count(problems.len()))]
pub struct SpecError {
    name: String,
    /// Never empty.
    pub problems: Vec<Problem>,
    pub(super) shown: Vec<Shown>,
}

fn count(problems: usize) -> String {
    match problems {
        1 => "1 problem".to_owned(),
        n => format!("{} problems", grouped(n)),
    }
}

impl SpecError {
    /// The file has more bytes than are read.
    pub(super) fn too_large(name: String, bytes: usize) -> Self {
        let message = format!("the file is too large ({} bytes)", grouped(bytes));
        let help = format!(
            "an experiment file has at most {} bytes; is this the right one?",
            grouped(MAX_BYTES)
        );
        Self::whole(name, message, help)
    }

    /// An error about the file as a whole.
    pub(super) fn whole(name: String, message: String, help: String) -> Self {
        let problem = Problem {
            path: String::new(),
            line: 1,
            column: 1,
            span: 0..0,
            message,
            help: Some(help),
        };
        let shown = vec![Shown::without_source(&problem)];
        Self {
            name,
            problems: vec![problem],
            shown,
        }
    }
}

/// Collects problems while a file is read.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Found>,
}

#[derive(Debug)]
struct Found {
    path: String,
    place: Place,
    message: String,
    help: Option<String>,
}

impl Problems {
    /// Adds one that is about no key in particular.
    pub fn add(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
        self.add_at(String::new(), place, message, help);
    }

    /// Adds one about the key `path`.
    pub fn add_at(
        &mut self,
        path: String,
        place: Place,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let message = message.into();
        self.list.push(Found {
            path,
            place,
            message,
            help,
        });
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The error, given the texts that were read: the file and the overrides.
    pub fn into_error(mut self, sources: &[Source]) -> SpecError {
        self.list
            .sort_by_key(|found| (found.place.source, found.place.range.start));
        let mut lines = Lines::new(&sources[0].text);
        let problems: Vec<(usize, Problem)> = self
            .list
            .into_iter()
            .map(|found| (found.place.source, found.locate(&mut lines)))
            .collect();
        let shown = super::render::shown(&problems, sources);
        SpecError {
            name: sources[0].name.clone(),
            problems: problems.into_iter().map(|(_, problem)| problem).collect(),
            shown,
        }
    }
}

impl Found {
    fn locate(self, lines: &mut Lines) -> Problem {
        let in_file = self.place.source == 0;
        let (line, column) = if in_file {
            lines.position(self.place.range.start)
        } else {
            (0, 0)
        };
        Problem {
            path: self.path,
            line,
            column,
            span: self.place.range,
            message: self.message,
            help: self.help,
        }
    }
}

/// Lines and columns of growing offsets, in one pass over the text.
struct Lines<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
    column: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let offset = if text.starts_with('\u{FEFF}') {
            '\u{FEFF}'.len_utf8()
        } else {
            0
        };
        Self {
            text,
            offset,
            line: 1,
            column: 1,
        }
    }

    fn position(&mut self, offset: usize) -> (usize, usize) {
        while self.offset < offset.min(self.text.len()) {
            let Some(c) = self.text[self.offset..].chars().next() else {
                break;
            };
            self.offset += c.len_utf8();
            if c == '\n' {
                (self.line, self.column) = (self.line + 1, 1);
            } else {
                self.column += 1;
            }
        }
        (self.line, self.column)
    }
}
