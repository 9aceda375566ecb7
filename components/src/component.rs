//! What a component is: the trait that all four implement, and the list of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value as Json};

use crate::cross_validate::CrossValidate;
use crate::error::ComponentError;
use crate::evaluate::Evaluate;
use crate::inputs::{Input, InputProblem, check_inputs};
use crate::preprocess::Preprocess;
use crate::train::Train;

/// A step's `with:` as it is known before it runs: `None` stands for a value that an expression gives at run time.
pub type StaticWith = BTreeMap<String, Option<Json>>;

/// A built-in implementation of a step.
pub trait Component: Sync {
    /// The name that `uses:` gives.
    fn name(&self) -> &'static str;

    /// Raised whenever the same inputs may lead to other artifacts or metrics, so that cached runs are not reused.
    fn version(&self) -> u32;

    /// What it does, in a sentence or two.
    fn summary(&self) -> &'static str;

    /// Everything that `with:` may hold.
    fn inputs(&self) -> &[Input];

    /// Names of the artifacts it produces.
    fn artifacts(&self) -> &[&'static str];

    /// Names of the values it hands to later steps.
    fn values(&self) -> &[&'static str];

    /// Checks `with:` before anything runs. Every problem is reported, none twice.
    fn check(&self, with: &StaticWith) -> Vec<InputProblem> {
        check_inputs(self.inputs(), with)
    }

    /// Names of all metrics that it may report, given what is known of `with:`.
    fn metrics(&self, with: &StaticWith) -> Vec<String>;

    /// Runs to the end. `with` is fully rendered; a JSON `null` means that the input is not given.
    ///
    /// # Errors
    /// Inputs that do not pass [`Component::check`], unreadable or unfit data, and training that does not work out.
    fn run(&self, with: &Map<String, Json>, output: &mut dyn Output) -> Result<(), ComponentError>;
}

/// Where a running component puts what it finds.
pub trait Output {
    /// The file that artifact `name` is to be written to.
    fn artifact_path(&mut self, name: &str) -> PathBuf;

    /// Reports a metric, at once. `level` is the resource level, such as the number of the fold.
    fn metric(&mut self, name: &str, value: f64, level: Option<f64>);

    /// Hands a small value to later steps.
    fn value(&mut self, name: &str, value: Json);

    /// Says something for people.
    fn log(&mut self, line: &str);
}

/// All components, in the order of a pipeline.
#[must_use]
pub fn all() -> &'static [&'static dyn Component] {
    &[&Preprocess, &Train, &Evaluate, &CrossValidate]
}

/// The component called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Component> {
    all()
        .iter()
        .copied()
        .find(|component| component.name() == name)
}
