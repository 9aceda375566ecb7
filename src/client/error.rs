//! Why a server did not do what was asked.

use crate::exit;
use crate::wire::Problem;
use std::error::Error;

/// Why a server did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It cannot be reached, or the connection broke.
    #[error("cannot reach the server at {server}")]
    Unreachable {
        /// Its URL.
        server: String,
        /// Why.
        source: reqwest::Error,
    },
    /// It says why.
    #[error("{}", words(.0))]
    Refused(Box<Problem>),
    /// What answers there is something else, or another version.
    #[error("what answers at {server} is no server of tune: {what}")]
    Strange {
        /// Its URL.
        server: String,
        /// What is strange.
        what: String,
    },
}

impl ClientError {
    /// The HTTP status, where there was an answer that says it.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(problem) => Some(problem.status),
            _ => None,
        }
    }

    /// What the user can do about it.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Unreachable { source, .. } if is_untrusted(source) => {
                vec!["--ca-cert takes the certificate of who vouches for the server's".to_owned()]
            }
            Self::Unreachable { .. } => {
                vec!["`tune serve` starts one; --server or TUNE_SERVER says where it is".to_owned()]
            }
            Self::Refused(problem) => {
                let mut hints = problem.hints.clone();
                match problem.status {
                    401 => hints.push("--token or TUNE_TOKEN takes the token".to_owned()),
                    403 => {
                        hints.push("another token may: --token or TUNE_TOKEN takes it".to_owned());
                    }
                    _ => {}
                }
                hints
            }
            Self::Strange { .. } => vec!["check the URL, and the versions of both".to_owned()],
        }
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Refused(problem) if problem.kind.ends_with("/name-taken") => exit::NAME_TAKEN,
            Self::Refused(problem) if problem.kind.ends_with("/invalid-experiment") => {
                exit::INVALID_FILE
            }
            Self::Refused(problem) if problem.status == 400 => exit::USAGE,
            _ => exit::ERROR,
        }
    }
}

/// Whether it was the server's certificate that kept the connection from being made.
fn is_untrusted(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("certificate") {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What is wrong, with everything that is wrong with a document or differs in it below.
fn words(problem: &Problem) -> String {
    let mut text = problem.detail.clone().unwrap_or(problem.title.clone());
    for problem in &problem.problems {
        text += &format!("\n  {}: {}", problem.path, problem.message);
        if let Some(help) = &problem.help {
            text += &format!(" ({help})");
        }
    }
    let shown = |value: &Option<serde_json::Value>| match value {
        Some(value) => value.to_string(),
        None => "nothing".to_owned(),
    };
    for difference in &problem.differences {
        let (stored, given) = (shown(&difference.stored), shown(&difference.given));
        text += &format!("\n  {}: {stored} before, {given} now", difference.path);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn everything_that_is_wrong_is_told() {
        let problem = Problem {
            kind: "/problems/name-taken".to_owned(),
            title: "the name is taken".to_owned(),
            status: 409,
            differences: vec![wire::Difference {
                path: "parameters.x.max".to_owned(),
                stored: Some(12.into()),
                given: None,
            }],
            ..Problem::default()
        };
        let error = ClientError::Refused(Box::new(problem));
        assert_eq!(
            error.to_string(),
            "the name is taken\n  parameters.x.max: 12 before, nothing now"
        );
        assert_eq!(error.code(), exit::NAME_TAKEN);
    }

    #[test]
    fn who_is_not_let_in_is_told_where_the_token_goes() {
        for status in [401, 403] {
            let error = ClientError::Refused(Box::new(Problem {
                status,
                ..Problem::default()
            }));
            assert!(error.hints()[0].contains("TUNE_TOKEN"));
        }
    }
}
