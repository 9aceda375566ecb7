//! `tune schema`: the JSON Schema of experiment files, for editors.

use super::context::Context;
use super::format::pretty;
use crate::components::BuiltIn;
use crate::exit;
use anyhow::Result;
use clap::Args;
use tune_experiments::spec;

/// Print the JSON Schema of experiment files
///
/// An editor with a YAML language server checks and completes experiment files with it.
#[derive(Args, Debug)]
pub struct SchemaArgs {}

pub fn run(SchemaArgs {}: &SchemaArgs, context: &Context) -> Result<u8> {
    let schema = spec::schema(&BuiltIn::new()?);
    context.print(&pretty(&schema)?)?;
    Ok(exit::SUCCEEDED)
}
