//! `tune show`: an experiment, or one of its trials, in full.

use super::backend::Backend;
use super::context::Context;
use super::format::{Format, pretty};
use super::outcome;
use crate::client::Client;
use crate::error::Failure;
use crate::exit;
use crate::terminal::trial::{self, StepView};
use crate::terminal::{describe, harmless, overview, result};
use crate::wire;
use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use tune_experiments::controller::Layout;
use tune_experiments::spec::Experiment;
use tune_experiments::state::ExperimentState;
use tune_experiments::store::{ExperimentId, ExperimentRecord, Request, StepRecord};

/// Show an experiment, or one of its trials
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// Name of the experiment
    name: String,
    /// Number of the trial
    number: Option<u64>,
    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub async fn run(args: ShowArgs, context: Context) -> Result<u8> {
    let backend = context.backend().await?;
    let record = context.experiment(&backend, &args.name).await?;
    let experiment = context.spec(&record)?;
    let text = match args.number {
        None => show_experiment(&context, &backend, record, &experiment, args.format).await?,
        Some(number) => {
            show_trial(
                &context,
                &backend,
                &record,
                &experiment,
                number,
                args.format,
            )
            .await?
        }
    };
    context.print(&text)?;
    Ok(exit::SUCCEEDED)
}

async fn show_experiment(
    context: &Context,
    backend: &Backend,
    record: ExperimentRecord,
    experiment: &Experiment,
    format: Format,
) -> Result<String> {
    if format == Format::Json {
        return pretty(&backend.in_full(record, experiment).await?);
    }
    let counts = backend.counts(&record).await?;
    let style = &context.style;
    let mut text = format!("{}\n", result::headline(&record, &counts, style));
    match record.request.filter(|_| !record.state.is_finished()) {
        Some(Request::Cancel) => text += "  it is being cancelled\n",
        Some(Request::Pause) => text += "  it is being paused\n",
        None => {}
    }
    if record.state == ExperimentState::Running && backend.is_idle(&record).await? {
        text += "  no process runs it at the moment\n";
    }
    if let Some(description) = &experiment.description {
        text += &describe::paragraph(&harmless::plain(description), style, 2);
    }
    for line in describe::wrapped(&describe::facts(experiment), style, 2) {
        text += &format!("{line}\n");
    }
    let notes = backend.notes(&record, None).await?;
    text += &describe::notes(&notes, style);
    text += &overview::details(&record, experiment, &counts, style, Timestamp::now());
    text += "\n";
    text += &outcome::block(context, backend, &record, experiment).await?;
    Ok(text)
}

async fn show_trial(
    context: &Context,
    backend: &Backend,
    record: &ExperimentRecord,
    experiment: &Experiment,
    number: u64,
    format: Format,
) -> Result<String> {
    let Some(trial) = backend.trial(record, number).await? else {
        let total: u64 = backend.counts(record).await?.values().sum();
        let failure = Failure::new(format!("`{}` has no trial {number}", record.name));
        return Err(match total {
            0 => failure.hint("it has no trials yet"),
            _ => failure.hint(format!("its trials are numbered from 0 to {}", total - 1)),
        }
        .into());
    };
    let steps = backend.steps(record, number).await?;
    let reports = backend.metrics(record, number).await?;
    let notes = backend.notes(record, Some(number)).await?;
    if format == Format::Json {
        return pretty(&wire::TrialInFull::new(trial, steps, reports, notes));
    }
    let views = steps.into_iter().map(|step| match backend {
        Backend::Store(_) => in_files(context, record.id, step),
        Backend::Server(client) => Ok(at_server(client, &record.name, step)),
    });
    let steps: Vec<StepView> = views.collect::<Result<_>>()?;
    Ok(trial::text(
        &context.tune,
        &record.name,
        (&trial, &notes),
        &steps,
        &reports,
        &experiment.objective,
        &context.style,
    ))
}

/// A step run whose files are on this machine. Of most steps that were soon over there is no log among them: the store has it.
fn in_files(context: &Context, id: ExperimentId, step: StepRecord) -> Result<StepView> {
    let layout = Layout::new(&context.directory)?;
    let log = layout.log(id, step.trial, &step.step, step.attempt);
    let artifacts = step.artifacts.values();
    let artifacts = artifacts.map(|artifact| layout.artifacts().join(&artifact.path));
    Ok(StepView {
        log: if log.exists() {
            log.display().to_string()
        } else {
            String::new()
        },
        artifacts: artifacts.map(|path| path.display().to_string()).collect(),
        record: step,
    })
}

/// A step run whose files the server hands out.
fn at_server(client: &Client, experiment: &str, step: StepRecord) -> StepView {
    let artifacts = step.artifacts.keys();
    let artifacts =
        artifacts.map(|name| client.artifact_at(experiment, step.trial, &step.step, name));
    StepView {
        log: client
            .log_at(experiment, step.trial, &step.step)
            .to_string(),
        artifacts: artifacts.map(|url| url.to_string()).collect(),
        record: step,
    }
}
