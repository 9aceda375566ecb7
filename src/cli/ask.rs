//! `tune ask`: trials of an experiment for programs that evaluate them themselves.

use super::best;
use super::context::Context;
use super::drive::positive;
use super::format::pretty;
use super::in_process;
use crate::error::Failure;
use crate::exit;
use crate::wire;
use anyhow::Result;
use clap::{Args, ValueEnum};
use std::time::Duration;

/// Get trials to evaluate
///
/// Each is yours until its lease runs out; `tune report` renews it, `tune tell` ends the trial. There may be none although the
/// experiment goes on: then others are at its last trials.
#[derive(Args, Debug)]
pub struct AskArgs {
    /// Name of the experiment
    name: String,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = positive::<u32>)]
    count: u32,
    /// Wait until there is a trial, or the experiment ends
    #[arg(long)]
    wait: bool,
    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The forms of trials to evaluate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For programs
    #[default]
    Json,
    /// For `eval` in a shell, of one trial: TUNE_TRIAL is its number, every parameter a variable of its name
    Env,
}

/// Between two times of asking.
const PAUSE: Duration = Duration::from_millis(200);

pub async fn run(args: AskArgs, context: Context) -> Result<u8> {
    if args.format == Format::Env && args.count > 1 {
        let failure = Failure::new("--format env is of one trial").code(exit::USAGE);
        return Err(failure.into());
    }
    let asked = loop {
        let asked = ask(&args, &context).await?;
        let is_over = asked.experiment.state.is_finished();
        if !args.wait || is_over || !asked.trials.is_empty() {
            break asked;
        }
        tokio::time::sleep(PAUSE).await;
    };
    let text = match args.format {
        Format::Json => pretty(&asked)?,
        Format::Env => asked.trials.iter().map(variables).collect(),
    };
    context.print(&text)?;
    if asked.trials.is_empty() && asked.experiment.state.is_finished() {
        let state = asked.experiment.state;
        context.say(&format!("`{}` has ended: {state}", args.name));
        return Ok(exit::NOTHING_TO_ASK);
    }
    Ok(exit::SUCCEEDED)
}

fn variables(trial: &wire::Trial) -> String {
    format!(
        "TUNE_TRIAL={}\n{}",
        trial.number,
        best::env(&trial.parameters)
    )
}

async fn ask(args: &AskArgs, context: &Context) -> Result<wire::Asked> {
    if let Some(client) = context.client()? {
        return Ok(client.ask(&args.name, args.count).await?);
    }
    let (store, id) = context.stored(&args.name).await?;
    let count = args.count as usize;
    let asked = in_process::call(context, store, async |service| service.ask(id, count).await);
    Ok(asked.await?.into())
}
