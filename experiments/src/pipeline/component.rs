//! What a pipeline needs to know of the built-in components. The components themselves live elsewhere; whoever builds the
//! program hands them in.

use indexmap::IndexMap;
use serde_json::Value as Json;
use std::path::Path;

/// The inputs given to a component: `None` where the value holds an expression and is known only at run time.
pub type With = IndexMap<String, Option<Json>>;

/// One input of a component.
#[derive(Clone, Debug)]
pub struct InputInfo {
    /// Its key under `with:`.
    pub name: String,
    /// What it does, one line.
    pub doc: String,
    /// Whether it must be given.
    pub required: bool,
    /// JSON Schema of its values.
    pub schema: Json,
}

/// A component, from outside.
#[derive(Clone, Debug)]
pub struct ComponentInfo {
    /// Its name in `uses:`.
    pub name: String,
    /// One line.
    pub summary: String,
    /// Its inputs.
    pub inputs: Vec<InputInfo>,
    /// The artifacts it always produces.
    pub artifacts: Vec<String>,
    /// The values it hands to later steps.
    pub values: Vec<String>,
}

/// What is wrong with one input.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentProblem {
    /// The key under `with:`; empty when it is about the whole.
    pub key: String,
    /// Lowercase, no full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// The built-in components.
pub trait Components: Send + Sync {
    /// All of them.
    fn all(&self) -> Vec<ComponentInfo>;

    /// Checks the inputs; all problems at once. The component exists.
    fn check(&self, component: &str, with: &With) -> Vec<ComponentProblem>;

    /// The metrics it may report when it is given these inputs.
    fn metrics(&self, component: &str, with: &With) -> Vec<String>;

    /// Where it writes the artifacts that it always produces: name → path below `$TUNE_ARTIFACTS`.
    fn artifacts(&self, component: &str) -> IndexMap<String, String>;

    /// The program and arguments that run it, its rendered inputs being in the JSON file `with`.
    fn command(&self, component: &str, with: &Path) -> Vec<String>;
}
