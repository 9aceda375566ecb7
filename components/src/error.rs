//! The one error type of the crate. Messages are lowercase fragments; what would be right is in `help`.

use std::path::{Path, PathBuf};

use crate::inputs::InputProblem;

/// Why a component could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// `with:` does not fit the component.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Inputs(Vec<InputProblem>),

    /// A file could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },

    /// A place in a CSV file that is not as it should be.
    #[error("`{file}`, line {line}: {message}")]
    Cell {
        /// The file, or the name of the built-in data set.
        file: String,
        /// Line, from 1.
        line: u64,
        /// What is wrong there.
        message: String,
        /// What would be right.
        help: String,
    },

    /// Data or a model that cannot be worked with as a whole.
    #[error("{message}")]
    Unfit {
        /// What is wrong.
        message: String,
        /// What would be right.
        help: String,
    },
}

impl ComponentError {
    /// What would be right, where that can be said.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Inputs(problems) => {
                let lines: Vec<_> = problems.iter().map(|p| p.help.clone()).collect();
                Some(lines.join("\n"))
            }
            Self::File { .. } => None,
            Self::Cell { help, .. } | Self::Unfit { help, .. } => Some(help.clone()),
        }
    }

    pub(crate) fn unfit(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Unfit {
            message: message.into(),
            help: help.into(),
        }
    }

    pub(crate) fn reading(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        Self::file("read", path)
    }

    pub(crate) fn writing(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        Self::file("write", path)
    }

    fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
