//! Names: of the experiment (it becomes part of paths and addresses), of parameters and steps (expressions name them).

use super::super::words;
use super::Check;
use super::fields::{At, Fields};

const MAX_LENGTH: usize = 100;

impl Check<'_> {
    pub(super) fn experiment_name(&mut self, fields: &Fields<'_>) -> Option<String> {
        let at = fields.get("name")?;
        let name = self.text_at(&at)?;
        if is_experiment_name(&name) {
            return Some(name);
        }
        let rule = format!(
            "a name has letters, digits, `-`, `_` and `.`, starts with a letter or digit, and has at most {MAX_LENGTH} characters"
        );
        let help = match cleaned(&name) {
            Some(cleaned) => format!("{rule}; how about {}?", words::quoted(&cleaned)),
            None => rule,
        };
        self.at(
            &at,
            format!("{} cannot be a name", words::quoted(&name)),
            Some(help),
        );
        None
    }

    /// Whether an entry's key can be named in an expression; `noun` says whose name it is.
    pub(super) fn identifier(&mut self, name: &str, at: &At<'_>, noun: &str) -> bool {
        if is_identifier(name) {
            return true;
        }
        let rule = format!(
            "{noun} has letters, digits and `_`, starts with a letter or `_`, and has at most {MAX_LENGTH} characters, so that expressions can name it"
        );
        let help = match cleaned(name)
            .map(|c| c.replace(['-', '.'], "_"))
            .filter(|c| is_identifier(c))
        {
            Some(cleaned) => format!("{rule}; how about {}?", words::quoted(&cleaned)),
            None => rule,
        };
        let message = format!("{} cannot be {noun}", words::quoted(name));
        self.problems
            .add_at(at.path.clone(), at.key_place().clone(), message, Some(help));
        false
    }
}

/// Whether it can be the name of an experiment.
pub(super) fn is_experiment_name(name: &str) -> bool {
    name.len() <= MAX_LENGTH
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn is_identifier(name: &str) -> bool {
    name.len() <= MAX_LENGTH
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The name with everything else replaced, if anything remains.
fn cleaned(name: &str) -> Option<String> {
    let replaced: String = name
        .chars()
        .take(MAX_LENGTH)
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    let parts: Vec<&str> = replaced
        .split('-')
        .filter(|part| !part.is_empty())
        .collect();
    let cleaned = parts.join("-");
    let cleaned = cleaned.trim_matches(['.', '-', '_']).to_owned();
    is_experiment_name(&cleaned).then_some(cleaned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_do_harm_are_refused() {
        for name in ["iris", "a.b-c_D1", "2024-run"] {
            assert!(is_experiment_name(name), "{name}");
        }
        let long = "x".repeat(101);
        for name in [
            "", ".", "..", "a/b", "../x", "a b", "<script>", "a\n", "-x", "_x", "é", &long,
        ] {
            assert!(!is_experiment_name(name), "{name}");
        }
    }

    #[test]
    fn a_name_is_cleaned_into_one_that_is_allowed() {
        assert_eq!(cleaned("my first run").as_deref(), Some("my-first-run"));
        assert_eq!(cleaned("../etc/passwd").as_deref(), Some("etc-passwd"));
        assert_eq!(cleaned("<script>").as_deref(), Some("script"));
        assert_eq!(cleaned("日本"), None);
    }
}
