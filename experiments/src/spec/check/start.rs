//! What the search starts from: another experiment. Whether there is such a one is for the store to say.

use super::super::experiment::AlgorithmChoice;
use super::super::words;
use super::Check;
use super::fields::Fields;
use super::search::any_space;
use std::sync::Arc;
use tune_algorithms::algorithm::{self, ALGORITHMS};
use tune_algorithms::setting::Settings;
use tune_algorithms::space::Space;

impl Check<'_> {
    /// `Some(None)`: from nothing; `None` when something is wrong.
    pub(super) fn start_from(
        &mut self,
        fields: &Fields<'_>,
        name: Option<&str>,
        algorithm: Option<&AlgorithmChoice>,
    ) -> Option<Option<String>> {
        let Some(at) = fields.get("start_from") else {
            return Some(None);
        };
        let other = self.text_at(&at)?;
        if name == Some(&other) {
            let help = "name another experiment; the same file goes on where it was by itself";
            let message = "an experiment cannot start from itself";
            self.at(&at, message, Some(help.to_owned()));
            return None;
        }
        if let Some(algorithm) = algorithm.filter(|it| !learns(&it.name)) {
            let message = format!(
                "{} does not learn from trials, so it would make nothing of these",
                words::quoted(&algorithm.name)
            );
            let names = ALGORITHMS.iter().map(|info| info.name);
            let help = format!(
                "choose an algorithm that learns ({}), or leave this out",
                words::list(names.filter(|name| learns(name)))
            );
            self.at(&at, message, Some(help));
            return None;
        }
        Some(Some(other))
    }
}

/// Whether suggestions of an algorithm depend on trials; settings and space make no difference to that.
fn learns(name: &str) -> bool {
    let build = |space: Arc<Space>| algorithm::build(name, space, 0, &Settings::new()).ok();
    any_space()
        .and_then(build)
        .is_none_or(|algorithm| algorithm.learns())
}
