//! Scalars: each reader takes the value of a key and says what is wrong with it. Bounds, words and defaults come from the
//! tables of keys.

use super::super::keys::{Kind as KeyKind, Need};
use super::super::tree::Kind;
use super::super::words;
use super::Check;
use super::duration::{MAX_SECONDS, parse_duration};
use super::fields::{At, Fields};
use std::time::Duration;
use tune_algorithms::space::Value;

impl Check<'_> {
    /// A text. `None` when it is absent or wrong.
    pub(super) fn text(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        fields.get(key).and_then(|at| self.text_at(&at))
    }

    pub(super) fn text_at(&mut self, at: &At<'_>) -> Option<String> {
        match &at.node.kind {
            Kind::Text(text) => Some(text.clone()),
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => {
                let help = format!("put it in quotes: \"{}\"", self.slice(&at.node.place));
                self.at(
                    at,
                    format!("expected a text, found {}", self.written(at)),
                    Some(help),
                );
                None
            }
            _ => {
                self.at(
                    at,
                    format!("expected a text, found {}", self.found(at)),
                    None,
                );
                None
            }
        }
    }

    /// A whole number within the bounds of the key. `None` when it is absent and has no default, or wrong.
    pub(super) fn whole(&mut self, fields: &Fields<'_>, key: &str) -> Option<i128> {
        let known = fields.table.key(key)?;
        let KeyKind::Whole { min, max } = known.kind else {
            return None;
        };
        match (fields.get(key), known.need) {
            (Some(at), _) => {
                let value = self.int_at(&at)?;
                if (min..=max).contains(&value) {
                    return Some(value);
                }
                let message = format!("{} is out of range", self.written(&at));
                self.at(
                    &at,
                    message,
                    Some(format!("use a whole number from {min} to {max}")),
                );
                None
            }
            (None, Need::Default(default)) => default.parse().ok(),
            (None, _) => None,
        }
    }

    /// A whole number of any size; `1e3` and `5.0` are whole.
    pub(super) fn int_at(&mut self, at: &At<'_>) -> Option<i128> {
        match at.node.kind {
            Kind::Int(value) => return Some(value),
            // Above 2^53 the written number may not be the one that arrived.
            Kind::Float(value)
                if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 =>
            {
                return Some(value as i128);
            }
            _ => {}
        }
        let help = self.number_help(at);
        self.at(
            at,
            format!("expected a whole number, found {}", self.found(at)),
            help,
        );
        None
    }

    /// A finite number that is not below the minimum of the key.
    pub(super) fn number(&mut self, fields: &Fields<'_>, key: &str) -> Option<f64> {
        let known = fields.table.key(key)?;
        let KeyKind::Number { min } = known.kind else {
            return None;
        };
        match (fields.get(key), known.need) {
            (Some(at), _) => {
                let value = self.number_at(&at)?;
                if value >= min {
                    return Some(value);
                }
                let message = format!("{} is out of range", self.written(&at));
                self.at(
                    &at,
                    message,
                    Some(format!("use a number that is at least {min}")),
                );
                None
            }
            (None, Need::Default(default)) => default.parse().ok(),
            (None, _) => None,
        }
    }

    pub(super) fn number_at(&mut self, at: &At<'_>) -> Option<f64> {
        match at.node.kind {
            Kind::Int(value) => Some(value as f64),
            Kind::Float(value) => Some(value),
            _ => {
                let help = self.number_help(at);
                self.at(
                    at,
                    format!("expected a number, found {}", self.found(at)),
                    help,
                );
                None
            }
        }
    }

    /// Help for a text that was meant as a number.
    fn number_help(&self, at: &At<'_>) -> Option<String> {
        let Kind::Text(text) = &at.node.kind else {
            return None;
        };
        let bare: String = text
            .chars()
            .filter(|c| !matches!(c, '_' | ',' | ' '))
            .collect();
        let is_number = bare.parse::<f64>().is_ok_and(f64::is_finite);
        is_number.then(|| format!("write {bare}"))
    }

    /// A duration. `None` when it is absent and has no default, or wrong.
    pub(super) fn duration(&mut self, fields: &Fields<'_>, key: &str) -> Option<Duration> {
        let known = fields.table.key(key)?;
        let KeyKind::Duration { zero } = known.kind else {
            return None;
        };
        match (fields.get(key), known.need) {
            (Some(at), _) => self.duration_at(&at, zero),
            (None, Need::Default(default)) => parse_duration(default).ok(),
            (None, _) => None,
        }
    }

    fn duration_at(&mut self, at: &At<'_>, zero: bool) -> Option<Duration> {
        let parsed = match &at.node.kind {
            Kind::Int(value) => seconds(*value as f64),
            Kind::Float(value) => seconds(*value),
            Kind::Text(text) => parse_duration(text),
            _ => Err("is not a duration"),
        };
        let parsed = match parsed {
            Ok(duration) if duration.is_zero() && !zero => Err("is no time at all"),
            other => other,
        };
        match parsed {
            Ok(duration) => Some(duration),
            Err(why) => {
                let help = "write for example `500ms`, `90s`, `5m`, `1h30m`, `2d`, or a number of seconds; at most 10 years";
                self.at(
                    at,
                    format!("{} {why}", self.found(at)),
                    Some(help.to_owned()),
                );
                None
            }
        }
    }

    /// One of the words of the key.
    pub(super) fn word(&mut self, fields: &Fields<'_>, key: &str) -> Option<&'static str> {
        let known = fields.table.key(key)?;
        let KeyKind::Word(choices) = known.kind else {
            return None;
        };
        match (fields.get(key), known.need) {
            (Some(at), _) => self.word_at(&at, choices),
            (None, Need::Default(default)) => Some(default),
            (None, _) => None,
        }
    }

    fn word_at(&mut self, at: &At<'_>, choices: &[&'static str]) -> Option<&'static str> {
        if let Kind::Text(text) = &at.node.kind
            && let Some(word) = choices.iter().find(|word| *word == text)
        {
            return Some(word);
        }
        let message = format!(
            "expected {}, found {}",
            words::any_of(choices.iter().copied()),
            self.found(at)
        );
        let nearest = match &at.node.kind {
            Kind::Text(text) => words::nearest(text, choices.iter().copied()),
            _ => None,
        };
        let help = nearest.map(|word| format!("did you mean {}?", words::quoted(word)));
        self.at(at, message, help);
        None
    }

    /// A value that a parameter can take.
    pub(super) fn value_at(&mut self, at: &At<'_>) -> Option<Value> {
        match &at.node.kind {
            Kind::Bool(value) => Some(Value::Bool(*value)),
            Kind::Int(value) => match i64::try_from(*value) {
                Ok(value) => Some(Value::Int(value)),
                Err(_) => {
                    let help = format!(
                        "the largest whole number is {}; put it in quotes if it is a word",
                        i64::MAX
                    );
                    self.at(at, format!("{} is too large", self.written(at)), Some(help));
                    None
                }
            },
            Kind::Float(value) => Some(Value::Float(*value)),
            Kind::Text(value) => Some(Value::Text(value.clone())),
            _ => {
                self.at(
                    at,
                    format!("expected a word or a number, found {}", self.found(at)),
                    None,
                );
                None
            }
        }
    }

    /// A scalar as text, for the environment of a process. What is written must be what arrives.
    pub(super) fn scalar_text_at(&mut self, at: &At<'_>) -> Option<String> {
        let text = match &at.node.kind {
            Kind::Text(text) => return Some(text.clone()),
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => at.node.to_json().to_string(),
            _ => {
                self.at(
                    at,
                    format!("expected a text or a number, found {}", self.found(at)),
                    None,
                );
                return None;
            }
        };
        let written = self.slice(&at.node.place);
        if written == text {
            return Some(text);
        }
        let message = format!("{} would become {}", self.written(at), words::quoted(&text));
        self.at(
            at,
            message,
            Some(format!("put it in quotes: \"{written}\"")),
        );
        None
    }
}

fn seconds(seconds: f64) -> Result<Duration, &'static str> {
    if seconds < 0.0 {
        return Err("is negative");
    }
    if seconds > MAX_SECONDS {
        return Err("is too long");
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| "is not a duration")
}
