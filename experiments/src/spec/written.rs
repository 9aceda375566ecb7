//! A value of a file that only the store can check, and where it is written: so that what is wrong with it is told as everything else is.

use super::problem::{Problems, SpecError};
use super::source::Source;
use super::tree::Place;
use super::words;

/// Where a value is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    path: String,
    place: Place,
    sources: Vec<Source>,
}

impl Written {
    /// The value at a place in these texts, under this key.
    pub(super) fn new(path: String, place: Place, sources: Vec<Source>) -> Self {
        Self {
            path,
            place,
            sources,
        }
    }

    /// What is wrong with it.
    pub fn problem(&self, message: impl Into<String>, help: Option<String>) -> SpecError {
        let mut problems = Problems::default();
        problems.add_at(self.path.clone(), self.place.clone(), message, help);
        problems.into_error(&self.sources)
    }

    /// It names something that is not there; `known` is what there is.
    pub fn unknown<'w>(
        &self,
        noun: &str,
        name: &str,
        known: impl IntoIterator<Item = &'w str>,
    ) -> SpecError {
        let message = format!("there is no {noun} {}", words::quoted(name));
        self.problem(message, words::did_you_mean(name, known))
    }
}
