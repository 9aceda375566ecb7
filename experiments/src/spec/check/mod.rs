//! Tree → experiment: every rule of the format, checked by hand so that all problems are found and each has its place.

mod duration;
mod fields;
mod leases;
mod limits;
mod name;
mod objective;
mod parameters;
mod references;
mod retries;
mod search;
mod start;
mod steps;
mod tags;
mod values;
mod with;

pub use duration::parse_duration;

use super::experiment::{Experiment, searched};
use super::keys::EXPERIMENT;
use super::problem::Problems;
use super::source::Source;
use super::tree::{Node, Place};
use super::words;
use crate::pipeline::{ComponentInfo, Components};
use fields::{At, Fields};

/// After so many problems no more suggestions are looked for: nobody reads them, and looking takes time.
const SUGGESTIONS: usize = 200;

/// What the checks share.
struct Check<'a> {
    sources: &'a [Source],
    components: &'a dyn Components,
    /// What `components` has, asked once.
    known: Vec<ComponentInfo>,
    problems: &'a mut Problems,
}

/// The experiment a document describes. `None` when there are problems.
pub(super) fn experiment(
    root: &Node,
    sources: &[Source],
    components: &dyn Components,
    problems: &mut Problems,
) -> Option<Experiment> {
    let mut check = Check {
        sources,
        components,
        known: components.all(),
        problems,
    };
    let experiment = check.experiment(root);
    experiment.filter(|_| check.problems.is_empty())
}

impl Check<'_> {
    fn experiment(&mut self, root: &Node) -> Option<Experiment> {
        let at = At::root(root);
        if root.is_null() {
            let help = "see the examples, or start with `name:`".to_owned();
            self.at(&at, "the file is empty", Some(help));
            return None;
        }
        let fields = self.fields(&at, &EXPERIMENT, None)?;
        self.version(&fields);
        let name = self.experiment_name(&fields);
        let description = self.text(&fields, "description");
        let tags = self.tags(&fields);
        let objective = self.objective(&fields);
        let space = self.parameters(&fields);
        let early_stopping = self.early_stopping(&fields, objective.as_ref(), space.as_ref());
        let resource = early_stopping
            .iter()
            .flatten()
            .find_map(|it| it.resource.as_ref());
        let searched = space.as_ref().map(|space| searched(space, resource));
        let algorithm = self.algorithm(&fields, searched.as_ref());
        let start_from = self.start_from(&fields, name.as_deref(), algorithm.as_ref());
        let limits = self.limits(&fields);
        let pipeline = self.pipeline(&fields);
        let leases = self.leases(&fields, pipeline.as_ref());
        if let (Some(objective), Some(pipeline)) = (&objective, &pipeline) {
            self.reportable(&fields, objective, pipeline);
        }
        let (limits, objective, space) = (limits?, objective?, space?);
        self.can_expect(&fields, &limits, algorithm.as_ref());
        self.has_an_end(
            &fields,
            &objective,
            algorithm.as_ref(),
            searched.as_deref()?,
        );
        Some(Experiment {
            name: name?,
            description,
            tags: tags?,
            objective,
            algorithm: algorithm?,
            start_from: start_from?,
            early_stopping: early_stopping?,
            limits,
            parameters: std::sync::Arc::unwrap_or_clone(space),
            leases: leases?,
            pipeline: pipeline?,
        })
    }

    fn version(&mut self, fields: &Fields<'_>) {
        let Some(at) = fields.get("version") else {
            return;
        };
        if at.node.kind != super::tree::Kind::Int(1) {
            let message = format!("unknown version {} of this format", self.written(&at));
            let help =
                "this program reads version 1; a file of a newer version needs a newer program";
            self.at(&at, message, Some(help.to_owned()));
        }
    }

    /// Records a problem with the value at `at`.
    fn at(&mut self, at: &At<'_>, message: impl Into<String>, help: Option<String>) {
        self.problems
            .add_at(at.path.clone(), at.place().clone(), message, help);
    }

    /// The nearest known word as help.
    fn did_you_mean<'w>(
        &self,
        word: &str,
        known: impl IntoIterator<Item = &'w str>,
    ) -> Option<String> {
        if self.problems.len() > SUGGESTIONS {
            return None;
        }
        words::did_you_mean(word, known)
    }

    /// A scalar as it stands in the file, for messages.
    fn written(&self, at: &At<'_>) -> String {
        words::quoted(self.slice(&at.node.place))
    }

    /// The written text of a place.
    fn slice(&self, place: &Place) -> &str {
        let text = &self.sources[place.source].text;
        text.get(place.range.clone()).unwrap_or_default()
    }
}
