//! `tune cancel`: ends an experiment for good.

use super::backend::Backend;
use super::context::Context;
use super::setup::setup;
use crate::client::Client;
use crate::exit;
use anyhow::Result;
use clap::Args;
use tune_experiments::controller;
use tune_experiments::store::{ExperimentRecord, Request, Store};

/// End an experiment for good; what was found so far stays
#[derive(Args, Debug)]
pub struct CancelArgs {
    /// Name of the experiment
    name: String,
}

pub async fn run(args: CancelArgs, context: Context) -> Result<u8> {
    let backend = context.backend().await?;
    let record = context.experiment(&backend, &args.name).await?;
    if record.state.is_finished() {
        context.say(&format!(
            "`{}` has ended already: {}",
            record.name, record.state
        ));
        return Ok(exit::SUCCEEDED);
    }
    let said = match backend {
        Backend::Store(store) => in_store(&context, store, &record).await?,
        Backend::Server(client) => at_server(&client, &record).await?,
    };
    context.say(&said);
    Ok(exit::SUCCEEDED)
}

async fn in_store(context: &Context, store: Store, record: &ExperimentRecord) -> Result<String> {
    let name = &record.name;
    if store.driver(record.id).await?.is_some() {
        // Before it is known whether that process lives: one that does need not wait.
        if !store.request(record.id, Request::Cancel).await? {
            return Ok(format!("`{name}` has ended already"));
        }
        if store.has_living_driver(record.id).await? {
            return Ok(format!(
                "the process that runs `{name}` has been asked to cancel it"
            ));
        }
        let backend = Backend::Store(store.clone());
        let now = context.experiment(&backend, name).await?;
        if now.state.is_finished() {
            return Ok(format!("`{name}` is {}", now.state));
        }
    }
    let experiment = context.spec(record)?;
    let setup = setup(context, store, &experiment, None)?;
    Box::pin(controller::cancel(&setup, record.id)).await?;
    Ok(format!("`{name}` is cancelled"))
}

async fn at_server(client: &Client, record: &ExperimentRecord) -> Result<String> {
    let now = client.cancel(&record.name).await?;
    Ok(match now.state.is_finished() {
        true => format!("`{}` is {}", now.name, now.state),
        false => format!("`{}` is being cancelled", now.name),
    })
}
