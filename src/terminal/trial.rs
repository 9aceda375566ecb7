//! One trial in full: its configuration, its steps with what each left behind, and its metrics.

use super::describe;
use super::number::{bytes, count, duration, seconds_between, short};
use super::result::{parameters, shell_word};
use super::style::{Style, step_role, trial_role};
use super::table::{Align, Table};
use super::why;
use indexmap::IndexMap;
use tune_experiments::notes::Notes;
use tune_experiments::spec::Objective;
use tune_experiments::store::{MetricRecord, StepRecord, TrialRecord};

/// A step run and where its files are.
pub struct StepView {
    /// The step run.
    pub record: StepRecord,
    /// Where the log of its last attempt is: a path or a URL; empty when that is neither.
    pub log: String,
    /// Where its artifacts are, in the order of the record.
    pub artifacts: Vec<String>,
}

/// The trial as text, with what people wrote about it.
pub fn text(
    tune: &str,
    experiment: &str,
    (trial, notes): (&TrialRecord, &Notes),
    steps: &[StepView],
    reports: &[MetricRecord],
    objective: &Objective,
    style: &Style,
) -> String {
    let mut text = headline(experiment, trial, style);
    let explanation = trial.explanation.as_deref().map(describe::essence);
    let explanation = explanation.unwrap_or_default();
    text += &describe::paragraph(&explanation, style, 2);
    text += &describe::notes(notes, style);
    if let Some(value) = trial.objective {
        let (name, strategy) = (&objective.metric, describe::strategy(objective.strategy));
        text += &format!("  objective {name} {} ({strategy})\n", short(value));
    }
    text += &section(
        "configuration",
        &parameters(&trial.parameters, style),
        style,
    );
    text += &section("why", &why::text(trial, &objective.metric, style), style);
    text += &section("metrics", &metrics(reports, style), style);
    text += &section("steps", &step_table(steps, style), style);
    text += &explanations(steps, &explanation, style);
    text += &section("artifacts", &artifacts(steps, style), style);
    if steps.iter().any(|step| step.record.attempt > 0) {
        let command = format!("{tune} logs {} {}", shell_word(experiment), trial.number);
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
        ("state", Align::Firm),
        ("attempts", Align::Right),
        ("time", Align::Right),
        ("", Align::Left),
    ]);
    for StepView { record, log, .. } in steps {
        let time = record.started_at.zip(record.finished_at);
        let log = match record.attempt {
            0 => String::new(),
            _ => style.dim(log),
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
            log,
        ]);
    }
    table.render(&uncut(style), 2)
}

/// Why steps are in their states, each in full, unless the trial has said it.
fn explanations(steps: &[StepView], said: &str, style: &Style) -> String {
    let explained = steps.iter().filter_map(|step| {
        let why = describe::essence(step.record.explanation.as_deref()?);
        Some(format!("{}: {why}", step.record.step))
    });
    let new = explained.filter(|why| why != said);
    new.map(|why| describe::paragraph(&why, style, 2)).collect()
}

/// For paths, which are there to be copied.
fn uncut(style: &Style) -> Style {
    Style {
        width: None,
        ..*style
    }
}

fn artifacts(steps: &[StepView], style: &Style) -> String {
    let mut table = Table::new([
        ("artifact", Align::Left),
        ("size", Align::Right),
        ("path", Align::Left),
    ]);
    let all = steps.iter().flat_map(|step| {
        let artifacts = step.record.artifacts.iter().zip(&step.artifacts);
        artifacts.map(move |(artifact, place)| (step, artifact, place))
    });
    let mut found = false;
    for (step, (name, artifact), place) in all {
        found = true;
        table.row(vec![
            format!("{}.{name}", step.record.step),
            bytes(artifact.size),
            place.clone(),
        ]);
    }
    if found {
        table.render(&uncut(style), 2)
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use jiff::Timestamp;
    use tune_algorithms::algorithm::{Reason, Why};
    use tune_algorithms::history::Goal;
    use tune_experiments::artifacts::Artifact;
    use tune_experiments::spec::Strategy;
    use tune_experiments::state::{StepState, TrialReason, TrialState};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn trial() -> TrialRecord {
        TrialRecord {
            number: 3,
            state: TrialState::Failed,
            reason: Some(TrialReason::StepFailed),
            explanation: Some("step `evaluate` failed: exit code 1".into()),
            parameters: serde_json::from_str(r#"{"model": "svm", "gamma": 0.1}"#).unwrap(),
            enqueued: false,
            why: Some(Why::new("sobol", Reason::Coverage)),
            handed_out: 0,
            metrics: IndexMap::from([("loss".to_owned(), 0.5)]),
            objective: Some(0.4),
            created_at: at(0),
            started_at: Some(at(0)),
            finished_at: Some(at(90)),
            finished_order: Some(0),
        }
    }

    fn step(name: &str, state: StepState, explanation: Option<&str>) -> StepView {
        let model = Artifact {
            hash: "ab12".into(),
            size: 2048,
            path: "ab/ab12/model".into(),
        };
        let succeeded = state == StepState::Succeeded;
        StepView {
            record: StepRecord {
                trial: 3,
                step: name.into(),
                state,
                explanation: explanation.map(str::to_owned),
                attempt: 1,
                failures: 0,
                exit_code: None,
                started_at: Some(at(0)),
                finished_at: Some(at(45)),
                values: serde_json::Map::new(),
                artifacts: succeeded
                    .then(|| ("model".to_owned(), model))
                    .into_iter()
                    .collect(),
            },
            log: format!("/s/runs/1/3/{name}/1/log"),
            artifacts: vec!["/s/artifacts/ab/ab12/model".to_owned()],
        }
    }

    fn objective() -> Objective {
        Objective {
            metric: "loss".into(),
            goal: Goal::Minimize,
            target: None,
            strategy: Strategy::Best,
        }
    }

    fn report(level: f64, value: f64) -> MetricRecord {
        MetricRecord {
            trial: 3,
            step: "train".into(),
            name: "loss".into(),
            level,
            value,
            at: at(1),
        }
    }

    #[test]
    fn a_trial_shows_all_that_is_known_of_it() {
        let steps = [
            step("train", StepState::Succeeded, None),
            step("evaluate", StepState::Failed, Some("exit code 1")),
        ];
        let reports = [report(1.0, 0.9), report(2.0, 0.5)];
        assert_snapshot!(text("tune", "iris", (&trial(), &Notes::default()), &steps, &reports, &objective(), &Style::PLAIN), @r"
        iris trial 3  failed: a step failed · 1m30s
          evaluate: exit code 1
          objective loss 0.4 (best)

        configuration
          model  svm
          gamma  0.1

        why
          suggested by sobol: the next of its points: this algorithm does not learn from results

        metrics
          metric  last  step   reports
          loss     0.5  train  2 reports from 0.9 at level 1 to 0.5 at 2

        steps
          step      state      attempts  time
          train     succeeded         1   45s  /s/runs/1/3/train/1/log
          evaluate  failed            1   45s  /s/runs/1/3/evaluate/1/log

        artifacts
          artifact        size  path
          train.model  2.0 KiB  /s/artifacts/ab/ab12/model

        tune logs iris 3  what a step printed
        ");
    }

    #[test]
    fn a_trial_that_has_not_begun_has_only_its_configuration_and_why() {
        let queued = TrialRecord {
            state: TrialState::Queued,
            reason: None,
            explanation: None,
            metrics: IndexMap::new(),
            objective: None,
            started_at: None,
            finished_at: None,
            enqueued: true,
            why: None,
            ..trial()
        };
        assert_snapshot!(text("tune", "iris", (&queued, &Notes::default()), &[], &[], &objective(), &Style::PLAIN), @r"
        iris trial 3  queued

        configuration
          model  svm
          gamma  0.1

        why
          your own: it was enqueued
        ");
    }
}
