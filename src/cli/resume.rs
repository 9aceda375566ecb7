//! `tune resume`: goes on with an experiment by its name, within other limits if the user wants.

use super::backend::Backend;
use super::context::Context;
use super::drive::{DriveArgs, drive, positive, refuse_if_driven};
use super::follow::Since;
use super::in_process;
use super::outcome;
use super::run::{go_on_at, refused};
use super::watch::watch;
use crate::client::Client;
use crate::components::BuiltIn;
use crate::error::Failure;
use crate::exit;
use crate::terminal::result::shell_word;
use crate::wire;
use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tune_experiments::controller::{self, has_more};
use tune_experiments::service::{self, Service};
use tune_experiments::spec::{self, Submission};
use tune_experiments::state::ExperimentState;
use tune_experiments::store::{ExperimentRecord, Store};

/// Go on with an experiment where it was
#[derive(Args, Debug)]
pub struct ResumeArgs {
    /// Name of the experiment
    name: String,
    /// Another limit of trials
    #[arg(long, value_name = "N", value_parser = positive::<u64>)]
    max_trials: Option<u64>,
    /// Another number of trials at once
    #[arg(long, value_name = "N", value_parser = positive::<u32>)]
    parallel: Option<u32>,
    #[command(flatten)]
    drive: DriveArgs,
}

pub async fn run(args: ResumeArgs, context: Context) -> Result<u8> {
    let backend = context.backend().await?;
    let record = context.experiment(&backend, &args.name).await?;
    let experiment = context.spec(&record)?;
    let is_asked = experiment.pipeline.is_empty();
    match backend {
        Backend::Server(client) => Box::pin(at_server(&args, &context, client, record)).await,
        Backend::Store(store) if is_asked => ask_again(&args, &context, store, &record).await,
        Backend::Store(store) => in_store(&args, &context, store, record).await,
    }
}

async fn in_store(
    args: &ResumeArgs,
    context: &Context,
    store: Store,
    mut record: ExperimentRecord,
) -> Result<u8> {
    let backend = Backend::Store(store.clone());
    if args.max_trials.is_some() || args.parallel.is_some() {
        refuse_if_driven(context, &backend, &record).await?;
        change_limits(args, context, &store, &record).await?;
        record = context.experiment(&backend, &args.name).await?;
    }
    let experiment = context.spec(&record)?;
    if has_more(&store, &record, &experiment).await? {
        refuse_if_driven(context, &backend, &record).await?;
        let door = args.drive.door()?;
        return drive(context, store, record, experiment, &args.drive, door).await;
    }
    args.drive.say_where(context, &record.name);
    outcome::finished(context, &backend, &record, &experiment, args.drive.json).await
}

/// Hands out trials again.
async fn ask_again(
    args: &ResumeArgs,
    context: &Context,
    store: Store,
    record: &ExperimentRecord,
) -> Result<u8> {
    let limits = service::LimitsPatch::try_from(args.patch()).map_err(Failure::new)?;
    let work = async |service: &Service| {
        let mut record = record.clone();
        if limits != service::LimitsPatch::default() {
            record = service.change_limits(record.id, limits.clone()).await?;
        }
        match record.state {
            ExperimentState::Paused => service.resume(record.id).await,
            _ => Ok(record),
        }
    };
    let record = in_process::call(context, store, work).await?;
    args.drive.say_where(context, &record.name);
    Ok(say_asked(context, &record))
}

/// What an experiment without a pipeline goes on to.
fn say_asked(context: &Context, record: &ExperimentRecord) -> u8 {
    if record.state.is_finished() {
        context.say(&outcome::nothing_to_do(&context.tune, record));
        return outcome::exit_code(record);
    }
    let word = shell_word(&record.name);
    context.say(&format!(
        "`{}` goes on; `{} ask {word}` hands out its trials",
        record.name, context.tune
    ));
    exit::SUCCEEDED
}

async fn at_server(
    args: &ResumeArgs,
    context: &Context,
    client: Client,
    mut record: ExperimentRecord,
) -> Result<u8> {
    args.drive.refuse_for_server()?;
    let patch = args.patch();
    if patch != wire::LimitsPatch::default() {
        record = client.change_limits(&record.name, &patch).await?.into();
    }
    let experiment = context.spec(&record)?;
    let backend = Backend::Server(client);
    let record = go_on_at(&backend, record).await?;
    args.drive.show_at(context, &record.name);
    if experiment.pipeline.is_empty() {
        return Ok(say_asked(context, &record));
    }
    if record.state.is_finished() {
        return outcome::finished(context, &backend, &record, &experiment, args.drive.json).await;
    }
    Box::pin(watch(
        context,
        &backend,
        record,
        &experiment,
        Since::Now,
        args.drive.json,
    ))
    .await
}

impl ResumeArgs {
    fn patch(&self) -> wire::LimitsPatch {
        wire::LimitsPatch {
            max_trials: self.max_trials.map(Some),
            parallel_trials: self.parallel,
            ..wire::LimitsPatch::default()
        }
    }
}

/// Submits what the store has kept, with the other limits in it.
async fn change_limits(
    args: &ResumeArgs,
    context: &Context,
    store: &Store,
    record: &ExperimentRecord,
) -> Result<()> {
    let document = with_limits(&record.document, args);
    let components = BuiltIn::new()?;
    let experiment = spec::read_document(&document, &components)
        .map_err(|error| Failure::new(format!("these limits are refused: {error}")))?;
    let submission = Submission {
        experiment,
        document,
        // It has started long ago.
        start_from: None,
    };
    let (directory, now) = (&record.directory, Timestamp::now());
    controller::submit(store, &components, &submission, directory, now)
        .await
        .map_err(|error| refused(error, context))?;
    Ok(())
}

fn with_limits(document: &Json, args: &ResumeArgs) -> Json {
    let mut document = document.clone();
    if let Some(max) = args.max_trials {
        document["max_trials"] = json!(max);
    }
    if let Some(parallel) = args.parallel {
        document["parallel_trials"] = json!(parallel);
    }
    document
}
