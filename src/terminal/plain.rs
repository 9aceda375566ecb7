//! News of a running experiment, one line each: all there is where the output is no terminal, and what stays above the live view
//! where it is one.

use super::describe;
use super::number::{change, duration, short};
use super::progress::{EndedTrial, News, improvement};
use super::style::{Role, Style, pad, trial_role};
use tune_algorithms::history::Goal;
use tune_experiments::spec::Objective;
use tune_experiments::state::TrialState;

/// A line for every piece of news; `None` for what the end block says better.
pub fn line(news: &News, objective: &Objective, style: &Style) -> Option<String> {
    match news {
        News::Ended(ended) => Some(ended_line(ended, objective, style)),
        News::Retry {
            trial,
            step,
            attempt,
            explanation,
            retry_in,
        } => Some(format!(
            "trial {trial}  {}  step {step}, attempt {attempt}: {}; next attempt in {}",
            style.paint(Role::Cut, "retry"),
            describe::essence(explanation),
            duration(*retry_in)
        )),
        News::Experiment(..) => None,
    }
}

/// Only what is worth a line that stays: a new best trial, a failure, another attempt.
pub fn highlight(news: &News, objective: &Objective, style: &Style) -> Option<String> {
    match news {
        News::Ended(ended) if ended.is_best => Some(best_line(ended, objective, style)),
        News::Ended(ended) if ended.state != TrialState::Failed => None,
        other => line(other, objective, style),
    }
}

fn ended_line(ended: &EndedTrial, objective: &Objective, style: &Style) -> String {
    let state = ended.state.as_str().replace('_', " ");
    let mut parts = vec![
        format!("trial {}", ended.number),
        style.paint(trial_role(ended.state), pad(&state, 9)),
    ];
    if let Some(value) = ended.objective {
        parts.push(format!("{}={}", objective.metric, short(value)));
    }
    if ended.is_best {
        parts.push(style.paint(Role::Good, "(best)"));
    }
    if let Some(explanation) = ended
        .explanation
        .as_deref()
        .filter(|_| ended.state != TrialState::Succeeded)
    {
        parts.push(describe::essence(explanation));
    }
    parts.push(describe::configuration(&ended.parameters));
    parts.extend(ended.seconds.map(duration));
    parts.join("  ")
}

fn best_line(ended: &EndedTrial, objective: &Objective, style: &Style) -> String {
    let mut parts = vec![
        style.paint(Role::Good, style.pick("▲", "^")),
        format!("trial {}", ended.number),
    ];
    if let Some(value) = ended.objective {
        parts.push(style.strong(format!("{}={}", objective.metric, short(value))));
        parts.extend(
            gain(value, ended.previous_best, objective.goal)
                .map(|gain| style.paint(Role::Good, gain)),
        );
    }
    parts.push(style.dim(describe::configuration(&ended.parameters)));
    parts.join("  ")
}

/// How far the objective moved, with its sign.
fn gain(value: f64, previous: Option<f64>, goal: Goal) -> Option<String> {
    let moved = improvement(goal, value, previous?);
    Some(match goal {
        Goal::Maximize => change(moved),
        Goal::Minimize => change(-moved),
    })
}

#[cfg(test)]
mod tests {
    use super::super::progress::tests::{experiment, progress};
    use super::*;
    use insta::assert_snapshot;

    fn all(render: impl Fn(&News, &Objective, &Style) -> Option<String>) -> String {
        let objective = experiment().objective;
        let (_, news) = progress();
        let lines = news
            .iter()
            .filter_map(|news| render(news, &objective, &Style::PLAIN));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_trial_that_ends_has_its_line() {
        assert_snapshot!(all(line), @r"
        trial 0  succeeded  accuracy=0.9  (best)  model=random_forest n_estimators=51  2.0s
        trial 1  succeeded  accuracy=0.95  (best)  model=random_forest n_estimators=51  1.0s
        trial 2  failed     step `train` exited with 1  model=random_forest n_estimators=51  1.0s
        ");
    }

    #[test]
    fn only_improvements_and_failures_are_highlights() {
        assert_snapshot!(all(highlight), @r"
        ▲  trial 0  accuracy=0.9  model=random_forest n_estimators=51
        ▲  trial 1  accuracy=0.95  +0.05  model=random_forest n_estimators=51
        trial 2  failed     step `train` exited with 1  model=random_forest n_estimators=51  1.0s
        ");
    }

    #[test]
    fn a_retry_says_why_and_when() {
        let news = News::Retry {
            trial: 3,
            step: "train".into(),
            attempt: 1,
            explanation: "exited with 1".into(),
            retry_in: 0.5,
        };
        let text = line(&news, &experiment().objective, &Style::PLAIN).unwrap();
        assert_snapshot!(text, @"trial 3  retry  step train, attempt 1: exited with 1; next attempt in 0.50s");
    }
}
