//! How algorithms and stoppers describe their settings, so that a wrong one is refused with help and every one is documented.

use crate::nearest;
use serde_json::{Map, Value as Json};

/// One setting of an algorithm or stopper.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key under `settings:`.
    pub name: &'static str,
    /// What kind of value it takes, and the range.
    pub kind: SettingKind,
    /// The default, as it would be written in the file; `""` when it must be given or has none.
    pub default: &'static str,
    /// One line on what it does.
    pub doc: &'static str,
}

/// The values a setting takes; bounds are inclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SettingKind {
    /// A whole number.
    Int {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// A finite number.
    Float {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// `true` or `false`.
    Bool,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A name; of what, in words.
    Name(&'static str),
}

/// What is wrong with one setting.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("setting `{key}`: {message}")]
pub struct SettingError {
    /// The key under `settings:`; empty when it is about the whole.
    pub key: String,
    /// Lowercase, no full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// The user's `settings:` block.
pub type Settings = Map<String, Json>;

/// Settings that fit their descriptions; what the user left out has its default.
#[derive(Debug)]
pub(crate) struct Checked(Map<String, Json>);

/// Checks the user's settings against their descriptions; all problems at once.
pub(crate) fn check(known: &[Setting], given: &Settings) -> Result<Checked, Vec<SettingError>> {
    let mut found = Vec::new();
    let mut values: Map<String, Json> = known
        .iter()
        .filter(|setting| !setting.default.is_empty())
        .map(|setting| (setting.name.to_owned(), setting.default_value()))
        .collect();
    for (key, value) in given {
        match known.iter().find(|setting| setting.name == key) {
            None => found.push(SettingError {
                key: key.clone(),
                message: "there is no such setting".to_owned(),
                help: nearest::help(key, known.iter().map(|setting| setting.name)),
            }),
            Some(setting) if !setting.kind.admits(value) => found.push(SettingError {
                key: key.clone(),
                message: format!("`{value}` does not fit"),
                help: Some(format!("it takes {}", setting.kind.describe())),
            }),
            Some(_) => {
                values.insert(key.clone(), value.clone());
            }
        }
    }
    if found.is_empty() {
        Ok(Checked(values))
    } else {
        Err(found)
    }
}

/// The problem of an unknown `name` of an algorithm or stopper.
pub(crate) fn unknown_name<'a>(
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Vec<SettingError> {
    let message = format!("there is no {kind} `{name}`");
    vec![SettingError {
        key: String::new(),
        message,
        help: nearest::help(name, known),
    }]
}

impl Checked {
    /// A whole number that has a default.
    pub fn int(&self, name: &str) -> u64 {
        self.0.get(name).and_then(Json::as_u64).unwrap_or_default()
    }

    /// A whole number that has a default and counts something.
    pub fn count(&self, name: &str) -> usize {
        usize::try_from(self.int(name)).unwrap_or(usize::MAX)
    }

    /// A number, if it was given or has a default.
    pub fn float(&self, name: &str) -> Option<f64> {
        self.0.get(name).and_then(Json::as_f64)
    }

    /// A name, if it was given.
    pub fn name(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Json::as_str)
    }

    /// A word that has a default.
    pub fn choice(&self, name: &str) -> &str {
        self.0.get(name).and_then(Json::as_str).unwrap_or_default()
    }
}

impl Setting {
    /// The default as a value: what is not JSON is a word.
    fn default_value(&self) -> Json {
        serde_json::from_str(self.default).unwrap_or_else(|_| self.default.into())
    }
}

impl SettingKind {
    fn admits(&self, value: &Json) -> bool {
        match self {
            SettingKind::Int { min, max } => value
                .as_i64()
                .is_some_and(|value| (*min..=*max).contains(&value)),
            SettingKind::Float { min, max } => value
                .as_f64()
                .is_some_and(|value| (*min..=*max).contains(&value)),
            SettingKind::Bool => value.is_boolean(),
            SettingKind::Choice(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            SettingKind::Name(_) => value.is_string(),
        }
    }

    /// The values it takes, in words.
    pub fn describe(&self) -> String {
        match self {
            SettingKind::Int { min, max: i64::MAX } => format!("a whole number from {min} on"),
            SettingKind::Int { min, max } => format!("a whole number from {min} to {max}"),
            SettingKind::Float { min, max } if *min <= f64::MIN && *max >= f64::MAX => {
                "a number".to_owned()
            }
            SettingKind::Float { min, max } => format!("a number from {min} to {max}"),
            SettingKind::Bool => "`true` or `false`".to_owned(),
            SettingKind::Choice(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                words.join(" or ")
            }
            SettingKind::Name(of) => format!("the name of {of}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KNOWN: &[Setting] = &[
        Setting {
            name: "points",
            kind: SettingKind::Int { min: 2, max: 9 },
            default: "4",
            doc: "",
        },
        Setting {
            name: "bound",
            kind: SettingKind::Float {
                min: f64::MIN,
                max: f64::MAX,
            },
            default: "",
            doc: "",
        },
        Setting {
            name: "order",
            kind: SettingKind::Choice(&["file", "shuffled"]),
            default: "file",
            doc: "",
        },
        Setting {
            name: "fast",
            kind: SettingKind::Bool,
            default: "true",
            doc: "",
        },
        Setting {
            name: "of",
            kind: SettingKind::Name("a thing"),
            default: "",
            doc: "",
        },
    ];

    fn settings(json: Json) -> Settings {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let checked = check(KNOWN, &settings(json!({"bound": 1}))).unwrap();
        assert_eq!(checked.int("points"), 4);
        assert_eq!(checked.choice("order"), "file");
        assert_eq!(checked.float("bound"), Some(1.0));
        let empty = check(KNOWN, &Settings::new()).unwrap();
        assert_eq!((empty.float("bound"), empty.name("of")), (None, None));
    }

    #[test]
    fn every_default_fits_its_own_description() {
        let algorithms = crate::algorithm::ALGORITHMS
            .iter()
            .map(|info| info.settings);
        let stoppers = crate::stopper::STOPPERS.iter().map(|info| info.settings);
        for setting in algorithms.chain(stoppers).flatten() {
            let fits = setting.kind.admits(&setting.default_value());
            assert!(setting.default.is_empty() || fits, "{}", setting.name);
        }
    }

    #[test]
    fn all_problems_are_found_at_once() {
        let given =
            json!({"point": 3, "points": 10, "bound": "x", "order": "up", "fast": 1, "of": 2});
        let found = check(KNOWN, &settings(given)).unwrap_err();
        let helps: Vec<&str> = found
            .iter()
            .map(|error| error.help.as_deref().unwrap())
            .collect();
        assert_eq!(
            helps,
            [
                "did you mean `points`?",
                "it takes a whole number from 2 to 9",
                "it takes a number",
                "it takes `file` or `shuffled`",
                "it takes `true` or `false`",
                "it takes the name of a thing",
            ]
        );
    }
}
