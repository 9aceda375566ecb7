//! An experiment in a few lines: when it ran, what it searches, what every trial runs.

use super::describe;
use super::number::{ago, count, duration};
use super::result::counts;
use super::style::{Style, pad};
use jiff::Timestamp;
use std::collections::BTreeMap;
use tune_algorithms::space::{Domain, Parameter, Scale};
use tune_experiments::spec::Experiment;
use tune_experiments::state::TrialState;
use tune_experiments::store::ExperimentRecord;

/// Counts, times, parameters and steps, one line each.
pub fn details(
    record: &ExperimentRecord,
    experiment: &Experiment,
    trials: &BTreeMap<TrialState, u64>,
    style: &Style,
    now: Timestamp,
) -> String {
    let mut lines = Vec::new();
    if !trials.is_empty() {
        lines.push(("trials", counts(trials, style)));
    }
    lines.push(("created", times(record, now)));
    if let Some(other) = &experiment.start_from {
        let trials = count(record.prior_trials, "trial");
        lines.push(("prior", format!("{trials} of {other}")));
    }
    for (index, parameter) in experiment.parameters.parameters().iter().enumerate() {
        let title = if index == 0 { "parameters" } else { "" };
        lines.push((title, described(parameter)));
    }
    let steps: Vec<&str> = experiment
        .pipeline
        .steps
        .keys()
        .map(String::as_str)
        .collect();
    if !steps.is_empty() {
        lines.push(("pipeline", steps.join(style.pick(" → ", " > "))));
    }
    lines
        .into_iter()
        .map(|(title, text)| style.fit(&format!("  {}  {text}", style.dim(pad(title, 10)))) + "\n")
        .collect()
}

fn times(record: &ExperimentRecord, now: Timestamp) -> String {
    let mut text = format!("{:.0} ({})", record.created_at, ago(record.created_at, now));
    if let Some(finished) = record.finished_at {
        text += &format!(", finished {finished:.0}");
    }
    if record.active_seconds > 0.0 {
        text += &format!(", {} at work", duration(record.active_seconds));
    }
    text
}

fn described(parameter: &Parameter) -> String {
    let mut text = format!("{}: {}", parameter.name, domain(&parameter.domain));
    if let Some(condition) = &parameter.when {
        let parts = condition.0.iter().map(|(name, values)| {
            let values: Vec<String> = values.iter().map(describe::value).collect();
            format!("{name} is {}", values.join(" or "))
        });
        text += &format!(", when {}", parts.collect::<Vec<_>>().join(" and "));
    }
    text
}

fn domain(domain: &Domain) -> String {
    match domain {
        Domain::Float {
            min,
            max,
            scale,
            step,
            ..
        } => range(
            "float",
            &min.to_string(),
            &max.to_string(),
            *scale,
            step.map(|step| step.to_string()),
        ),
        Domain::Int {
            min,
            max,
            scale,
            step,
            ..
        } => range(
            "int",
            &min.to_string(),
            &max.to_string(),
            *scale,
            step.map(|step| step.to_string()),
        ),
        Domain::Ordinal { values } => format!("ordinal {}", list(values)),
        Domain::Categorical { values } => format!("one of {}", list(values)),
        Domain::Bool => "true or false".to_owned(),
    }
}

fn range(kind: &str, min: &str, max: &str, scale: Scale, step: Option<String>) -> String {
    let mut text = format!("{kind} {min} to {max}");
    if scale == Scale::Log {
        text += ", log scale";
    }
    if let Some(step) = step {
        text += &format!(", in steps of {step}");
    }
    text
}

fn list(values: &[tune_algorithms::space::Value]) -> String {
    let values: Vec<String> = values.iter().map(describe::value).collect();
    values.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    #[test]
    fn parameters_are_described_in_words() {
        let parameters: Vec<Parameter> = serde_json::from_str(
            r#"[
                {"name": "model", "type": "categorical", "values": ["svm", "knn"]},
                {"name": "gamma", "type": "float", "min": 0.001, "max": 1.0, "scale": "log", "when": {"model": ["svm"]}},
                {"name": "k", "type": "int", "min": 1, "max": 9, "step": 2},
                {"name": "size", "type": "ordinal", "values": [16, 32]},
                {"name": "fast", "type": "bool"}
            ]"#,
        )
        .unwrap();
        let lines: Vec<String> = parameters.iter().map(described).collect();
        assert_snapshot!(lines.join("\n"), @r"
        model: one of svm, knn
        gamma: float 0.001 to 1, log scale, when model is svm
        k: int 1 to 9, in steps of 2
        size: ordinal 16, 32
        fast: true or false
        ");
    }
}
