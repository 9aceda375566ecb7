//! One trial in full: its configuration, its steps with what each left behind, and its metrics.

use super::describe;
use super::number::{bytes, count, duration, seconds_between, short};
use super::result::{parameters, shell_word};
use super::style::{Role, Style, step_role, trial_role};
use super::table::{Align, Table};
use indexmap::IndexMap;
use std::path::PathBuf;
use tune_experiments::store::{MetricRecord, StepRecord, TrialRecord};

/// A step run and where its files are.
pub struct StepView {
    /// The step run.
    pub record: StepRecord,
    /// The log of its last attempt.
    pub log: PathBuf,
    /// The root of the artifact store.
    pub artifacts: PathBuf,
}

/// The trial as text.
pub fn text(
    experiment: &str,
    trial: &TrialRecord,
    steps: &[StepView],
    reports: &[MetricRecord],
    style: &Style,
) -> String {
    let mut text = headline(experiment, trial, style);
    if let Some(explanation) = &trial.explanation {
        text += &format!("  {}\n", style.paint(Role::Dim, explanation));
    }
    text += &section(
        "configuration",
        &parameters(&trial.parameters, style),
        style,
    );
    text += &section("metrics", &metrics(reports, style), style);
    text += &section("steps", &step_table(steps, style), style);
    text += &section("artifacts", &artifacts(steps, style), style);
    if steps.iter().any(|step| step.record.attempt > 0) {
        let command = format!("tune logs {} {}", shell_word(experiment), trial.number);
        text += &format!("\n{command}  {}\n", style.dim("what a step printed"));
    }
    text
}

fn headline(experiment: &str, trial: &TrialRecord, style: &Style) -> String {
    let mut facts = vec![style.paint(
        trial_role(trial.state),
        trial.state.as_str().replace('_', " "),
    )];
    if let Some(reason) = trial.reason {
        facts[0] += &format!(": {}", describe::trial_reason(reason));
    }
    if let (Some(from), Some(to)) = (trial.started_at, trial.finished_at) {
        facts.push(duration(seconds_between(from, to)));
    }
    let title = style.strong(format!("{experiment} trial {}", trial.number));
    format!("{title}  {}\n", facts.join(&style.separator()))
}

fn section(title: &str, body: &str, style: &Style) -> String {
    if body.is_empty() {
        return String::new();
    }
    format!("\n{}\n{body}", style.dim(title))
}

/// Last value of every metric, and how it got there where there were several levels.
fn metrics(reports: &[MetricRecord], style: &Style) -> String {
    let mut by_name: IndexMap<(&str, &str), Vec<&MetricRecord>> = IndexMap::new();
    for report in reports {
        by_name
            .entry((&report.step, &report.name))
            .or_default()
            .push(report);
    }
    if by_name.is_empty() {
        return String::new();
    }
    let mut table = Table::new([
        ("metric", Align::Left),
        ("last", Align::Right),
        ("step", Align::Left),
        ("reports", Align::Left),
    ]);
    for ((step, name), reports) in &by_name {
        let last = reports
            .last()
            .map(|report| short(report.value))
            .unwrap_or_default();
        table.row(vec![
            (*name).to_owned(),
            last,
            (*step).to_owned(),
            style.dim(curve(reports)),
        ]);
    }
    table.render(style, 2)
}

fn curve(reports: &[&MetricRecord]) -> String {
    let (Some(first), Some(last)) = (reports.first(), reports.last()) else {
        return String::new();
    };
    if reports.len() == 1 {
        return String::new();
    }
    format!(
        "{} from {} at level {} to {} at {}",
        count(reports.len() as u64, "report"),
        short(first.value),
        short(first.level),
        short(last.value),
        short(last.level)
    )
}

fn step_table(steps: &[StepView], style: &Style) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let mut table = Table::new([
        ("step", Align::Left),
        ("state", Align::Left),
        ("attempts", Align::Right),
        ("time", Align::Right),
        ("", Align::Left),
    ]);
    for StepView { record, log, .. } in steps {
        let time = record.started_at.zip(record.finished_at);
        let note = match &record.explanation {
            Some(explanation) => explanation.replace('\n', " "),
            None if record.attempt > 0 => style.dim(log.display().to_string()),
            None => String::new(),
        };
        table.row(vec![
            record.step.clone(),
            style.paint(
                step_role(record.state),
                record.state.as_str().replace('_', " "),
            ),
            record.attempt.to_string(),
            time.map(|(from, to)| duration(seconds_between(from, to)))
                .unwrap_or_default(),
            note,
        ]);
    }
    table.render(style, 2)
}

/// Paths are never cut: they are there to be copied.
fn artifacts(steps: &[StepView], style: &Style) -> String {
    let mut table = Table::new([
        ("artifact", Align::Left),
        ("size", Align::Right),
        ("path", Align::Left),
    ]);
    let all = steps.iter().flat_map(|step| {
        step.record
            .artifacts
            .iter()
            .map(move |artifact| (step, artifact))
    });
    let mut found = false;
    for (step, (name, artifact)) in all {
        found = true;
        let path = step.artifacts.join(&artifact.path);
        table.row(vec![
            format!("{}.{name}", step.record.step),
            bytes(artifact.size),
            path.display().to_string(),
        ]);
    }
    let uncut = Style {
        width: None,
        ..*style
    };
    if found {
        table.render(&uncut, 2)
    } else {
        String::new()
    }
}
