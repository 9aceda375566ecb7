//! An error with what led to it.

use std::error::Error;

/// The words of an error and of its causes, in one line; a cause that the words before repeat is left out.
pub fn in_one_line(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("{words}")]
    struct Outer {
        words: &'static str,
        source: io::Error,
    }

    #[test]
    fn causes_follow_unless_they_repeat() {
        let of = |words| Outer {
            words,
            source: io::Error::other("no disk"),
        };
        assert_eq!(in_one_line(&of("cannot write")), "cannot write: no disk");
        assert_eq!(in_one_line(&of("failed: no disk")), "failed: no disk");
    }
}
