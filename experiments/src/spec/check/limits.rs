//! When the experiment ends, and that it does.

use super::super::experiment::{AlgorithmChoice, Convergence, Limits, Objective};
use super::super::keys::CONVERGED;
use super::Check;
use super::fields::Fields;
use tune_algorithms::space::Space;

/// The algorithms that say what is still to be gained.
const EXPECTING: [&str; 2] = ["auto", "gp"];

impl Check<'_> {
    pub(super) fn limits(&mut self, fields: &Fields<'_>) -> Option<Limits> {
        let max_trials = self.whole(fields, "max_trials");
        let parallel_trials = self.whole(fields, "parallel_trials");
        let max_failed_trials = self.whole(fields, "max_failed_trials");
        let max_duration = self.duration(fields, "max_duration");
        let converged = self.convergence(fields);
        let priority = self.whole(fields, "priority");
        Some(Limits {
            max_trials: max_trials.and_then(|n| u64::try_from(n).ok()),
            parallel_trials: u32::try_from(parallel_trials?).ok()?,
            max_failed_trials: max_failed_trials.and_then(|n| u64::try_from(n).ok()),
            max_duration,
            converged: converged?,
            priority: u32::try_from(priority?).ok()?,
        })
    }

    /// `Some(None)` when it is not asked for; `None` when something is wrong.
    fn convergence(&mut self, fields: &Fields<'_>) -> Option<Option<Convergence>> {
        let Some(at) = fields.get("converged") else {
            return Some(None);
        };
        let fields = self.fields(&at, &CONVERGED, None)?;
        let stagnation = self.whole(&fields, "stagnation");
        let min_improvement = self.number(&fields, "min_improvement");
        let expected_improvement = self.number(&fields, "expected_improvement");
        let regret = self.number(&fields, "regret");
        let ends = ["stagnation", "expected_improvement", "regret"];
        if ends.iter().all(|end| fields.get(end).is_none()) {
            let help =
                "give `stagnation`, `expected_improvement` or `regret`, or several".to_owned();
            self.at(&at, "this does not say when", Some(help));
        }
        Some(Some(Convergence {
            stagnation: stagnation.and_then(|n| u64::try_from(n).ok()),
            min_improvement: min_improvement?,
            expected_improvement,
            regret,
        }))
    }

    /// Only an algorithm with a model can say what is still to be gained.
    pub(super) fn can_expect(
        &mut self,
        fields: &Fields<'_>,
        limits: &Limits,
        algorithm: Option<&AlgorithmChoice>,
    ) {
        let expects = |algorithm: &AlgorithmChoice| EXPECTING.contains(&algorithm.name.as_str());
        let Some(algorithm) = algorithm.filter(|algorithm| !expects(algorithm)) else {
            return;
        };
        let Some(converged) = fields
            .get("converged")
            .filter(|_| limits.converged.is_some())
        else {
            return;
        };
        let asking = ["expected_improvement", "regret"];
        for (key, at) in converged.entries().filter(|(key, _)| asking.contains(key)) {
            if at.node.is_null() {
                continue;
            }
            let message = format!("`{}` cannot say what is still to be gained", algorithm.name);
            let help = format!("`{key}` goes with the algorithms `auto` and `gp`");
            self.at(&at, message, Some(help));
        }
    }

    /// An experiment that nothing ends is a mistake. A finite space does, and so does a grid, which is finite in any space.
    pub(super) fn has_an_end(
        &mut self,
        fields: &Fields<'_>,
        objective: &Objective,
        algorithm: Option<&AlgorithmChoice>,
        space: &Space,
    ) {
        let limited = |key| match fields.at.node.get(key) {
            // When there are problems, what is empty may be a value that could not be read.
            Some(entry) => !entry.node.is_null() || !self.problems.is_empty(),
            None => false,
        };
        let ends = limited("max_trials")
            || limited("max_duration")
            || limited("converged")
            || objective.target.is_some()
            || algorithm.is_none_or(|algorithm| algorithm.name == "grid")
            || space.size().is_some();
        if !ends && let Some(at) = fields.get("parameters") {
            let help = "give `max_trials`, `max_duration`, `converged` or `objective.target`: these parameters have infinitely many configurations";
            self.at(&at, "nothing ends this experiment", Some(help.to_owned()));
        }
    }
}
