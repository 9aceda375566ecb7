//! A comparison as a table and a sentence that claims no more than the numbers do.

use super::describe;
use super::number::{count, short};
use super::style::{Role, Style};
use super::table::{Align, Table};
use crate::comparison::{Comparison, FEWEST, Group, Verdict};
use tune_algorithms::compare::Test;

/// The groups, one per line.
pub fn table(comparison: &Comparison, style: &Style) -> String {
    let mut table = Table::new([
        (comparison.parameter.as_str(), Align::Left),
        ("trials", Align::Right),
        ("best", Align::Right),
        ("median", Align::Right),
        ("quartiles", Align::Firm),
        ("best configuration", Align::Left),
    ]);
    for group in &comparison.groups {
        table.row(row(group, comparison, style));
    }
    table.render(style, 2)
}

fn row(group: &Group, comparison: &Comparison, style: &Style) -> Vec<String> {
    let name = describe::value(&group.value);
    let wins =
        matches!(&comparison.verdict, Verdict::Better { winner, .. } if *winner == group.value);
    let name = if wins {
        style.paint(Role::Good, name)
    } else {
        name
    };
    let summary = group.summary.as_ref();
    let none = || "-".to_owned();
    vec![
        name,
        group.trials.to_string(),
        group
            .best
            .as_ref()
            .map_or_else(none, |best| short(best.objective)),
        summary.map_or_else(none, |summary| short(summary.median)),
        summary.map_or_else(none, |summary| {
            format!(
                "{} {} {}",
                short(summary.lower_quartile),
                style.pick("–", "-"),
                short(summary.upper_quartile)
            )
        }),
        group
            .best
            .as_ref()
            .map_or_else(none, |best| style.dim(configuration(best, comparison))),
    ]
}

/// The other parameters: the one that is compared stands in the first column.
fn configuration(best: &crate::comparison::BestTrial, comparison: &Comparison) -> String {
    let others = best
        .parameters
        .iter()
        .filter(|(name, _)| *name != comparison.parameter)
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    describe::configuration(&others)
}

/// What the comparison says, and what it does not.
pub fn sentences(comparison: &Comparison, learns: bool) -> Vec<String> {
    let mut sentences = vec![verdict(comparison)];
    if comparison.verdict != Verdict::TooFew {
        let small = comparison.groups.iter().filter(|group| !group.judged);
        sentences.extend(small.map(not_judged));
    }
    let stopped: u64 = comparison
        .groups
        .iter()
        .map(|group| group.early_stopped)
        .sum();
    if stopped > 0 {
        sentences.push(format!(
            "not compared: {} stopped early; the groups may look better than they are",
            count(stopped, "trial")
        ));
    }
    if learns && comparison.verdict != Verdict::TooFew {
        sentences.push("the algorithm chose later trials by earlier results: take this as a guide, not as proof".to_owned());
    }
    sentences
}

fn verdict(comparison: &Comparison) -> String {
    let evidence = comparison.test.map(|test| {
        let name = match test.test {
            Test::MannWhitney => "Mann-Whitney",
            Test::KruskalWallis => "Kruskal-Wallis",
        };
        format!("{name} test, {}", probability(test.p_value))
    });
    let evidence = evidence.unwrap_or_default();
    match &comparison.verdict {
        Verdict::Better {
            winner,
            share_of_pairs: Some(share),
        } => format!(
            "{} tends to be better among these trials: in {:.0} % of all pairs its trial wins ({evidence})",
            describe::value(winner),
            share * 100.0
        ),
        Verdict::Better { winner, .. } => format!(
            "the groups differ among these trials ({evidence}); {} has the best median",
            describe::value(winner)
        ),
        Verdict::Unclear => {
            format!("no clear winner: chance alone could explain the difference ({evidence})")
        }
        Verdict::TooFew => too_few(comparison),
    }
}

fn size(group: &Group) -> u64 {
    group.summary.map_or(0, |summary| summary.count as u64)
}

fn not_judged(group: &Group) -> String {
    format!(
        "{} has {}: not judged",
        describe::value(&group.value),
        count(size(group), "result")
    )
}

fn too_few(comparison: &Comparison) -> String {
    let groups = &comparison.groups;
    if let [only] = &groups[..] {
        let value = describe::value(&only.value);
        return format!(
            "all have {} {value}: there is nothing to compare",
            comparison.parameter
        );
    }
    let trials: u64 = groups.iter().map(|group| group.trials).sum();
    let are_numbers = groups.iter().all(|group| group.value.as_f64().is_some());
    if are_numbers && trials < 2 * groups.len() as u64 {
        return format!(
            "almost every trial has its own {}: compare by a parameter with few values",
            comparison.parameter
        );
    }
    let smallest = comparison.groups.iter().min_by_key(|group| size(group));
    let smallest =
        smallest.map(|group| format!(", {} has {}", describe::value(&group.value), size(group)));
    format!(
        "too few results to say which is better: {FEWEST} of each are needed{}",
        smallest.unwrap_or_default()
    )
}

fn probability(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {p:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::tests::{comparison, with_a_small_group};
    use insta::assert_snapshot;
    use tune_algorithms::history::Goal;
    use tune_algorithms::space::Value;

    fn text(count: u64, lead: f64) -> String {
        let comparison = comparison(count, lead, Goal::Maximize);
        format!(
            "{}{}",
            table(&comparison, &Style::PLAIN),
            sentences(&comparison, true).join("\n")
        )
    }

    #[test]
    fn a_winner_is_named_with_the_evidence() {
        assert_snapshot!(text(8, 0.5), @r"
          model     trials  best  median  quartiles        best configuration
          boosting       8  1.37   1.335  1.317 – 1.353
          forest        10  0.87   0.835  0.8175 – 0.8525
        boosting tends to be better among these trials: in 100 % of all pairs its trial wins (Mann-Whitney test, p < 0.001)
        not compared: 1 trial stopped early; the groups may look better than they are
        the algorithm chose later trials by earlier results: take this as a guide, not as proof
        ");
    }

    #[test]
    fn no_winner_is_claimed_where_chance_could_explain_the_difference() {
        assert_snapshot!(text(8, 0.01), @r"
          model     trials  best  median  quartiles        best configuration
          boosting       8  0.88   0.845  0.8275 – 0.8625
          forest        10  0.87   0.835  0.8175 – 0.8525
        no clear winner: chance alone could explain the difference (Mann-Whitney test, p = 0.460)
        not compared: 1 trial stopped early; the groups may look better than they are
        the algorithm chose later trials by earlier results: take this as a guide, not as proof
        ");
    }

    #[test]
    fn a_group_that_is_not_judged_is_named() {
        let said = sentences(&with_a_small_group(), false);
        assert_eq!(said[1], "naive_bayes has 1 result: not judged");
    }

    #[test]
    fn groups_of_one_trial_each_say_nothing() {
        let mut comparison = comparison(3, 0.5, Goal::Maximize);
        for (number, group) in (1..).zip(&mut comparison.groups) {
            group.value = Value::Int(number);
            group.trials = 1;
        }
        let said = sentences(&comparison, false);
        assert_eq!(
            said[0],
            "almost every trial has its own model: compare by a parameter with few values"
        );
    }

    #[test]
    fn few_trials_are_too_few() {
        assert_snapshot!(text(3, 0.5), @r"
          model     trials  best  median  quartiles      best configuration
          boosting       3  1.32    1.31  1.305 – 1.315
          forest         5  0.82    0.81  0.805 – 0.815
        too few results to say which is better: 5 of each are needed, boosting has 3
        not compared: 1 trial stopped early; the groups may look better than they are
        ");
    }
}
