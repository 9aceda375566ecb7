//! What is shown when an experiment is done, and when it is looked at later: the best trial, the picture of the search, where
//! things are kept and what can be done next.

use super::describe;
use super::number::{count, duration, short};
use super::plot;
use super::style::{Role, Style, experiment_role, pad, trial_role};
use std::collections::BTreeMap;
use tune_algorithms::space::Configuration;
use tune_experiments::spec::Objective;
use tune_experiments::state::{ExperimentState, TrialState};
use tune_experiments::store::{ExperimentRecord, TrialRecord};

/// Rows of the picture of the search.
const PLOT_ROWS: usize = 5;
/// Columns of the picture where there is room.
const PLOT_COLUMNS: usize = 64;

/// `succeeded: all trials have run` and how much was done.
pub fn headline(
    record: &ExperimentRecord,
    counts: &BTreeMap<TrialState, u64>,
    style: &Style,
) -> String {
    let state = record.state.as_str();
    let mut text = format!(
        "{}  {}",
        style.strong(&record.name),
        style.paint(experiment_role(record.state), state)
    );
    if let Some(reason) = record.reason {
        let words = describe::experiment_reason(record.state, reason);
        if words != state {
            text += &format!(": {words}");
        }
    }
    let finished = counts.iter().filter(|(state, _)| state.is_finished());
    let finished = finished.map(|(_, count)| count).sum();
    let facts = [
        count(finished, "trial"),
        format!("{} at work", duration(record.active_seconds)),
    ];
    format!(
        "{text}{}{}",
        style.separator(),
        facts.join(&style.separator())
    )
}

/// `36 succeeded · 3 early stopped · 1 failed`; nothing when there are no trials.
pub fn counts(counts: &BTreeMap<TrialState, u64>, style: &Style) -> String {
    let order = [
        TrialState::Running,
        TrialState::Queued,
        TrialState::Succeeded,
        TrialState::EarlyStopped,
        TrialState::Failed,
        TrialState::Cancelled,
    ];
    let facts: Vec<String> = order
        .iter()
        .filter_map(|state| Some((state, counts.get(state).filter(|count| **count > 0)?)))
        .map(|(state, count)| {
            let text = format!("{count} {}", state.as_str().replace('_', " "));
            style.paint(trial_role(*state), text)
        })
        .collect();
    facts.join(&style.separator())
}

/// The best trial with its configuration and its other metrics, or that there is none.
pub fn best(best: Option<&TrialRecord>, objective: &Objective, style: &Style) -> String {
    let Some(trial) = best else {
        return "no trial has succeeded\n".to_owned();
    };
    let value = trial.objective.map(short).unwrap_or_default();
    let mut text = format!(
        "{}  trial {}\n",
        style.paint(
            Role::Good,
            style.strong(format!("best {} {value}", objective.metric))
        ),
        trial.number
    );
    text += &parameters(&trial.parameters, style);
    let others: Vec<String> = trial
        .metrics
        .iter()
        .filter(|(name, _)| **name != objective.metric)
        .map(|(name, value)| format!("{name}={}", short(*value)))
        .collect();
    if !others.is_empty() {
        let line = format!("  {}", others.join("  "));
        text += &format!("{}\n", style.fit(&style.dim(line)));
    }
    text
}

/// Why a trial failed, and where to read more.
pub fn failure(tune: &str, experiment: &str, trial: &TrialRecord, style: &Style) -> String {
    let explanation = trial.explanation.clone().or_else(|| {
        let reason = trial.reason.map(describe::trial_reason);
        reason.map(str::to_owned)
    });
    let sentence = format!(
        "trial {}: {}",
        trial.number,
        describe::essence(&explanation.unwrap_or_default())
    );
    format!(
        "{}\n{}  {tune} logs {} {}  {}\n",
        style.paint(Role::Bad, "last failure"),
        describe::paragraph(&sentence, style, 2),
        shell_word(experiment),
        trial.number,
        style.dim("all that the step printed")
    )
}

/// A configuration, one parameter per line.
pub fn parameters(configuration: &Configuration, style: &Style) -> String {
    let width = configuration
        .iter()
        .map(|(name, _)| console::measure_text_width(name))
        .max()
        .unwrap_or(0);
    let lines = configuration.iter().map(|(name, value)| {
        let line = format!(
            "  {}  {}",
            style.dim(pad(name, width)),
            describe::in_full(value)
        );
        style.fit(&line) + "\n"
    });
    lines.collect()
}

/// The picture of the search, or nothing when there is too little to see.
pub fn history(values: &[f64], objective: &Objective, style: &Style) -> String {
    let columns = style.width.map_or(PLOT_COLUMNS, |width| {
        width.saturating_sub(4).min(PLOT_COLUMNS)
    });
    let picture = plot::draw(
        &plot::History {
            values,
            goal: objective.goal,
        },
        style,
        columns,
        PLOT_ROWS,
    );
    if picture.is_empty() {
        return String::new();
    }
    let title = format!(
        "{} of {}, best so far as a line",
        objective.metric,
        count(values.len() as u64, "trial")
    );
    format!("{}\n{}\n", style.dim(title), picture.join("\n"))
}

/// What decides which commands come next.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// How a command begins.
    pub tune: &'a str,
    /// The experiment.
    pub record: &'a ExperimentRecord,
    /// Whether a process drives it.
    pub is_driven: bool,
    /// Whether there is a best trial.
    pub has_best: bool,
    /// The parameter by which it is worth comparing.
    pub compare_by: Option<&'a str>,
}

/// The commands that come next.
pub fn next(situation: &Situation, style: &Style) -> String {
    let Situation {
        tune,
        record,
        has_best,
        ..
    } = *situation;
    let name = shell_word(&record.name);
    let mut commands = Vec::new();
    if situation.is_driven {
        commands.push((format!("{tune} cancel {name}"), "end it for good"));
    } else if !record.state.is_finished() {
        commands.push((format!("{tune} resume {name}"), "go on where it was"));
    }
    if has_best {
        commands.push((
            format!("{tune} best {name} --format args"),
            "the configuration, to use it",
        ));
    }
    if let Some(parameter) = situation.compare_by.filter(|_| has_best) {
        let command = format!("{tune} compare {name} --by {}", shell_word(parameter));
        commands.push((command, "which is better, and how sure that is"));
    }
    let trials = match record.state {
        ExperimentState::Failed => (
            format!("{tune} trials {name} --state failed"),
            "what went wrong",
        ),
        _ => (
            format!("{tune} trials {name} --sort objective"),
            "all trials, the best first",
        ),
    };
    commands.push(trials);
    if record.state == ExperimentState::Failed {
        let command = format!("{tune} delete {name}");
        commands.push((command, "to run the file anew once it is repaired"));
    }
    let width = commands
        .iter()
        .map(|(command, _)| command.len())
        .max()
        .unwrap_or(0);
    let lines = commands.iter().map(|(command, what)| {
        let line = format!("  {}  {}", pad(command, width), style.dim(what));
        // The explanation may be cut, the command may not.
        let fits = style.width.is_none_or(|columns| columns > width + 4);
        if fits {
            style.fit(&line) + "\n"
        } else {
            line + "\n"
        }
    });
    lines.collect()
}

/// That nothing happens in experiments that should be running, and what helps.
pub fn idle(tune: &str, names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let resume = match names {
        [name] => format!("`{tune} resume {}` goes on with it", shell_word(name)),
        _ => format!("`{tune} resume NAME` goes on with one"),
    };
    format!(
        "no process runs {} at the moment; {resume}",
        quoted.join(", ")
    )
}

/// That an experiment waits for its user, and what helps.
pub fn paused(tune: &str, name: &str) -> String {
    format!(
        "`{name}` is paused; `{tune} resume {}` goes on with it",
        shell_word(name)
    )
}

/// A word that a shell takes as it is, quoted where it must be.
pub fn shell_word(text: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@%".contains(c);
    if !text.is_empty() && text.chars().all(harmless) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::progress::tests::experiment;
    use super::*;
    use insta::assert_snapshot;
    use jiff::Timestamp;
    use serde_json::json;
    use tune_experiments::state::ExperimentReason;
    use tune_experiments::store::ExperimentId;

    fn record(state: ExperimentState, reason: Option<ExperimentReason>) -> ExperimentRecord {
        ExperimentRecord {
            id: ExperimentId(1),
            name: "iris".into(),
            document: json!({}),
            directory: "/".into(),
            goal: tune_algorithms::history::Goal::Maximize,
            state,
            reason,
            request: None,
            created_at: Timestamp::UNIX_EPOCH,
            started_at: None,
            finished_at: None,
            active_seconds: 12.3,
            prior_trials: 0,
        }
    }

    fn trial() -> TrialRecord {
        TrialRecord {
            number: 12,
            state: TrialState::Succeeded,
            reason: None,
            explanation: None,
            parameters: serde_json::from_str(r#"{"model": "svm", "learning_rate": 0.012345678}"#)
                .unwrap(),
            enqueued: false,
            why: None,
            handed_out: 0,
            metrics: [("accuracy".to_owned(), 0.97), ("f1".to_owned(), 0.961)].into(),
            objective: Some(0.97),
            created_at: Timestamp::UNIX_EPOCH,
            started_at: None,
            finished_at: None,
            finished_order: Some(0),
        }
    }

    #[test]
    fn the_headline_says_how_it_ended() {
        let totals = BTreeMap::from([(TrialState::Succeeded, 39), (TrialState::Failed, 1)]);
        let done = record(
            ExperimentState::Succeeded,
            Some(ExperimentReason::MaxTrials),
        );
        assert_snapshot!(headline(&done, &totals, &Style::PLAIN), @"iris  succeeded: all trials have run · 40 trials · 12s at work");
        assert_snapshot!(counts(&totals, &Style::PLAIN), @"39 succeeded · 1 failed");
    }

    #[test]
    fn the_best_trial_is_shown_with_every_digit() {
        assert_snapshot!(best(Some(&trial()), &experiment().objective, &Style::PLAIN), @r"
        best accuracy 0.97  trial 12
          model          svm
          learning_rate  0.012345678
          f1=0.961
        ");
        assert_snapshot!(best(None, &experiment().objective, &Style::PLAIN), @"no trial has succeeded");
    }

    #[test]
    fn what_comes_next_depends_on_the_state() {
        let done = record(
            ExperimentState::Succeeded,
            Some(ExperimentReason::MaxTrials),
        );
        let situation = Situation {
            tune: "tune",
            record: &done,
            is_driven: false,
            has_best: true,
            compare_by: Some("model"),
        };
        assert_snapshot!(next(&situation, &Style::PLAIN), @r"
        tune best iris --format args       the configuration, to use it
        tune compare iris --by model       which is better, and how sure that is
        tune trials iris --sort objective  all trials, the best first
        ");
        let running = record(ExperimentState::Running, None);
        let situation = |is_driven| Situation {
            tune: "tune",
            record: &running,
            is_driven,
            has_best: false,
            compare_by: Some("model"),
        };
        assert_snapshot!(next(&situation(false), &Style::PLAIN), @r"
        tune resume iris                   go on where it was
        tune trials iris --sort objective  all trials, the best first
        ");
        assert_snapshot!(next(&situation(true), &Style::PLAIN), @r"
        tune cancel iris                   end it for good
        tune trials iris --sort objective  all trials, the best first
        ");
    }

    #[test]
    fn words_are_quoted_for_the_shell_where_they_must_be() {
        assert_eq!(shell_word("a-b.c"), "a-b.c");
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(shell_word(""), "''");
    }
}
