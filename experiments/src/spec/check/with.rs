//! The inputs of a component: their texts may hold expressions; what is known before the run is checked by the component.

use super::super::experiment::Action;
use super::super::tree::Kind;
use super::super::words::{self, join};
use super::Check;
use super::fields::{At, Fields};
use super::references::Within;
use crate::pipeline::{ComponentProblem, known};
use indexmap::IndexMap;
use serde_json::Value as Json;

impl Check<'_> {
    pub(super) fn component(
        &mut self,
        fields: &Fields<'_>,
        within: &mut Within<'_>,
    ) -> Option<Action> {
        let with = fields.get("with");
        if let Some(at) = &with {
            self.templates(at, within);
        }
        let at = fields.get("uses")?;
        let uses = self.text_at(&at)?;
        if !self.known.iter().any(|info| info.name == uses) {
            let help = self.did_you_mean(&uses, self.known.iter().map(|info| info.name.as_str()));
            self.at(
                &at,
                format!("unknown component {}", words::quoted(&uses)),
                help,
            );
            return None;
        }
        let inputs = self.inputs(with.as_ref())?;
        for problem in self.components.check(&uses, &known(&inputs)) {
            self.input_problem(problem, &uses, &at, with.as_ref());
        }
        Some(Action::Component { uses, with: inputs })
    }

    fn inputs(&mut self, with: Option<&At<'_>>) -> Option<IndexMap<String, Json>> {
        let Some(at) = with else {
            return Some(IndexMap::new());
        };
        if !matches!(at.node.kind, Kind::Mapping(_)) {
            let message = format!("expected a mapping, found {}", self.found(at));
            self.at(at, message, None);
            return None;
        }
        let inputs = at
            .entries()
            .map(|(key, at)| (key.to_owned(), at.node.to_json()));
        Some(inputs.collect())
    }

    /// Checks the expressions of all texts, however deep.
    fn templates(&mut self, at: &At<'_>, within: &mut Within<'_>) {
        match &at.node.kind {
            Kind::Text(text) => self.template(at, text, within),
            Kind::Sequence(nodes) => {
                for (index, node) in nodes.iter().enumerate() {
                    self.templates(&at.item(index, node), within);
                }
            }
            Kind::Mapping(_) => {
                for (_, at) in at.entries() {
                    self.templates(&at, within);
                }
            }
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => {}
        }
    }

    /// Points at the value of the input; at its key when the component knows no such input; at the step's component else.
    fn input_problem(
        &mut self,
        problem: ComponentProblem,
        uses: &str,
        component: &At<'_>,
        with: Option<&At<'_>>,
    ) {
        let ComponentProblem { key, message, help } = problem;
        let Some((with, entry)) = with.and_then(|at| Some((at, at.node.get(&key)?))) else {
            let at = with.unwrap_or(component);
            let place = at.place().clone();
            let path = if key.is_empty() {
                at.path.clone()
            } else {
                join(&at.path, &key)
            };
            self.problems.add_at(path, place, message, help);
            return;
        };
        let info = self.known.iter().find(|info| info.name == uses);
        let is_input = info.is_some_and(|info| info.inputs.iter().any(|input| input.name == key));
        let at = with.entry(entry);
        let place = if is_input { at.place() } else { at.key_place() };
        self.problems
            .add_at(at.path.clone(), place.clone(), message, help);
    }
}
