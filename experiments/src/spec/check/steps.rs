//! The pipeline: its steps, what each runs, and the order that their needs leave.

use super::super::experiment::{Action, Pipeline, Step};
use super::super::keys::STEP;
use super::super::tree::Kind;
use super::super::words;
use super::Check;
use super::fields::{At, Fields};
use super::references::{Scope, Within};
use crate::pipeline::order;
use indexmap::IndexMap;

/// Environment variables of that prefix are the program's own.
const RESERVED: &str = "TUNE_";

impl Check<'_> {
    /// Without one there are no steps: clients evaluate the trials. One that is empty is a mistake.
    pub(super) fn pipeline(&mut self, fields: &Fields<'_>) -> Option<Pipeline> {
        let Some(entry) = fields.at.node.get("pipeline") else {
            return Some(Pipeline::default());
        };
        let at = fields.at.entry(entry);
        if at.node.is_null() {
            let help = "give at least one step; without `pipeline`, clients ask for trials and tell how they ended";
            self.at(&at, "it is empty", Some(help.to_owned()));
            return None;
        }
        if !matches!(at.node.kind, Kind::Mapping(_)) {
            let help = "write `NAME: { uses: COMPONENT }` or `NAME: { run: COMMAND }`".to_owned();
            let message = format!("expected a mapping, found {}", self.found(&at));
            self.at(&at, message, Some(help));
            return None;
        }
        if at.node.entries().is_empty() {
            let help = "give at least one step".to_owned();
            self.at(&at, "there are no steps to run", Some(help));
            return None;
        }
        let scope = Scope::new(
            &at,
            fields.get("parameters").as_ref(),
            &self.known,
            Self::names_resource(fields),
        );
        let steps: Vec<_> = at
            .entries()
            .map(|(name, at)| Some((name.to_owned(), self.step(name, &at, &scope)?)))
            .collect();
        let complete = steps.iter().all(Option::is_some);
        let steps = self.ordered(&at, steps.into_iter().flatten().collect())?;
        complete.then_some(Pipeline { steps })
    }

    /// The steps in an order in which each comes after those it needs.
    fn ordered(
        &mut self,
        pipeline: &At<'_>,
        mut steps: IndexMap<String, Step>,
    ) -> Option<IndexMap<String, Step>> {
        let needs = steps
            .iter()
            .map(|(name, step)| (name.clone(), step.needs.clone()));
        match order(&needs.collect()) {
            Ok(order) => {
                let step = |name: String| steps.swap_remove(&name).map(|step| (name, step));
                Some(order.into_iter().filter_map(step).collect())
            }
            Err(cycle) => {
                let entry = cycle.first().and_then(|name| pipeline.node.get(name));
                let at = entry.map_or_else(|| pipeline.clone(), |entry| pipeline.entry(entry));
                let message = format!("these steps wait for each other: {}", arrows(&cycle));
                let help = "`a → b` means that a needs b; one of them must do without".to_owned();
                self.at(&at, message, Some(help));
                None
            }
        }
    }

    fn step(&mut self, name: &str, at: &At<'_>, scope: &Scope<'_>) -> Option<Step> {
        let named = self.identifier(name, at, "the name of a step");
        let variant = self.variant(at);
        let fields = self.fields(at, &STEP, variant)?;
        let mut within = Within::new(name, scope);
        self.needs(&fields, &mut within);
        let action = match variant {
            Some("uses") => self.component(&fields, &mut within),
            Some(_) => self.command(&fields, &mut within),
            None => None,
        };
        let env = self.env(&fields, &mut within);
        let secrets = self.secrets(&fields);
        let artifacts = self.artifacts(&fields);
        let timeout = self.duration(&fields, "timeout");
        let retries = self.retries(&fields);
        let working_directory = self.text(&fields, "working_directory");
        if let (Some(text), Some(at)) = (&working_directory, fields.get("working_directory")) {
            self.template(&at, text, &mut within);
        }
        Some(Step {
            action: action.filter(|_| named)?,
            needs: within.needs.into_iter().collect(),
            env: env?,
            secrets: secrets?,
            artifacts: artifacts?,
            timeout,
            retries: retries?,
            working_directory,
        })
    }

    /// Whether a step has `uses` or `run`; it must have one of them, and no more.
    fn variant(&mut self, at: &At<'_>) -> Option<&'static str> {
        if !matches!(at.node.kind, Kind::Mapping(_)) {
            return None;
        }
        let help = "a step runs either a component (`uses`) or a command (`run`)".to_owned();
        match (at.node.get("uses"), at.node.get("run")) {
            (Some(_), None) => Some("uses"),
            (None, Some(_)) => Some("run"),
            (None, None) => {
                self.at(at, "the step runs nothing", Some(help));
                None
            }
            (Some(_), Some(run)) => {
                let at = at.entry(run);
                let place = at.key_place().clone();
                let message = "the step has both `uses` and `run`";
                self.problems.add_at(at.path, place, message, Some(help));
                None
            }
        }
    }

    fn needs(&mut self, fields: &Fields<'_>, within: &mut Within<'_>) {
        let Some(at) = fields.get("needs") else {
            return;
        };
        let items = match &at.node.kind {
            Kind::Sequence(nodes) => {
                let nodes = nodes.iter().enumerate();
                nodes.map(|(index, node)| at.item(index, node)).collect()
            }
            _ => vec![at],
        };
        for at in items {
            let Some(name) = self.text_at(&at) else {
                continue;
            };
            if name == within.step {
                self.at(&at, "a step cannot need itself", None);
            } else if within.scope.steps.contains_key(name.as_str()) {
                within.needs.insert(name);
            } else {
                let help = self.did_you_mean(&name, within.scope.steps.keys().copied());
                self.at(&at, format!("unknown step {}", words::quoted(&name)), help);
            }
        }
    }

    fn command(&mut self, fields: &Fields<'_>, within: &mut Within<'_>) -> Option<Action> {
        let at = fields.get("run")?;
        let Kind::Sequence(nodes) = &at.node.kind else {
            let run = self.text_at(&at)?;
            if run.trim().is_empty() {
                self.at(&at, "the command is empty", None);
            }
            self.shell_template(&at, &run, within);
            return Some(Action::Shell { run });
        };
        if nodes.is_empty() {
            let help = "write the program and its arguments: `[python, train.py]`".to_owned();
            self.at(&at, "the command is empty", Some(help));
        }
        let words: Vec<_> = nodes
            .iter()
            .enumerate()
            .map(|(index, node)| self.scalar_template(&at.item(index, node), within))
            .collect();
        let run = words.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Action::Program { run })
    }

    fn env(
        &mut self,
        fields: &Fields<'_>,
        within: &mut Within<'_>,
    ) -> Option<IndexMap<String, String>> {
        let Some(at) = self.mapping(fields, "env")? else {
            return Some(IndexMap::new());
        };
        let variables: Vec<_> = at
            .entries()
            .map(|(name, at)| {
                self.variable_name(name, &at);
                Some((name.to_owned(), self.scalar_template(&at, within)?))
            })
            .collect();
        variables.into_iter().collect()
    }

    fn variable_name(&mut self, name: &str, at: &At<'_>) {
        let why = if name.is_empty() || name.contains(['=', '\0']) {
            "cannot be the name of an environment variable"
        } else if name.starts_with(RESERVED) {
            "is set by the program itself"
        } else {
            return;
        };
        let message = format!("{} {why}", words::quoted(name));
        self.problems
            .add_at(at.path.clone(), at.key_place().clone(), message, None);
    }

    /// Names of environment variables: each once, and none that the file sets itself.
    fn secrets(&mut self, fields: &Fields<'_>) -> Option<Vec<String>> {
        let Some(at) = fields.get("secrets") else {
            return Some(Vec::new());
        };
        let Kind::Sequence(nodes) = &at.node.kind else {
            let help = "write a list: `[HF_TOKEN]`".to_owned();
            let message = format!("expected a list of names, found {}", self.found(&at));
            self.at(&at, message, Some(help));
            return None;
        };
        let mut names = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let at = at.item(index, node);
            let name = self.text_at(&at)?;
            self.secret_name(fields, &name, &names, &at);
            names.push(name);
        }
        Some(names)
    }

    fn secret_name(&mut self, fields: &Fields<'_>, name: &str, before: &[String], at: &At<'_>) {
        let first = |c: char| c.is_ascii_alphabetic() || c == '_';
        let is_name =
            name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit());
        let in_env = fields
            .get("env")
            .is_some_and(|env| env.node.get(name).is_some());
        let (why, help) = if !is_name {
            (
                "cannot be the name of an environment variable",
                "name a variable of the program's own environment, such as `HF_TOKEN`; its value never stands in the file",
            )
        } else if name.starts_with(RESERVED) {
            (
                "is set by the program itself",
                "give the variable another name",
            )
        } else if before.iter().any(|other| other == name) {
            ("is named twice", "name it once")
        } else if in_env {
            ("is set by `env` as well", "leave it out in one of the two")
        } else {
            return;
        };
        let message = format!("{} {why}", words::quoted(name));
        self.at(at, message, Some(help.to_owned()));
    }

    fn artifacts(&mut self, fields: &Fields<'_>) -> Option<IndexMap<String, String>> {
        let Some(at) = self.mapping(fields, "artifacts")? else {
            return Some(IndexMap::new());
        };
        let paths: Vec<_> = at
            .entries()
            .map(|(name, at)| {
                self.identifier(name, &at, "the name of an artifact");
                Some((name.to_owned(), self.artifact_path(&at)?))
            })
            .collect();
        paths.into_iter().collect()
    }

    fn artifact_path(&mut self, at: &At<'_>) -> Option<String> {
        let path = self.text_at(at)?;
        let stays_below = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if stays_below && !path.contains(['\0', '\\']) && !path.contains("${{") {
            return Some(path);
        }
        let help = "write a path below `$TUNE_ARTIFACTS`, such as `model.pkl` or `out/model.pkl`"
            .to_owned();
        self.at(
            at,
            format!("{} cannot be the path of an artifact", words::quoted(&path)),
            Some(help),
        );
        None
    }

    /// A mapping of the user's own keys: `Some(None)` when it is absent, `None` when it is something else.
    fn mapping<'n>(&mut self, fields: &Fields<'n>, key: &str) -> Option<Option<At<'n>>> {
        match fields.get(key) {
            Some(at) if !matches!(at.node.kind, Kind::Mapping(_)) => {
                let message = format!("expected a mapping, found {}", self.found(&at));
                self.at(&at, message, None);
                None
            }
            other => Some(other),
        }
    }
}

/// `a → b → a`, cut in the middle when it is long.
fn arrows(cycle: &[String]) -> String {
    const SHOWN: usize = 10;
    if cycle.len() <= SHOWN {
        return cycle.join(" → ");
    }
    let (first, last) = (&cycle[..SHOWN - 2], &cycle[cycle.len() - 1]);
    format!(
        "{} → … ({} more) → {last}",
        first.join(" → "),
        cycle.len() - SHOWN + 1
    )
}
