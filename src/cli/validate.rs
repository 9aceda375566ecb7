//! `tune validate`: checks experiment files and shows every problem where it is.

use super::context::Context;
use super::format::{Format, pretty};
use super::source;
use crate::components::BuiltIn;
use crate::error::InvalidFile;
use crate::exit;
use anyhow::Result;
use clap::Args;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use tune_experiments::spec::{self, SpecError};

/// Check experiment files
#[derive(Args, Debug)]
pub struct ValidateArgs {
    /// The files; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(args: &ValidateArgs, context: &Context) -> Result<u8> {
    let components = BuiltIn::new()?;
    let mut views = Vec::new();
    let mut valid = true;
    for file in &args.files {
        let checked = source::read(file)?.and_then(|source| spec::read(&source, &[], &components));
        valid &= checked.is_ok();
        match (args.format, checked) {
            (Format::Json, Ok(_)) => views.push(view(file, None)),
            (Format::Json, Err(error)) => views.push(view(file, Some(&error))),
            (Format::Text, Ok(_)) => context.say(&format!("{}: valid", file.display())),
            (Format::Text, Err(error)) => source::show(&error, context),
        }
    }
    if args.format == Format::Json {
        // One file is the usual case, and then a program wants one object.
        let views = match views.as_mut_slice() {
            [one] => one.take(),
            _ => Json::Array(views),
        };
        context.print(&pretty(&views)?)?;
    }
    if valid {
        Ok(exit::SUCCEEDED)
    } else {
        Err(InvalidFile.into())
    }
}

fn view(file: &Path, error: Option<&SpecError>) -> Json {
    let problems = error
        .map(|error| error.problems.as_slice())
        .unwrap_or_default();
    json!({"file": file.display().to_string(), "problems": problems})
}
