//! What the user is told when a command cannot do what was asked: a message, hints, and an exit code. Problems in an experiment
//! file are not told this way but as reports that point into the file; see [`InvalidFile`].

use crate::client::ClientError;
use crate::exit;
use std::fmt;
use std::io;
use tune_experiments::store::StoreError;

/// An error with hints.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hints: Vec<String>,
    code: u8,
}

impl Failure {
    /// A failure with the general exit code and no hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hints: Vec::new(),
            code: exit::ERROR,
        }
    }

    /// Adds what the user can do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Sets the exit code.
    pub fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Problems in experiment files, which have been shown already.
#[derive(Debug)]
pub struct InvalidFile;

impl fmt::Display for InvalidFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the experiment file has problems")
    }
}

impl std::error::Error for InvalidFile {}

/// How a command that ended with this error ends the process: what it prints to standard error, and the exit code.
pub fn report(error: &anyhow::Error) -> (String, u8) {
    if is_broken_pipe(error) {
        return (String::new(), exit::SUCCEEDED);
    }
    if error.is::<InvalidFile>() {
        return (String::new(), exit::INVALID_FILE);
    }
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text += &format!("  cause: {cause}\n");
    }
    let failure = error.downcast_ref::<Failure>();
    let store = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<StoreError>());
    let hints = failure.map_or(&[] as &[String], |failure| &failure.hints);
    let hints = hints.iter().map(String::as_str);
    for hint in hints.chain(store.and_then(StoreError::hint)) {
        text += &format!("hint: {hint}\n");
    }
    let server = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<ClientError>());
    for hint in server.map(ClientError::hints).unwrap_or_default() {
        text += &format!("hint: {hint}\n");
    }
    let code = match (failure, store, server) {
        (Some(failure), ..) => failure.code,
        (None, Some(StoreError::NameTaken(_)), _) => exit::NAME_TAKEN,
        (None, Some(StoreError::BadQuery(_)), _) => exit::USAGE,
        (None, None, Some(server)) => server.code(),
        _ => exit::ERROR,
    };
    (text, code)
}

/// Whether the reader of our output has gone, as `head` does when it has seen enough. A database or a server that has gone is another
/// thing.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let from_elsewhere = error
        .chain()
        .any(|cause| cause.is::<StoreError>() || cause.is::<ClientError>());
    let mut causes = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>());
    !from_elsewhere && causes.any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// The known word that is most like the unknown one, if any is like it at all.
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (strsim::jaro_winkler(unknown, word), word))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn hints_and_causes_are_printed_below_the_message() {
        let error = anyhow::Error::from(
            Failure::new("no experiment `irs`")
                .hint("did you mean `iris`?")
                .code(7),
        );
        let (text, code) = report(&error);
        assert_eq!(
            text,
            "error: no experiment `irs`\nhint: did you mean `iris`?\n"
        );
        assert_eq!(code, 7);
        let error = Err::<(), _>(io::Error::other("disk on fire")).context("cannot open it");
        let (text, code) = report(&error.unwrap_err());
        assert_eq!(text, "error: cannot open it\n  cause: disk on fire\n");
        assert_eq!(code, exit::ERROR);
    }

    #[test]
    fn a_store_that_refuses_says_what_can_be_done() {
        let error = Err::<(), _>(StoreError::DiskFull).context("cannot go on");
        let (text, code) = report(&error.unwrap_err());
        assert!(text.contains("hint: free some space"), "{text}");
        assert_eq!(code, exit::ERROR);
        let (text, code) = report(&StoreError::NameTaken("iris".into()).into());
        assert!(text.contains("hint: choose another name"), "{text}");
        assert_eq!(code, exit::NAME_TAKEN);
    }

    #[test]
    fn a_broken_pipe_is_no_error() {
        let error = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(report(&error.context("writing")), (String::new(), 0));
    }

    #[test]
    fn a_database_that_has_gone_is_one() {
        let gone = sqlx::Error::Io(io::ErrorKind::BrokenPipe.into());
        let (text, code) = report(&StoreError::Database(gone).into());
        assert!(text.starts_with("error: "), "{text}");
        assert_eq!(code, exit::ERROR);
    }

    #[test]
    fn only_similar_words_are_near() {
        assert_eq!(nearest("irs", ["digits", "iris"]), Some("iris"));
        assert_eq!(nearest("zzz", ["digits", "iris"]), None);
    }
}
