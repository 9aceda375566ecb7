//! `tune validate`: checks experiment files and shows every problem where it is.

use super::context::Context;
use super::format::{Format, pretty};
use super::source;
use crate::components::BuiltIn;
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
    let mut code = exit::SUCCEEDED;
    for file in &args.files {
        let checked = source::read(file)
            .map(|source| source.and_then(|source| spec::read(&source, &[], &components)));
        // What is wrong with a file counts for more than that another is missing: its code is the larger one.
        code = code.max(match &checked {
            Ok(Ok(_)) => exit::SUCCEEDED,
            Ok(Err(_)) => exit::INVALID_FILE,
            Err(_) => exit::ERROR,
        });
        match (args.format, checked) {
            (Format::Json, Ok(checked)) => views.push(view(file, checked.err().as_ref())),
            (Format::Json, Err(error)) => views.push(unreadable(file, &error)),
            (Format::Text, Ok(Ok(_))) => context.say(&format!("{}: valid", file.display())),
            (Format::Text, Ok(Err(error))) => source::show(&error, context),
            (Format::Text, Err(error)) => context.say_error(&error),
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
    Ok(code)
}

/// A problem without a place in the file.
fn unreadable(file: &Path, error: &anyhow::Error) -> Json {
    let problem = json!({
        "path": null, "line": null, "column": null, "message": error.to_string(), "help": null,
    });
    json!({"file": file.display().to_string(), "problems": [problem]})
}

fn view(file: &Path, error: Option<&SpecError>) -> Json {
    let problems = error
        .map(|error| error.problems.as_slice())
        .unwrap_or_default();
    json!({"file": file.display().to_string(), "problems": problems})
}
