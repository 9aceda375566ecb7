//! `tune ask`: trials of an experiment for programs that evaluate them themselves.

use super::context::Context;
use super::drive::positive;
use super::format::pretty;
use super::in_process;
use crate::exit;
use crate::wire;
use anyhow::Result;
use clap::Args;

/// Get trials to evaluate, as JSON
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
}

pub async fn run(args: AskArgs, context: Context) -> Result<u8> {
    let asked = match context.client()? {
        Some(client) => client.ask(&args.name, args.count).await?,
        None => ask(&args, &context).await?,
    };
    context.print(&pretty(&asked)?)?;
    let is_over = asked.trials.is_empty() && asked.experiment.state.is_finished();
    if is_over {
        context.say(&format!(
            "`{}` has ended: {}",
            args.name, asked.experiment.state
        ));
        return Ok(exit::NOTHING_TO_ASK);
    }
    Ok(exit::SUCCEEDED)
}

async fn ask(args: &AskArgs, context: &Context) -> Result<wire::Asked> {
    let (store, id) = context.stored(&args.name).await?;
    let count = args.count as usize;
    let asked = in_process::call(context, store, async |service| service.ask(id, count).await);
    Ok(asked.await?.into())
}
