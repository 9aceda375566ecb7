//! What to strive for, and whether anything can report it.

use super::super::experiment::{Action, LEVEL_NAMES, Objective, Pipeline, Strategy};
use super::super::keys::OBJECTIVE;
use super::super::words;
use super::Check;
use super::fields::Fields;
use crate::metrics::why_no_metric;
use crate::pipeline::known;
use tune_algorithms::history::Goal;

impl Check<'_> {
    pub(super) fn objective(&mut self, fields: &Fields<'_>) -> Option<Objective> {
        let at = fields.get("objective")?;
        let fields = self.fields(&at, &OBJECTIVE, None)?;
        let metric = self.metric(&fields);
        let goal = self.word(&fields, "goal");
        let target = self.number(&fields, "target");
        let strategy = self.word(&fields, "strategy")?;
        Some(Objective {
            metric: metric?,
            goal: match goal? {
                "maximize" => Goal::Maximize,
                _ => Goal::Minimize,
            },
            target,
            strategy: match strategy {
                "best" => Strategy::Best,
                "mean" => Strategy::Mean,
                _ => Strategy::Last,
            },
        })
    }

    fn metric(&mut self, fields: &Fields<'_>) -> Option<String> {
        let at = fields.get("metric")?;
        let metric = self.text_at(&at)?;
        let Some(message) = why_no_objective(&metric) else {
            return Some(metric);
        };
        let help = match LEVEL_NAMES.contains(&metric.as_str()) {
            true => {
                "give the metric another name where it is printed, such as `best_loss`, and write that here"
            }
            false => "it is one word, such as `accuracy` or `val/loss`, of at most 200 characters",
        };
        self.at(&at, message, Some(help.to_owned()));
        None
    }

    /// A `run` step may print anything, and so may clients report; components say what they do.
    pub(super) fn reportable(
        &mut self,
        fields: &Fields<'_>,
        objective: &Objective,
        pipeline: &Pipeline,
    ) {
        if pipeline.is_empty() {
            return;
        }
        let mut reported = Vec::new();
        for step in pipeline.steps.values() {
            match &step.action {
                Action::Component { uses, with } => {
                    reported.extend(self.components.metrics(uses, &known(with)));
                }
                Action::Shell { .. } | Action::Program { .. } => return,
            }
        }
        let at = fields
            .get("objective")
            .and_then(|at| at.node.get("metric").map(|entry| at.entry(entry)));
        if let Some(at) = at
            && !reported.contains(&objective.metric)
        {
            let help =
                match self.did_you_mean(&objective.metric, reported.iter().map(String::as_str)) {
                    Some(help) => help,
                    None => "no step of this pipeline reports a metric".to_owned(),
                };
            self.at(
                &at,
                format!("no step reports {}", words::quoted(&objective.metric)),
                Some(help),
            );
        }
    }
}

/// Why that cannot be the name of the objective: one that is printed as `name=value` is one word.
fn why_no_objective(metric: &str) -> Option<String> {
    let is_word = !metric.contains(|c: char| c.is_whitespace() || c == '=');
    let no_word = || format!("{} cannot be the name of a metric", words::quoted(metric));
    why_no_metric(metric).or_else(|| (!is_word).then(no_word))
}
