//! `tune resume`: goes on with an experiment by its name, within other limits if the user wants.

use super::context::Context;
use super::drive::{DriveArgs, drive, positive, refuse_if_driven};
use super::outcome;
use super::run::refused;
use crate::components::BuiltIn;
use crate::error::Failure;
use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tune_experiments::controller::{self, goes_on};
use tune_experiments::spec::{self, Submission};
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
    let store = context.store().await?;
    let mut record = context.experiment(&store, &args.name).await?;
    if args.max_trials.is_some() || args.parallel.is_some() {
        change_limits(&args, &context, &store, &record).await?;
        record = context.experiment(&store, &args.name).await?;
    }
    let experiment = context.spec(&record)?;
    if goes_on(&store, &record, &experiment).await? {
        refuse_if_driven(&context, &store, &record).await?;
        return drive(&context, store, record, experiment, &args.drive).await;
    }
    outcome::finished(&context, &store, &record, &experiment, args.drive.json).await
}

/// Submits what the store has kept, with the other limits in it.
async fn change_limits(
    args: &ResumeArgs,
    context: &Context,
    store: &Store,
    record: &ExperimentRecord,
) -> Result<()> {
    refuse_if_driven(context, store, record).await?;
    let document = with_limits(&record.document, args);
    let components = BuiltIn::new()?;
    let experiment = spec::read_document(&document, &components)
        .map_err(|error| Failure::new(format!("these limits are refused: {error}")))?;
    let submission = Submission {
        experiment,
        document,
    };
    let (directory, now) = (&record.directory, Timestamp::now());
    controller::submit(store, &components, &submission, directory, now)
        .await
        .map_err(|error| refused(error, &context.tune))?;
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
