//! Expressions: what they refer to must exist. A reference to a step is also a need.

use super::super::tree::{Place, source_offset};
use super::super::words;
use super::Check;
use super::fields::At;
use crate::pipeline::{ComponentInfo, ExpressionError, Reference, Target, check_shell, references};
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;
use std::ops::Range;

/// What expressions may name.
pub(super) struct Scope<'n> {
    pub parameters: IndexSet<&'n str>,
    pub steps: IndexMap<&'n str, Products>,
    /// Whether trials are told at which levels they are judged.
    pub rungs: bool,
}

/// The step whose texts are being checked.
pub(super) struct Within<'a> {
    pub step: &'a str,
    pub scope: &'a Scope<'a>,
    /// The steps it needs, as far as they have been found.
    pub needs: BTreeSet<String>,
}

impl<'a> Within<'a> {
    pub fn new(step: &'a str, scope: &'a Scope<'a>) -> Self {
        Self {
            step,
            scope,
            needs: BTreeSet::new(),
        }
    }
}

/// What a step hands on; `None`: not known before it runs.
pub(super) struct Products {
    artifacts: Option<Vec<String>>,
    values: Option<Vec<String>>,
}

impl<'n> Scope<'n> {
    pub fn new(
        pipeline: &At<'n>,
        parameters: Option<&At<'n>>,
        known: &[ComponentInfo],
        rungs: bool,
    ) -> Self {
        let parameters = parameters.map(|at| at.entries().map(|(name, _)| name).collect());
        let steps = pipeline
            .entries()
            .map(|(name, at)| (name, Products::of(&at, known)));
        Self {
            parameters: parameters.unwrap_or_default(),
            steps: steps.collect(),
            rungs,
        }
    }
}

impl Products {
    fn of(step: &At<'_>, known: &[ComponentInfo]) -> Self {
        if step.node.get("run").is_some() {
            let artifacts = step
                .node
                .get("artifacts")
                .map_or(&[][..], |entry| entry.node.entries());
            return Self {
                artifacts: Some(artifacts.iter().map(|entry| entry.key.clone()).collect()),
                values: None,
            };
        }
        let component = step.node.get("uses").and_then(|entry| {
            let uses = entry.node.to_json();
            known.iter().find(|info| uses == info.name.as_str())
        });
        Self {
            artifacts: component.map(|info| info.artifacts.clone()),
            values: component.map(|info| info.values.clone()),
        }
    }
}

/// A message and its help.
type Told = (String, Option<String>);

fn no_rungs() -> Told {
    let help = "name the parameter that says how many levels a trial has: `early_stopping: { name: asha, settings: { resource: epochs } }`";
    let message = "nobody knows beforehand at which levels trials are judged";
    (message.to_owned(), Some(help.to_owned()))
}

#[derive(Clone, Copy)]
enum Product {
    Artifact,
    Value,
}

impl Check<'_> {
    /// Checks the expressions of a text of `step`; the steps they name become needs.
    pub(super) fn template(&mut self, at: &At<'_>, text: &str, within: &mut Within<'_>) {
        if text.contains('\0') {
            self.at(at, "the text holds a NUL character", None);
        }
        match references(text) {
            Err(error) => self.expression(at, text, error),
            Ok(references) => {
                for reference in references {
                    self.reference(at, text, &reference, within);
                }
            }
        }
    }

    /// As [`Check::template`], for a command of the shell: each value must stand where it can be quoted.
    pub(super) fn shell_template(&mut self, at: &At<'_>, text: &str, within: &mut Within<'_>) {
        self.template(at, text, within);
        if references(text).is_ok()
            && let Err(error) = check_shell(text)
        {
            self.expression(at, text, error);
        }
    }

    /// Records what is wrong with an expression of the text.
    fn expression(&mut self, at: &At<'_>, text: &str, error: ExpressionError) {
        let place = self.within(&at.node.place, text, &error.range);
        self.problems
            .add_at(at.path.clone(), place, error.message, error.help);
    }

    /// A scalar as text, its expressions checked.
    pub(super) fn scalar_template(
        &mut self,
        at: &At<'_>,
        within: &mut Within<'_>,
    ) -> Option<String> {
        let text = self.scalar_text_at(at)?;
        self.template(at, &text, within);
        Some(text)
    }

    fn reference(
        &mut self,
        at: &At<'_>,
        text: &str,
        reference: &Reference,
        within: &mut Within<'_>,
    ) {
        let (step, problem) = match &reference.target {
            Target::Param(name) => (None, self.parameter_problem(name, within.scope)),
            Target::Artifact { step, name } => {
                let problem = self.product_problem(step, Product::Artifact, name, within);
                (Some(step), problem)
            }
            Target::Value { step, name } => {
                let problem = self.product_problem(step, Product::Value, name, within);
                (Some(step), problem)
            }
            Target::Trial(field) if field == "rungs" && !within.scope.rungs => {
                (None, Some(no_rungs()))
            }
            Target::Trial(_) | Target::Experiment(_) => (None, None),
        };
        match (problem, step) {
            (Some((message, help)), _) => {
                let place = self.within(&at.node.place, text, &reference.range);
                self.problems.add_at(at.path.clone(), place, message, help);
            }
            (None, Some(step)) => {
                within.needs.insert(step.clone());
            }
            (None, None) => {}
        }
    }

    fn parameter_problem(&self, name: &str, scope: &Scope<'_>) -> Option<Told> {
        if scope.parameters.contains(name) {
            return None;
        }
        let help = self.did_you_mean(name, scope.parameters.iter().copied());
        Some((format!("unknown parameter {}", words::quoted(name)), help))
    }

    /// What is wrong with a reference to something that the step `of` hands on.
    fn product_problem(
        &self,
        of: &str,
        product: Product,
        name: &str,
        within: &Within<'_>,
    ) -> Option<Told> {
        if of == within.step {
            let help = "a step can use what other steps hand on".to_owned();
            return Some(("the step refers to itself".to_owned(), Some(help)));
        }
        let Some(products) = within.scope.steps.get(of) else {
            let help = self.did_you_mean(of, within.scope.steps.keys().copied());
            return Some((format!("unknown step {}", words::quoted(of)), help));
        };
        let (noun, known) = match product {
            Product::Artifact => ("artifact", products.artifacts.as_ref()?),
            Product::Value => ("value", products.values.as_ref()?),
        };
        if known.iter().any(|known| known == name) {
            return None;
        }
        let (of, quoted) = (words::quoted(of), words::quoted(name));
        let help = match known.is_empty() {
            true => Some(format!("it hands on no {noun}s")),
            false => self.did_you_mean(name, known.iter().map(String::as_str)),
        };
        Some((format!("the step {of} has no {noun} {quoted}"), help))
    }

    /// The place of some bytes of a scalar's value.
    fn within(&self, place: &Place, text: &str, range: &Range<usize>) -> Place {
        let source = self.slice(place);
        let last = text
            .get(range.clone())
            .and_then(|part| part.chars().next_back())
            .map_or(0, char::len_utf8);
        let start = source_offset(source, text, range.start);
        let end = source_offset(source, text, range.end.saturating_sub(last)) + last;
        Place {
            source: place.source,
            range: place.range.start + start..place.range.start + end.clamp(start, source.len()),
        }
    }
}
