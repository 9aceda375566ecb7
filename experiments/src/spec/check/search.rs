//! Algorithm and early stopping: by name alone or as a mapping; their settings are checked by those who use them.

use super::super::experiment::{AlgorithmChoice, Objective, StopperChoice};
use super::super::keys::{ALGORITHM, EARLY_STOPPING, Need, Table};
use super::super::tree::Kind;
use super::super::words;
use super::Check;
use super::fields::{At, Fields};
use std::sync::Arc;
use tune_algorithms::history::Goal;
use tune_algorithms::setting::{Setting, SettingError, Settings};
use tune_algorithms::space::{Domain, Parameter, Space};
use tune_algorithms::{algorithm, stopper};

/// The setting of a stopper that names a parameter.
const RESOURCE: &str = "resource";

/// What `early_stopping` says when nobody stops trials.
const NONE: &str = "none";

impl Check<'_> {
    pub(super) fn algorithm(
        &mut self,
        fields: &Fields<'_>,
        space: Option<&Arc<Space>>,
    ) -> Option<AlgorithmChoice> {
        let names = || algorithm::ALGORITHMS.iter().map(|info| info.name);
        let at = fields.get("algorithm");
        let (name, block) = self.named(at.as_ref(), &ALGORITHM, "algorithm", names)?;
        let seed = match &block {
            Some(block) => self.whole(block, "seed")?,
            None => default_of(&ALGORITHM, "seed").parse().ok()?,
        };
        let seed = u64::try_from(seed).ok()?;
        let settings = self.settings(block.as_ref())?;
        // Without a space the settings can still be checked, against any other.
        let space = space.cloned().or_else(any_space)?;
        let built = algorithm::build(&name, space, seed, &settings);
        let known = algorithm::ALGORITHMS.iter().find(|info| info.name == name);
        let known = known.map_or(&[][..], |info| info.settings);
        self.setting_errors(at.as_ref(), block.as_ref(), known, built.err());
        Some(AlgorithmChoice {
            name,
            seed,
            settings,
        })
    }

    /// `Some(None)`: nobody stops trials.
    pub(super) fn early_stopping(
        &mut self,
        fields: &Fields<'_>,
        objective: Option<&Objective>,
        space: Option<&Arc<Space>>,
    ) -> Option<Option<StopperChoice>> {
        let names = || stopper::STOPPERS.iter().map(|info| info.name).chain([NONE]);
        let Some(at) = fields.get("early_stopping") else {
            return Some(None);
        };
        let (name, block) = self.named(Some(&at), &EARLY_STOPPING, "early stopping rule", names)?;
        let settings = self.settings(block.as_ref())?;
        if name == NONE {
            if let Some(at) = block.and_then(|block| block.get("settings")) {
                self.at(
                    &at,
                    "`none` has no settings",
                    Some("remove them, or name a rule".to_owned()),
                );
            }
            return Some(None);
        }
        let goal = objective.map_or(Goal::Minimize, |objective| objective.goal);
        // Without a space the settings can still be checked, but for the parameter that they name.
        let mut checked = settings.clone();
        if space.is_none() {
            checked.remove(RESOURCE);
        }
        let space = space.cloned().or_else(any_space)?;
        let built = stopper::build(&name, goal, &space, &checked);
        let known = stopper::STOPPERS.iter().find(|info| info.name == name);
        let known = known.map_or(&[][..], |info| info.settings);
        let resource = built.as_ref().ok().and_then(|stopper| stopper.resource());
        let resource = resource.cloned();
        self.setting_errors(Some(&at), block.as_ref(), known, built.err());
        Some(Some(StopperChoice {
            name,
            settings,
            resource,
        }))
    }

    /// Whether early stopping names the parameter that says how many levels trials have; right or wrong.
    pub(super) fn names_resource(fields: &Fields<'_>) -> bool {
        let settings = fields.at.node.get("early_stopping");
        let settings = settings.and_then(|entry| entry.node.get("settings"));
        settings.is_some_and(|entry| entry.node.get(RESOURCE).is_some())
    }

    /// A known name, and the mapping it comes from unless it stands alone.
    fn named<'n, 'w, I: Iterator<Item = &'w str>>(
        &mut self,
        at: Option<&At<'n>>,
        table: &'static Table,
        noun: &str,
        known: impl Fn() -> I,
    ) -> Option<(String, Option<Fields<'n>>)> {
        let Some(at) = at else {
            return Some((default_of(table, "name").to_owned(), None));
        };
        let (at, block) = match &at.node.kind {
            Kind::Mapping(_) => {
                let block = self.fields(at, table, None)?;
                (block.get("name"), Some(block))
            }
            _ => (Some(at.clone()), None),
        };
        let Some(at) = at else {
            let default = default_of(table, "name");
            return (!default.is_empty()).then(|| (default.to_owned(), block));
        };
        let name = self.text_at(&at)?;
        if !known().any(|known| known == name) {
            let help = self.did_you_mean(&name, known());
            self.at(
                &at,
                format!("unknown {noun} {}", words::quoted(&name)),
                help,
            );
            return None;
        }
        Some((name, block))
    }

    fn settings(&mut self, block: Option<&Fields<'_>>) -> Option<Settings> {
        let Some(at) = block.and_then(|block| block.get("settings")) else {
            return Some(Settings::new());
        };
        match at.node.to_json() {
            serde_json::Value::Object(settings) => Some(settings),
            _ => {
                self.at(
                    &at,
                    format!("expected a mapping, found {}", self.found(&at)),
                    None,
                );
                None
            }
        }
    }

    /// Points at the value of a setting, at its key when there is no such setting, else at the algorithm or stopper.
    fn setting_errors(
        &mut self,
        at: Option<&At<'_>>,
        block: Option<&Fields<'_>>,
        known: &[Setting],
        errors: Option<Vec<SettingError>>,
    ) {
        let settings = block.and_then(|block| block.get("settings"));
        let Some(at) = settings.as_ref().or(at) else {
            return;
        };
        for SettingError { key, message, help } in errors.unwrap_or_default() {
            let Some(entry) = at.node.get(&key) else {
                self.at(at, message, help);
                continue;
            };
            let setting = at.entry(entry);
            let is_known = known.iter().any(|setting| setting.name == key);
            let place = if is_known {
                setting.place()
            } else {
                setting.key_place()
            };
            let help = help.or_else(|| known.is_empty().then(|| "it has no settings".to_owned()));
            self.problems
                .add_at(setting.path.clone(), place.clone(), message, help);
        }
    }
}

fn default_of(table: &'static Table, key: &str) -> &'static str {
    match table.key(key).map(|key| key.need) {
        Some(Need::Default(default)) => default,
        _ => "",
    }
}

pub(super) fn any_space() -> Option<Arc<Space>> {
    let parameter = Parameter {
        name: "any".to_owned(),
        domain: Domain::Bool,
        when: None,
    };
    Space::new(vec![parameter]).ok().map(Arc::new)
}
