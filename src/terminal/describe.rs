//! Configurations, experiments and reasons in words.

use super::harmless;
use super::number::{count, duration, short};
use super::style::Style;
use console::measure_text_width;
use tune_algorithms::history::Goal;
use tune_algorithms::space::{Configuration, Value};
use tune_experiments::notes::Notes;
use tune_experiments::spec::{Experiment, Limits, Strategy};
use tune_experiments::state::{ExperimentReason, ExperimentState, TrialReason};

/// A value in few characters, for people; `exact` is for programs.
pub fn value(value: &Value) -> String {
    harmless::line(&few(value))
}

/// A value with every digit, for people who copy it.
pub fn in_full(value: &Value) -> String {
    harmless::line(&exact(value))
}

fn few(value: &Value) -> String {
    match value {
        Value::Float(number) => short(*number),
        other => exact(other),
    }
}

/// A value with every digit and sign.
pub fn exact(value: &Value) -> String {
    match value {
        // Unlike `Display`, this writes `1.0` and `1e-7`: a float stays a float for whoever reads it back.
        Value::Float(number) => serde_json::json!(number).to_string(),
        other => other.to_string(),
    }
}

/// A configuration on one line: `model=svm gamma=0.1`.
pub fn configuration(configuration: &Configuration) -> String {
    let pairs: Vec<String> = configuration
        .iter()
        .map(|(name, given)| format!("{name}={}", quoted(&few(given))))
        .collect();
    pairs.join(" ")
}

fn quoted(text: &str) -> String {
    if text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        format!("{text:?}")
    } else {
        text.to_owned()
    }
}

/// A sentence on as many lines as it needs, each with the indentation and a newline.
pub fn paragraph(sentence: &str, style: &Style, indent: usize) -> String {
    let room = style
        .width
        .map_or(usize::MAX, |width| width.saturating_sub(indent));
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split_whitespace() {
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + 1 + measure_text_width(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let lines = lines
        .iter()
        .map(|line| format!("{}{line}\n", " ".repeat(indent)));
    lines.collect()
}

/// What people wrote: the tags on a line, and the lines of the note.
pub fn notes(notes: &Notes, style: &Style) -> String {
    let tags = Some(format!("tags: {}", notes.tags.join(", ")));
    let tags = tags.filter(|_| !notes.tags.is_empty());
    let lines = tags.iter().map(String::as_str).chain(notes.note.lines());
    let lines = lines.map(harmless::line);
    lines.map(|line| paragraph(&line, style, 2)).collect()
}

/// Why a step failed, the essential first, on one line: `train: exit code 1: KeyError: 'x'`. Other texts stay as they are.
pub fn essence(explanation: &str) -> String {
    let words: Vec<&str> = explanation.split_whitespace().collect();
    let text = words.join(" ").replacen("; its last words: ", ": ", 1);
    let named = text
        .strip_prefix("step `")
        .and_then(|rest| rest.split_once("` failed"));
    harmless::line(&match named {
        Some((step, why)) => format!("{step}{why}"),
        None => text,
    })
}

/// Which of the reports the objective is.
pub fn strategy(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Last => "last",
        Strategy::Best => "best",
        Strategy::Mean => "mean",
    }
}

/// The word for the goal.
pub fn goal(goal: Goal) -> &'static str {
    match goal {
        Goal::Minimize => "minimize",
        Goal::Maximize => "maximize",
    }
}

/// What an experiment is about, in short facts.
pub fn facts(experiment: &Experiment) -> Vec<String> {
    let objective = &experiment.objective;
    let mut facts = vec![format!("{} {}", goal(objective.goal), objective.metric)];
    if let Some(target) = objective.target {
        facts[0] += &format!(" to {}", short(target));
    }
    let algorithm = &experiment.algorithm;
    facts.push(format!("{}, seed {}", algorithm.name, algorithm.seed));
    if let Some(stopper) = &experiment.early_stopping {
        facts.push(format!("early stopping {}", stopper.name));
    }
    facts.extend(limits(&experiment.limits));
    facts
}

/// The limits, in short facts.
pub fn limits(limits: &Limits) -> Vec<String> {
    let trials = match limits.max_trials {
        Some(max) => count(max, "trial"),
        None => "no limit of trials".to_owned(),
    };
    let mut facts = vec![format!("{trials}, {} at once", limits.parallel_trials)];
    if let Some(max) = limits.max_duration {
        facts.push(format!("at most {}", duration(max.as_secs_f64())));
    }
    if let Some(max) = limits.max_failed_trials {
        facts.push(format!("at most {max} failed"));
    }
    if let Some(converged) = limits.converged {
        if let Some(stagnation) = converged.stagnation {
            let trials = count(stagnation, "trial");
            facts.push(format!("until {trials} bring nothing better"));
        }
        if let Some(least) = converged.expected_improvement {
            facts.push(format!("until less than {least} is to be gained"));
        }
        if let Some(least) = converged.regret {
            facts.push(format!(
                "until the best is within {least} of the best there is"
            ));
        }
    }
    facts
}

/// Facts on as many lines as they need, none of them broken.
pub fn wrapped(facts: &[String], style: &Style, indent: usize) -> Vec<String> {
    let width = style.width.unwrap_or(usize::MAX);
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for fact in facts {
        let length = measure_text_width(fact) + 3;
        match lines.last_mut() {
            Some(line) if used + length <= width => {
                *line += &format!("{}{fact}", style.separator());
                used += length;
            }
            _ => {
                lines.push(format!("{}{fact}", " ".repeat(indent)));
                used = indent + length - 3;
            }
        }
    }
    lines
}

/// Why an experiment is in its state. One that has failed although it was not cut short has not a single result.
pub fn experiment_reason(state: ExperimentState, reason: ExperimentReason) -> &'static str {
    match reason {
        ExperimentReason::MaxFailedTrials => "too many trials failed",
        ExperimentReason::Crashed => "tune itself failed",
        _ if state == ExperimentState::Failed => "no trial succeeded",
        ExperimentReason::TargetReached => "the target is reached",
        ExperimentReason::Converged => "it has stopped getting better",
        ExperimentReason::MaxTrials => "all trials have run",
        ExperimentReason::MaxDuration => "the time is used up",
        ExperimentReason::SpaceExhausted => "every configuration has been tried",
        ExperimentReason::Interrupted => "interrupted",
        ExperimentReason::Paused => "paused by the user",
        ExperimentReason::Cancelled => "cancelled by the user",
    }
}

/// Why a trial is in its state.
pub fn trial_reason(reason: TrialReason) -> &'static str {
    match reason {
        TrialReason::StepFailed => "a step failed",
        TrialReason::TimedOut => "a step ran out of time",
        TrialReason::MetricMissing => "no step reported the objective",
        TrialReason::MetricNotFinite => "the objective is not finite",
        TrialReason::EarlyStopping => "stopped early",
        TrialReason::Lost => "its client was not heard of any more",
        TrialReason::Told => "its client said so",
        TrialReason::ExperimentEnded => "the experiment ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_are_short_and_unambiguous() {
        let given: Configuration = serde_json::from_str(
            r#"{"model": "svm", "gamma": 0.123456789, "cost": 3, "note": "two words", "fast": true}"#,
        )
        .unwrap();
        assert_eq!(
            configuration(&given),
            r#"model=svm gamma=0.1235 cost=3 note="two words" fast=true"#
        );
        let wild = Value::Text("\u{1b}[31mred\nline".to_owned());
        assert_eq!(value(&wild), "^[31mred line");
        assert_eq!(in_full(&wild), "^[31mred line");
        assert_eq!(exact(&wild), "\u{1b}[31mred\nline");
        let wild = [("colour".to_owned(), wild)].into_iter().collect();
        assert_eq!(configuration(&wild), r#"colour="\u{1b}[31mred\nline""#);
        assert_eq!(exact(&Value::Float(0.123_456_789)), "0.123456789");
        assert_eq!(exact(&Value::Float(1.0)), "1.0");
    }

    #[test]
    fn the_essence_of_a_failure_comes_first() {
        for (stored, shown) in [
            (
                "step `train` failed: exit code 1; its last words: KeyError: 'x'",
                "train: exit code 1: KeyError: 'x'",
            ),
            (
                "step `train` failed after 3 attempts: ran out of time",
                "train after 3 attempts: ran out of time",
            ),
            ("two\nlines", "two lines"),
        ] {
            assert_eq!(essence(stored), shown);
        }
    }

    #[test]
    fn paragraphs_wrap_between_words() {
        let style = Style {
            width: Some(10),
            ..Style::PLAIN
        };
        assert_eq!(
            paragraph("one two three", &style, 2),
            "  one two\n  three\n"
        );
        assert_eq!(
            paragraph("one two three", &Style::PLAIN, 0),
            "one two three\n"
        );
        assert_eq!(paragraph("", &style, 2), "");
    }

    #[test]
    fn facts_wrap_between_facts() {
        let style = Style {
            width: Some(20),
            ..Style::PLAIN
        };
        let facts = ["minimize loss", "tpe", "40 trials"].map(str::to_owned);
        assert_eq!(
            wrapped(&facts, &style, 2),
            ["  minimize loss", "  tpe · 40 trials"]
        );
    }
}
