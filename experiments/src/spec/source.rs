//! What the reader is given: the text of the file, and what the command line sets on top of it.

use super::problem::SpecError;

/// The largest file that is read: far above any honest experiment, far below what would keep someone waiting.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The text of an experiment file, YAML or JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What reports call it, such as its path.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// Takes over the bytes of a file. Refuses one that is larger than [`MAX_BYTES`] or no UTF-8 text.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, SpecError> {
        let name = name.into();
        if bytes.len() > MAX_BYTES {
            return Err(SpecError::too_large(name, bytes.len()));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text }),
            Err(error) => Err(not_utf8(name, &error)),
        }
    }
}

fn not_utf8(name: String, error: &std::string::FromUtf8Error) -> SpecError {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
    SpecError::whole(
        name,
        format!("line {line} is not UTF-8 text"),
        "save the file as UTF-8; is it a text file at all?".to_owned(),
    )
}

/// One value set from outside, over what the file says: `--set max_trials=20`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Dotted path of the key: `max_trials`, `algorithm.seed`, `parameters.x.max`, `pipeline.train.timeout`.
    pub key: String,
    /// A YAML scalar, or a list or mapping in flow style.
    pub value: String,
}
