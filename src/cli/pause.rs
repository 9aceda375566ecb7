//! `tune pause`: an experiment rests until it is resumed.

use super::context::Context;
use super::in_process;
use crate::exit;
use crate::terminal::result::shell_word;
use anyhow::Result;
use clap::Args;
use tune_experiments::state::ExperimentState;

/// Let running steps end and start nothing new until the experiment is resumed
#[derive(Args, Debug)]
pub struct PauseArgs {
    /// Name of the experiment
    name: String,
}

pub async fn run(args: PauseArgs, context: Context) -> Result<u8> {
    let state = match context.client()? {
        Some(client) => client.pause(&args.name).await?.state,
        None => {
            let (store, id) = context.stored(&args.name).await?;
            let paused = in_process::call(&context, store, async |service| service.pause(id).await);
            paused.await?.state
        }
    };
    let name = &args.name;
    context.say(&match state {
        ExperimentState::Paused => format!(
            "`{name}` is paused; `{} resume {}` goes on",
            context.tune,
            shell_word(name)
        ),
        _ => format!("`{name}` has been asked to pause: running steps end first"),
    });
    Ok(exit::SUCCEEDED)
}
