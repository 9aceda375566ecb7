//! `tune cancel`: ends an experiment for good.

use super::context::Context;
use super::setup::setup;
use crate::exit;
use anyhow::Result;
use clap::Args;
use tune_experiments::controller;
use tune_experiments::store::Request;

/// End an experiment for good; what was found so far stays
#[derive(Args, Debug)]
pub struct CancelArgs {
    /// Name of the experiment
    name: String,
}

pub async fn run(args: CancelArgs, context: Context) -> Result<u8> {
    let store = context.store().await?;
    let record = context.experiment(&store, &args.name).await?;
    let name = &record.name;
    if record.state.is_finished() {
        context.say(&format!("`{name}` has ended already: {}", record.state));
    } else if store.driver(record.id).await?.is_some() {
        // It may have ended since we looked.
        let said = match store.request(record.id, Request::Cancel).await? {
            true => format!("the process that runs `{name}` has been asked to cancel it"),
            false => format!("`{name}` has ended already"),
        };
        context.say(&said);
    } else {
        let experiment = context.spec(&record)?;
        let setup = setup(&context, store, &experiment, None)?;
        Box::pin(controller::cancel(&setup, record.id)).await?;
        context.say(&format!("`{name}` is cancelled"));
    }
    Ok(exit::SUCCEEDED)
}
