//! `tune resume`: goes on with an experiment by its name.

use super::context::Context;
use super::drive::{DriveArgs, drive, refuse_if_driven};
use super::outcome;
use anyhow::Result;
use clap::Args;
use tune_experiments::controller::goes_on;

/// Go on with an experiment where it was
#[derive(Args, Debug)]
pub struct ResumeArgs {
    /// Name of the experiment
    name: String,
    #[command(flatten)]
    drive: DriveArgs,
}

pub async fn run(args: ResumeArgs, context: Context) -> Result<u8> {
    let store = context.store().await?;
    let record = context.experiment(&store, &args.name).await?;
    let experiment = context.spec(&record)?;
    if goes_on(&store, &record, &experiment).await? {
        refuse_if_driven(&store, &record)?;
        return drive(&context, store, record, experiment, &args.drive).await;
    }
    outcome::finished(&context, &store, &record, &experiment, args.drive.json).await
}
