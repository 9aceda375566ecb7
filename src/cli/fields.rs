//! The properties of a trial as the command line names them: in `--sort`, `--where` and `--columns`.

use crate::columns::{Column, FIXED};
use crate::error::{Failure, nearest};
use crate::exit;
use crate::terminal::describe::exact;
use anyhow::Result;
use tune_algorithms::space::{Domain, Value};
use tune_experiments::spec::Experiment;
use tune_experiments::store::{Condition, Field, Operator};

/// The names that an experiment's trials have.
pub struct Names {
    parameters: Vec<(String, Domain)>,
    metrics: Vec<String>,
    objective: String,
}

const OTHERS: [(&str, Column); 4] = [
    ("reason", Column::Reason),
    ("explanation", Column::Explanation),
    ("created_at", Column::Created),
    ("finished_at", Column::Finished),
];

/// What stands before the name of a parameter or a metric that has the name of something else too.
const PARAMETERS: &str = "parameters.";
const METRICS: &str = "metrics.";

/// The name of a column that every experiment has.
fn fixed_name(column: &Column) -> &'static str {
    let fixed = FIXED
        .iter()
        .find(|(_, field)| *column == Column::Field(field.clone()));
    let other = OTHERS.iter().find(|(_, known)| known == column);
    fixed
        .map(|(name, _)| *name)
        .or(other.map(|(name, _)| *name))
        .unwrap_or_default()
}

impl Names {
    /// Of an experiment whose trials report these metrics.
    pub fn new(experiment: &Experiment, metrics: impl IntoIterator<Item = String>) -> Self {
        let parameters = experiment.parameters.parameters().iter();
        Self {
            parameters: parameters
                .map(|parameter| (parameter.name.clone(), parameter.domain.clone()))
                .collect(),
            metrics: metrics.into_iter().collect(),
            objective: experiment.objective.metric.clone(),
        }
    }

    /// The property of that name.
    pub fn field(&self, name: &str) -> Result<Field> {
        let fixed = FIXED.into_iter().find(|(known, _)| *known == name);
        if let Some((_, field)) = fixed {
            return Ok(field);
        }
        if self.domain(name).is_some() {
            return Ok(Field::Parameter(name.to_owned()));
        }
        if let Some(name) = name.strip_prefix(PARAMETERS)
            && self.domain(name).is_some()
        {
            return Ok(Field::Parameter(name.to_owned()));
        }
        if let Some(name) = name.strip_prefix(METRICS)
            && self.is_metric(name)
        {
            return Ok(Field::Metric(name.to_owned()));
        }
        // Before any trial has reported something, every name may become that of a metric.
        if self.metrics.is_empty() || self.is_metric(name) {
            return Ok(Field::Metric(name.to_owned()));
        }
        Err(self.unknown("parameter or metric", name, &[]).into())
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Result<Column> {
        let other = OTHERS.into_iter().find(|(known, _)| *known == name);
        match other {
            Some((_, column)) => Ok(column),
            None => self.field(name).map(Column::Field).map_err(|_| {
                self.unknown("column", name, &OTHERS.map(|(name, _)| name))
                    .into()
            }),
        }
    }

    /// The column with the shortest name that means it and nothing else.
    pub fn titled(&self, column: Column) -> (String, Column) {
        let (prefix, name) = match &column {
            Column::Field(Field::Parameter(name)) => (PARAMETERS, name.as_str()),
            Column::Field(Field::Metric(name)) => (METRICS, name.as_str()),
            other => return (fixed_name(other).to_owned(), column),
        };
        let title = match self.column(name) {
            Ok(meant) if meant == column => name.to_owned(),
            _ => format!("{prefix}{name}"),
        };
        (title, column)
    }

    /// A comparison, as in `accuracy>=0.9` or `model=svm`.
    pub fn condition(&self, text: &str) -> Result<Condition> {
        let Some((name, operator, value)) = split(text) else {
            let failure = Failure::new(format!("`{text}` is no comparison"))
                .hint("write NAME=VALUE, with one of = != < <= > >=; quote it for the shell")
                .code(exit::USAGE);
            return Err(failure.into());
        };
        if let Some(meant) = reversed(text) {
            let failure = Failure::new(format!("`{text}` is no comparison"))
                .hint(format!("did you mean `{meant}`?"))
                .code(exit::USAGE);
            return Err(failure.into());
        }
        let subject = self.field(name)?;
        let value = self.value(&subject, value);
        Ok(Condition {
            subject,
            operator,
            value,
        })
    }

    fn is_metric(&self, name: &str) -> bool {
        self.metrics.iter().any(|known| known == name) || name == self.objective
    }

    fn domain(&self, name: &str) -> Option<&Domain> {
        let parameter = self.parameters.iter().find(|(known, _)| known == name);
        parameter.map(|(_, domain)| domain)
    }

    /// A text where the field holds texts, else whatever the word looks like.
    fn value(&self, subject: &Field, word: &str) -> Value {
        let domain = match subject {
            Field::State | Field::Started => return Value::Text(word.to_owned()),
            Field::Parameter(name) => self.domain(name),
            _ => None,
        };
        if let Some(Domain::Categorical { values } | Domain::Ordinal { values }) = domain
            && let Some(value) = values.iter().find(|value| exact(value) == word)
        {
            return value.clone();
        }
        scalar(word)
    }

    fn unknown(&self, kind: &str, name: &str, more: &[&str]) -> Failure {
        let fixed = FIXED.iter().map(|(name, _)| (*name).to_owned());
        let parameters = self.parameters.iter().map(|(name, _)| name.clone());
        let more = more.iter().map(|name| (*name).to_owned());
        let known: Vec<String> = fixed
            .chain(parameters)
            .chain(self.metrics.iter().cloned())
            .chain(more)
            .collect();
        let failure = Failure::new(format!("there is no {kind} `{name}`")).code(exit::USAGE);
        let known = known.iter().map(String::as_str);
        match nearest(name, known.clone()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint(format!(
                "there are {}",
                known.collect::<Vec<_>>().join(", ")
            )),
        }
    }
}

fn split(text: &str) -> Option<(&str, Operator, &str)> {
    // Longer signs first: `<=` begins with `<`.
    const SIGNS: [(&str, Operator); 7] = [
        ("<=", Operator::Le),
        (">=", Operator::Ge),
        ("!=", Operator::Ne),
        ("==", Operator::Eq),
        ("<", Operator::Lt),
        (">", Operator::Gt),
        ("=", Operator::Eq),
    ];
    let start = text.find(['<', '>', '!', '='])?;
    let (name, rest) = text.split_at(start);
    let (sign, operator) = SIGNS.into_iter().find(|(sign, _)| rest.starts_with(sign))?;
    let (name, value) = (name.trim(), rest[sign.len()..].trim());
    (!name.is_empty() && !value.is_empty()).then_some((name, operator, value))
}

/// The sign that was meant where one of two characters has them in the wrong order.
fn reversed(text: &str) -> Option<&'static str> {
    let start = text.find(['<', '>', '!', '='])?;
    let meant = [("=>", ">="), ("=<", "<="), ("=!", "!=")];
    let meant = meant
        .iter()
        .find(|(wrong, _)| text[start..].starts_with(wrong));
    meant.map(|(_, right)| *right)
}

fn scalar(word: &str) -> Value {
    if let Ok(value) = word.parse() {
        Value::Bool(value)
    } else if let Ok(value) = word.parse() {
        Value::Int(value)
    } else if let Ok(value) = word.parse() {
        Value::Float(value)
    } else {
        Value::Text(word.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            parameters: vec![
                (
                    "model".into(),
                    Domain::Categorical {
                        values: vec![Value::Text("svm".into()), Value::Text("1".into())],
                    },
                ),
                ("fast".into(), Domain::Bool),
            ],
            metrics: vec!["accuracy".into()],
            objective: "accuracy".into(),
        }
    }

    #[test]
    fn comparisons_are_read() {
        let read = |text: &str| names().condition(text).unwrap();
        assert_eq!(
            read("accuracy >= 0.9"),
            Condition {
                subject: Field::Metric("accuracy".into()),
                operator: Operator::Ge,
                value: Value::Float(0.9)
            }
        );
        assert_eq!(read("model=svm").value, Value::Text("svm".into()));
        assert_eq!(read("model!=1").value, Value::Text("1".into()));
        assert_eq!(read("fast=true").value, Value::Bool(true));
        assert_eq!(read("number<7").subject, Field::Number);
        assert_eq!(read("state=failed").value, Value::Text("failed".into()));
    }

    #[test]
    fn a_parameter_or_metric_with_a_taken_name_has_a_longer_one() {
        let names = Names {
            parameters: vec![
                ("state".into(), Domain::Bool),
                ("loss".into(), Domain::Bool),
            ],
            metrics: vec!["loss".into()],
            objective: "duration".into(),
        };
        for (field, title) in [
            (Field::State, "state"),
            (Field::Parameter("state".into()), "parameters.state"),
            (Field::Parameter("loss".into()), "loss"),
            (Field::Metric("loss".into()), "metrics.loss"),
            (Field::Metric("duration".into()), "metrics.duration"),
        ] {
            let titled = names.titled(Column::Field(field.clone()));
            assert_eq!(titled, (title.to_owned(), Column::Field(field.clone())));
            assert_eq!(names.field(title).unwrap(), field);
        }
    }

    #[test]
    fn nonsense_is_refused_with_a_hint() {
        assert!(names().condition("accuracy").is_err());
        assert!(names().condition("=3").is_err());
        let error = names().condition("accuracy=>0.9").unwrap_err();
        let (text, code) = crate::error::report(&error);
        assert!(text.contains("did you mean `>=`?"), "{text}");
        assert_eq!(code, exit::USAGE);
        let (text, _) = crate::error::report(&names().field("foo").unwrap_err());
        assert!(
            text.contains("there are number, state, objective"),
            "{text}"
        );
        let error = names().condition("acuracy>0.9").unwrap_err();
        let (text, code) = crate::error::report(&error);
        assert!(text.contains("did you mean `accuracy`?"), "{text}");
        assert_eq!(code, exit::USAGE);
    }

    #[test]
    fn columns_have_more_names_than_fields() {
        assert_eq!(names().column("reason").unwrap(), Column::Reason);
        assert!(names().column("resaon").is_err());
        assert!(names().field("reason").is_err());
    }
}
