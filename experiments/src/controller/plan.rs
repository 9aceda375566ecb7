//! What stays the same while an experiment is driven: the checked file, the graph of its steps, where things are.

use super::Layout;
use crate::pipeline::{Components, Graph};
use crate::spec::{Experiment, Step};
use crate::store::ExperimentId;
use std::path::PathBuf;
use std::sync::Arc;

/// The constant part of the controller's knowledge.
#[derive(Clone)]
pub struct Plan {
    /// Which experiment.
    pub id: ExperimentId,
    /// What the user wrote.
    pub experiment: Arc<Experiment>,
    /// Who needs whom.
    pub graph: Arc<Graph>,
    /// What relative paths start from.
    pub directory: PathBuf,
    /// Where files are kept.
    pub layout: Layout,
    /// The built-in steps.
    pub components: Arc<dyn Components>,
    /// How many suggestions to keep ready: more than 0 only for algorithms that do not learn.
    pub ahead: usize,
}

impl Plan {
    /// Whether the trials are evaluated by clients that ask and tell: there is no pipeline.
    pub fn evaluated_by_clients(&self) -> bool {
        self.experiment.pipeline.is_empty()
    }

    /// Name and definition of the step at a position of the pipeline.
    pub fn step(&self, index: usize) -> (&str, &Step) {
        let (name, step) = self
            .experiment
            .pipeline
            .steps
            .get_index(index)
            .expect("positions come from this pipeline");
        (name, step)
    }
}
