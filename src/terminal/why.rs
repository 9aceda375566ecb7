//! Why a trial tries what it tries, in words.

use super::describe::paragraph;
use super::number::short;
use super::style::Style;
use tune_algorithms::algorithm::{Reason, Why};
use tune_experiments::store::TrialRecord;

/// A few lines; none for a trial of a version that did not remember it.
pub fn text(trial: &TrialRecord, metric: &str, style: &Style) -> String {
    match &trial.why {
        Some(why) => suggested(why, metric, style),
        None if trial.enqueued => paragraph("your own: it was enqueued", style, 2),
        None => String::new(),
    }
}

fn suggested(why: &Why, metric: &str, style: &Style) -> String {
    let reason = format!("suggested by {}: {}", why.algorithm, reason(why.reason));
    let mut text = paragraph(&reason, style, 2);
    if let Some(choice) = &why.choice {
        let choice = format!("auto chose {}: {choice}", why.algorithm);
        text += &paragraph(&choice, style, 2);
    }
    let expected = why.prediction.map(|it| {
        let (mean, deviation) = (short(it.mean), short(it.deviation));
        format!("expected {metric} {mean}, give or take {deviation}")
    });
    let acquisition = why
        .acquisition
        .map(|it| format!("acquisition {}", short(it)));
    let facts: Vec<String> = expected.into_iter().chain(acquisition).collect();
    text + &paragraph(&facts.join("; "), style, 2)
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Coverage => "the next of its points: this algorithm does not learn from results",
        Reason::Startup => {
            "too little was known to learn from, so it is one of points that are spread over the space"
        }
        Reason::Exploitation => "exploitation: it was expected to be good",
        Reason::Exploration => "exploration: it was not expected to be the best, but it might be",
        Reason::Sample => "a sample of the distribution that good trials have shaped",
        Reason::Untried => "one of what was left, since what it looked for had been tried",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use tune_algorithms::algorithm::Prediction;

    #[test]
    fn all_that_an_algorithm_says_is_shown() {
        let why = Why {
            choice: Some("few trials".into()),
            prediction: Some(Prediction {
                mean: 0.312_345,
                deviation: 0.05,
            }),
            acquisition: Some(-3.25),
            ..Why::new("gp", Reason::Exploration)
        };
        assert_snapshot!(suggested(&why, "loss", &Style::PLAIN), @r"
          suggested by gp: exploration: it was not expected to be the best, but it might be
          auto chose gp: few trials
          expected loss 0.3123, give or take 0.05; acquisition -3.25
        ");
        let why = Why::new("grid", Reason::Coverage);
        assert_snapshot!(suggested(&why, "loss", &Style::PLAIN), @"  suggested by grid: the next of its points: this algorithm does not learn from results");
    }
}
