//! What a trial has in each column of a table: for lists on a terminal and for files that other programs read.

use crate::terminal::describe::{exact, value as short_value};
use crate::terminal::number::{duration, seconds_between, short, spelled};
use tune_experiments::spec::Experiment;
use tune_experiments::store::{Field, TrialRecord};

/// A column of a list of trials.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// What can also be filtered and sorted by.
    Field(Field),
    /// Why the trial is in its state, as a word.
    Reason,
    /// The reason in words.
    Explanation,
    /// When it was created.
    Created,
    /// When it ended.
    Finished,
}

/// Fields that every trial has, by name.
pub const FIXED: [(&str, Field); 5] = [
    ("number", Field::Number),
    ("state", Field::State),
    ("objective", Field::Objective),
    ("duration", Field::Duration),
    ("started_at", Field::Started),
];

/// The columns of a file with all trials of an experiment, whose trials report these metrics: the same for every trial. The prefixes keep a
/// parameter and a metric of one name apart.
pub fn of_export(experiment: &Experiment, metrics: Vec<String>) -> Vec<(String, Column)> {
    let fixed = [
        ("number", Column::Field(Field::Number)),
        ("state", Column::Field(Field::State)),
        ("reason", Column::Reason),
        ("explanation", Column::Explanation),
        ("objective", Column::Field(Field::Objective)),
        ("created_at", Column::Created),
        ("started_at", Column::Field(Field::Started)),
        ("finished_at", Column::Finished),
        ("duration", Column::Field(Field::Duration)),
    ];
    let fixed = fixed.map(|(name, column)| (name.to_owned(), column));
    let parameters = experiment.parameters.parameters().iter();
    let parameters = parameters.map(|parameter| {
        let field = Field::Parameter(parameter.name.clone());
        let title = format!("parameters.{}", parameter.name);
        (title, Column::Field(field))
    });
    let metrics = metrics.into_iter().map(|metric| {
        let title = format!("metrics.{metric}");
        (title, Column::Field(Field::Metric(metric)))
    });
    fixed.into_iter().chain(parameters).chain(metrics).collect()
}

/// What a trial has in a column; empty where it has nothing. `exactly`: every digit, for programs.
pub fn cell(trial: &TrialRecord, column: &Column, exactly: bool) -> String {
    let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    match column {
        Column::Reason => trial
            .reason
            .map(|reason| reason.to_string())
            .unwrap_or_default(),
        Column::Explanation => trial.explanation.clone().unwrap_or_default(),
        Column::Created => time(Some(trial.created_at)),
        Column::Finished => time(trial.finished_at),
        Column::Field(field) => match field {
            Field::Number => trial.number.to_string(),
            Field::State => trial.state.to_string(),
            Field::Started => time(trial.started_at),
            Field::Duration => seconds(trial)
                .map(|seconds| {
                    if exactly {
                        seconds.to_string()
                    } else {
                        duration(seconds)
                    }
                })
                .unwrap_or_default(),
            Field::Objective => trial
                .objective
                .map(|value| number(value, exactly))
                .unwrap_or_default(),
            Field::Metric(name) => trial
                .metrics
                .get(name)
                .map(|value| number(*value, exactly))
                .unwrap_or_default(),
            Field::Parameter(name) => trial
                .parameters
                .get(name)
                .map(|value| {
                    if exactly {
                        exact(value)
                    } else {
                        short_value(value)
                    }
                })
                .unwrap_or_default(),
        },
    }
}

/// How long a trial ran.
pub fn seconds(trial: &TrialRecord) -> Option<f64> {
    Some(seconds_between(trial.started_at?, trial.finished_at?))
}

fn number(value: f64, exactly: bool) -> String {
    match (exactly, value.is_finite()) {
        (_, false) => spelled(value).to_owned(),
        (true, true) => value.to_string(),
        (false, true) => short(value),
    }
}
