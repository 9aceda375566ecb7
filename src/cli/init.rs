//! `tune init`: an experiment file to start from. It runs as it is.

use super::context::Context;
use crate::error::Failure;
use crate::exit;
use anyhow::{Context as _, Result};
use clap::Args;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

/// Write a commented experiment file that runs as it is
#[derive(Args, Debug)]
pub struct InitArgs {
    /// Where to write it; `-` for standard output
    #[arg(value_name = "FILE", default_value = "experiment.yaml")]
    file: PathBuf,
    /// Overwrite the file if it exists
    #[arg(long)]
    force: bool,
}

const TEMPLATE: &str = include_str!("template.yaml");

pub fn run(args: &InitArgs, context: &Context) -> Result<u8> {
    if args.file.as_os_str() == "-" {
        context.print(TEMPLATE)?;
        return Ok(exit::SUCCEEDED);
    }
    write(args)?;
    let file = args.file.display();
    context.say(&format!("wrote {file}\nnext: {} run {file}", context.tune));
    Ok(exit::SUCCEEDED)
}

fn write(args: &InitArgs) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if args.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let mut file = match options.open(&args.file) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let failure = Failure::new(format!("{} exists", args.file.display()))
                .hint("name another file, or overwrite this one with --force");
            return Err(failure.into());
        }
        result => result.with_context(|| format!("cannot write {}", args.file.display()))?,
    };
    file.write_all(TEMPLATE.as_bytes())
        .with_context(|| format!("cannot write {}", args.file.display()))
}
