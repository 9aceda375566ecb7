//! The way from a text to an experiment.

use super::experiment::Experiment;
use super::problem::{Problems, SpecError};
use super::source::{MAX_BYTES, Override, Source};
use super::{check, overrides, tree};
use crate::pipeline::Components;
use serde_json::Value as Json;

/// A file that was read and found right.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// What it describes.
    pub experiment: Experiment,
    /// The document with the overrides in it: what the store keeps, to be read again with [`read_document`].
    pub document: Json,
}

/// Reads an experiment file, YAML or JSON, with some values set from outside.
///
/// # Errors
///
/// Everything that is wrong with it, in the order of the file. After a syntax error nothing else can be found.
pub fn read(
    source: &Source,
    overrides: &[Override],
    components: &dyn Components,
) -> Result<Submission, SpecError> {
    if source.text.len() > MAX_BYTES {
        return Err(SpecError::too_large(source.name.clone(), source.text.len()));
    }
    let mut sources = vec![source.clone()];
    sources.extend(overrides.iter().map(overrides::source));
    let mut problems = Problems::default();
    let Some(mut root) = tree::parse(&source.text, 0, &mut problems) else {
        return Err(problems.into_error(&sources));
    };
    for (index, given) in overrides.iter().enumerate() {
        overrides::apply(&mut root, given, index + 1, &mut problems);
    }
    match check::experiment(&root, &sources, components, &mut problems) {
        Some(experiment) => Ok(Submission {
            experiment,
            document: root.to_json(),
        }),
        None => Err(problems.into_error(&sources)),
    }
}

/// Reads a document that [`read`] has returned: what the store kept.
///
/// # Errors
///
/// Everything that is wrong with it; lines and columns are those of its pretty-printed text.
pub fn read_document(
    document: &Json,
    components: &dyn Components,
) -> Result<Experiment, SpecError> {
    let source = Source {
        name: "the stored document".to_owned(),
        text: escaped(&format!("{document:#}")),
    };
    read(&source, &[], components).map(|submission| submission.experiment)
}

/// JSON may hold characters as they are that YAML wants escaped. They can only be within strings.
fn escaped(json: &str) -> String {
    let needs_escape = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(
                c,
                '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}'
            )
    };
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match needs_escape(c) {
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => escaped.push(c),
        }
    }
    escaped
}
