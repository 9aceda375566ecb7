//! `tune importance`: which parameters matter.

use super::context::Context;
use super::format::pretty;
use crate::exit;
use crate::importance::Question;
use crate::terminal::importance::table;
use anyhow::Result;
use clap::{Args, ValueEnum};
use tune_algorithms::history;

/// Show which parameters matter, for the objective or another metric
#[derive(Args, Debug)]
pub struct ImportanceArgs {
    /// Name of the experiment
    name: String,
    /// The metric that they are to matter for [default: the objective]
    #[arg(long, value_name = "METRIC")]
    target: Option<String>,
    /// Which values of it are good [default: as of the objective]
    #[arg(long, value_enum)]
    goal: Option<Goal>,
    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Which values are good.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Goal {
    /// Small ones
    Minimize,
    /// Large ones
    Maximize,
}

/// How to print it.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

pub async fn run(args: ImportanceArgs, context: Context) -> Result<u8> {
    let backend = context.backend().await?;
    let record = context.experiment(&backend, &args.name).await?;
    let experiment = context.spec(&record)?;
    let question = Question {
        target: args.target,
        goal: args.goal.map(|goal| match goal {
            Goal::Minimize => history::Goal::Minimize,
            Goal::Maximize => history::Goal::Maximize,
        }),
    };
    let found = backend.importance(&record, &experiment, &question).await?;
    let text = match args.format {
        Format::Json => pretty(&found)?,
        Format::Table => table(&found, &context.style),
    };
    context.print(&text)?;
    Ok(exit::SUCCEEDED)
}
