//! `tune create`: an experiment that others evaluate or run.

use super::context::Context;
use super::run::{self, FileArgs};
use super::source;
use crate::components::BuiltIn;
use crate::exit;
use crate::terminal::result::shell_word;
use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use tune_experiments::controller::{self, Submitted};
use tune_experiments::spec::Submission;
use tune_experiments::store::ExperimentRecord;

/// Create an experiment without running it
///
/// Without a pipeline it is for programs of your own: `tune ask` hands out trials, `tune tell` takes their results. With one, a
/// server on the same store runs it. The same file again changes nothing, or the limits.
#[derive(Args, Debug)]
pub struct CreateArgs {
    #[command(flatten)]
    file: FileArgs,
}

pub async fn run(args: CreateArgs, context: Context) -> Result<u8> {
    let submission = source::checked(&args.file, &context)?;
    let is_asked = submission.experiment.pipeline.is_empty();
    let submitted = match context.client()? {
        Some(client) => run::submit_to(&client, &submission).await?,
        None => create(&args, &context, &submission).await?,
    };
    run::say_prior(&context, &submitted, &submission.experiment);
    let (words, record) = match submitted {
        Submitted::Created(record) => ("is created", record),
        Submitted::Continues(record) => ("exists already", record),
        Submitted::LimitsChanged(record) => ("has new limits", record),
        Submitted::Finished(record) => ("has ended already", record),
    };
    context.say(&format!(
        "`{}` {words}{}",
        record.name,
        next(&context, &record, is_asked)
    ));
    Ok(exit::SUCCEEDED)
}

async fn create(
    args: &CreateArgs,
    context: &Context,
    submission: &Submission,
) -> Result<Submitted> {
    let store = context.create_store().await?;
    let directory = args.file.directory()?;
    let now = Timestamp::now();
    controller::submit(&store, &BuiltIn::new()?, submission, &directory, now)
        .await
        .map_err(|error| run::refused(error, context))
}

fn next(context: &Context, record: &ExperimentRecord, is_asked: bool) -> String {
    if record.state.is_finished() {
        return String::new();
    }
    let (tune, word) = (&context.tune, shell_word(&record.name));
    match is_asked {
        true => format!("; `{tune} ask {word}` hands out its trials"),
        false => format!("; `{tune} watch {word}` follows it once a server runs it"),
    }
}
