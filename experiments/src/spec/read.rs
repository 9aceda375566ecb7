//! The way from a text to an experiment.

use super::experiment::Experiment;
use super::problem::{Problems, SpecError};
use super::source::{MAX_BYTES, Override, Source};
use super::tree::{self, Node};
use super::written::Written;
use super::{check, overrides};
use crate::pipeline::Components;
use serde_json::Value as Json;

/// A file that was read and found right.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// What it describes.
    pub experiment: Experiment,
    /// The document with the overrides in it: what the store keeps, to be read again with [`read_document`].
    pub document: Json,
    /// Where the file says what it starts from, if it does.
    pub start_from: Option<Written>,
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
    let experiment = checked(&root, &sources, components, problems)?;
    let document = root.to_json();
    let start_from = root
        .get("start_from")
        .filter(|_| experiment.start_from.is_some());
    let start_from =
        start_from.map(|entry| Written::new(entry.key.clone(), entry.node.place.clone(), sources));
    Ok(Submission {
        experiment,
        document,
        start_from,
    })
}

/// Reads a document that [`read`] has returned: what the store kept. Neither its size nor anything of how YAML is written matters here:
/// what was accepted once can be read again.
///
/// # Errors
///
/// Everything that is wrong with it, as for a document of another version of the format; columns are those of its text in one line.
pub fn read_document(
    document: &Json,
    components: &dyn Components,
) -> Result<Experiment, SpecError> {
    let (text, root) = tree::written(document);
    let name = "the stored document".to_owned();
    let source = Source { name, text };
    checked(&root, &[source], components, Problems::default())
}

fn checked(
    root: &Node,
    sources: &[Source],
    components: &dyn Components,
    mut problems: Problems,
) -> Result<Experiment, SpecError> {
    check::experiment(root, sources, components, &mut problems)
        .ok_or_else(|| problems.into_error(sources))
}
