//! What people write about experiments and trials, and the search knows nothing of: tags to find them by, and a note.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a tag is made of, in words.
pub const TAG_RULE: &str = "a tag has 1 to 40 letters, digits, `-`, `_`, `.`, `:` and `/`";
/// About the same as a regular expression that every validator knows.
pub const TAG_PATTERN: &str = r"^[^\s,]{1,40}$";
const LONGEST_TAG: usize = 40;
/// How many tags something has at the most.
pub const MOST_TAGS: usize = 30;
/// How many tags a change may name in one list: more than enough, and few enough to be compared with each other.
pub const MOST_GIVEN: usize = 100;
/// How many characters a note has at the most.
pub const LONGEST_NOTE: usize = 20_000;

/// What people wrote about one experiment, or one trial.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// In alphabetical order, each once.
    pub tags: Vec<String>,
    /// Free text; empty for none.
    pub note: String,
}

/// What is to change; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotesPatch {
    /// All tags, in place of those that are there.
    pub tags: Option<Vec<String>>,
    /// Tags to add.
    pub add: Vec<String>,
    /// Tags to take away; one that is not there is no mistake.
    pub remove: Vec<String>,
    /// Another note.
    pub note: Option<String>,
}

impl Notes {
    /// Those with the change.
    ///
    /// # Errors
    /// What is wrong with a tag or the note, in words.
    pub fn changed(self, patch: &NotesPatch) -> Result<Self, String> {
        let all = patch.tags.as_deref().unwrap_or_default();
        if [all, &patch.add, &patch.remove]
            .iter()
            .any(|tags| tags.len() > MOST_GIVEN)
        {
            return Err(format!(
                "at most {MOST_GIVEN} tags can be given at once, and nothing has more than {MOST_TAGS}"
            ));
        }
        let tags: BTreeSet<String> = patch
            .tags
            .clone()
            .unwrap_or(self.tags)
            .into_iter()
            .collect();
        let tags: BTreeSet<String> = tags.into_iter().chain(patch.add.iter().cloned()).collect();
        let stay = |tag: &String| !patch.remove.contains(tag);
        Self {
            tags: tags.into_iter().filter(stay).collect(),
            note: patch.note.clone().unwrap_or(self.note),
        }
        .checked()
    }

    fn checked(self) -> Result<Self, String> {
        if let Some(tag) = self.tags.iter().find(|tag| !is_tag(tag)) {
            return Err(format!("`{tag}` is no tag: {TAG_RULE}"));
        }
        if self.tags.len() > MOST_TAGS {
            return Err(format!("these are more than {MOST_TAGS} tags"));
        }
        match self.note.chars().nth(LONGEST_NOTE) {
            Some(_) => Err(format!("a note has at most {LONGEST_NOTE} characters")),
            None => Ok(self),
        }
    }
}

/// Whether it is one short word.
pub fn is_tag(word: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || "-_.:/".contains(c);
    !word.is_empty() && word.chars().count() <= LONGEST_TAG && word.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn tags_are_a_set_in_order() {
        let notes = Notes {
            tags: tags(&["b", "d"]),
            note: "a note".to_owned(),
        };
        let patch = NotesPatch {
            add: tags(&["c", "a", "c", "b"]),
            remove: tags(&["d", "never there"]),
            ..NotesPatch::default()
        };
        let changed = notes.clone().changed(&patch).unwrap();
        assert_eq!(
            (changed.tags, &*changed.note),
            (tags(&["a", "b", "c"]), "a note")
        );
        let patch = NotesPatch {
            tags: Some(tags(&["z", "y", "z"])),
            note: Some(String::new()),
            ..NotesPatch::default()
        };
        let changed = notes.changed(&patch).unwrap();
        assert_eq!((changed.tags, &*changed.note), (tags(&["y", "z"]), ""));
    }

    #[test]
    fn a_tag_is_a_short_word() {
        for good in [
            "a",
            "v1.2",
            "für-später",
            "team/nlp",
            "gpu:a100",
            &"x".repeat(40),
        ] {
            assert!(is_tag(good), "{good}");
        }
        for bad in [
            "",
            " ",
            "two words",
            "a,b",
            "a\u{0}",
            "<b>",
            &"x".repeat(41),
        ] {
            assert!(!is_tag(bad), "{bad:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let patch = |patch: NotesPatch| Notes::default().changed(&patch).unwrap_err();
        let word = patch(NotesPatch {
            add: tags(&["two words"]),
            ..NotesPatch::default()
        });
        assert!(word.starts_with("`two words` is no tag"), "{word}");
        let many = patch(NotesPatch {
            add: (0..=MOST_TAGS).map(|it| it.to_string()).collect(),
            ..NotesPatch::default()
        });
        assert!(many.contains("more than 30"), "{many}");
        let endless = patch(NotesPatch {
            remove: (0..=MOST_GIVEN).map(|it| it.to_string()).collect(),
            ..NotesPatch::default()
        });
        assert!(endless.contains("at most 100"), "{endless}");
        let long = patch(NotesPatch {
            note: Some("x".repeat(LONGEST_NOTE + 1)),
            ..NotesPatch::default()
        });
        assert!(long.contains("20000"), "{long}");
    }
}
