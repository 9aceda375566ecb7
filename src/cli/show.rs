//! `tune show`: an experiment, or one of its trials, in full.

use super::context::Context;
use super::format::{Format, pretty};
use super::outcome;
use crate::error::Failure;
use crate::exit;
use crate::terminal::trial::{self, StepView};
use crate::terminal::{describe, overview, result};
use crate::wire;
use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use tune_experiments::controller::Layout;
use tune_experiments::spec::Experiment;
use tune_experiments::state::ExperimentState;
use tune_experiments::store::{ExperimentRecord, Store};

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
    let store = context.store().await?;
    let record = context.experiment(&store, &args.name).await?;
    let experiment = context.spec(&record)?;
    let text = match args.number {
        None => show_experiment(&context, &store, record, &experiment, args.format).await?,
        Some(number) => {
            show_trial(&context, &store, &record, &experiment, number, args.format).await?
        }
    };
    context.print(&text)?;
    Ok(exit::SUCCEEDED)
}

async fn show_experiment(
    context: &Context,
    store: &Store,
    record: ExperimentRecord,
    experiment: &Experiment,
    format: Format,
) -> Result<String> {
    let counts = store.counts(record.id).await?;
    if format == Format::Json {
        let best = store.best(record.id).await?;
        let driven = store.driver(record.id).await?.is_some();
        let counts = wire::Counts(counts);
        return pretty(&wire::Experiment::new(
            record, counts, best, driven, experiment,
        ));
    }
    let style = &context.style;
    let mut text = format!("{}\n", result::headline(&record, &counts, style));
    if record.request.is_some() && !record.state.is_finished() {
        text += "  it is being cancelled\n";
    }
    if record.state == ExperimentState::Running && store.driver(record.id).await?.is_none() {
        text += "  no process runs it at the moment\n";
    }
    if let Some(description) = &experiment.description {
        text += &describe::paragraph(description, style, 2);
    }
    for line in describe::wrapped(&describe::facts(experiment), style, 2) {
        text += &format!("{line}\n");
    }
    text += &overview::details(&record, experiment, &counts, style, Timestamp::now());
    text += "\n";
    text += &outcome::block(context, store, &record, experiment).await?;
    Ok(text)
}

async fn show_trial(
    context: &Context,
    store: &Store,
    record: &ExperimentRecord,
    experiment: &Experiment,
    number: u64,
    format: Format,
) -> Result<String> {
    let Some(trial) = store.trial(record.id, number).await? else {
        let total: u64 = store.counts(record.id).await?.values().sum();
        let failure = Failure::new(format!("`{}` has no trial {number}", record.name));
        return Err(match total {
            0 => failure.hint("it has no trials yet"),
            _ => failure.hint(format!("its trials are numbered from 0 to {}", total - 1)),
        }
        .into());
    };
    let steps = store.steps(record.id, number).await?;
    let reports = store.metrics(record.id, number, None).await?;
    if format == Format::Json {
        return pretty(&wire::TrialInFull::new(trial, steps, reports));
    }
    let layout = Layout::new(&context.directory)?;
    let steps: Vec<StepView> = steps
        .into_iter()
        .map(|step| StepView {
            log: layout.log(record.id, number, &step.step, step.attempt),
            artifacts: layout.artifacts(),
            record: step,
        })
        .collect();
    Ok(trial::text(
        &context.tune,
        &record.name,
        &trial,
        &steps,
        &reports,
        &experiment.objective,
        &context.style,
    ))
}
