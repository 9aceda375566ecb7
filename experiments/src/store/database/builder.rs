//! Statements that are put together: text from the program, and everything else bound.

use super::{Argument, Statement};
use std::fmt::Write;

/// A statement under way.
#[derive(Debug, Default)]
pub(in super::super) struct Builder {
    text: String,
    arguments: Vec<Argument>,
}

impl Builder {
    pub(in super::super) fn new(text: &str) -> Self {
        let mut builder = Self::default();
        builder.push(text);
        builder
    }

    /// Text of the program; nothing that a user wrote.
    pub(in super::super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// The place of an argument, and the argument.
    pub(in super::super) fn bind(&mut self, argument: impl Into<Argument>) -> &mut Self {
        self.arguments.push(argument.into());
        // Writing to a string cannot fail.
        let _ = write!(self.text, "${}", self.arguments.len());
        self
    }

    /// A list of words, one of which it is.
    pub(in super::super) fn one_of<'a>(
        &mut self,
        words: impl IntoIterator<Item = &'a str>,
    ) -> &mut Self {
        for (index, word) in words.into_iter().enumerate() {
            self.push(if index == 0 { " IN (" } else { ", " })
                .bind(word);
        }
        self.push(")")
    }

    pub(in super::super) fn build(self) -> Statement {
        Statement::built(self.text, self.arguments)
    }
}
