//! `tune list`: the experiments of the store.

use super::context::Context;
use super::format::{Format, pretty};
use crate::exit;
use crate::terminal::number::{ago, duration, short};
use crate::terminal::style::{Style, experiment_role};
use crate::terminal::table::{Align, Table};
use crate::wire;
use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use tune_experiments::store::ExperimentSummary;

/// List the experiments
#[derive(Args, Debug)]
pub struct ListArgs {
    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub async fn run(args: ListArgs, context: Context) -> Result<u8> {
    let experiments = match context.directory.exists() {
        true => context.store().await?.experiments().await?,
        false => Vec::new(),
    };
    match args.format {
        Format::Json => {
            context.print(&pretty(&wire::Experiments::page(experiments, None))?)?;
        }
        Format::Text if experiments.is_empty() => context.say(&format!(
            "no experiments in {}\nhint: `tune init` writes one to start from, `{} run FILE` runs it",
            context.directory.display(),
            context.tune
        )),
        Format::Text => context.print(&table(&experiments, &context.style, Timestamp::now()))?,
    }
    Ok(exit::SUCCEEDED)
}

fn table(experiments: &[ExperimentSummary], style: &Style, now: Timestamp) -> String {
    let mut table = Table::new([
        ("name", Align::Left),
        ("state", Align::Firm),
        ("trials", Align::Right),
        ("best", Align::Right),
        ("metric", Align::Left),
        ("at work", Align::Right),
        ("created", Align::Right),
    ]);
    for summary in experiments {
        let record = &summary.experiment;
        table.row(vec![
            style.strong(&record.name),
            style.paint(experiment_role(record.state), record.state.as_str()),
            summary.trials.values().sum::<u64>().to_string(),
            best(summary),
            metric(summary),
            duration(record.active_seconds),
            style.dim(ago(record.created_at, now)),
        ]);
    }
    table.render(style, 0)
}

fn best(summary: &ExperimentSummary) -> String {
    summary
        .best
        .map_or_else(|| "-".to_owned(), |(_, value)| short(value))
}

fn metric(summary: &ExperimentSummary) -> String {
    let metric = summary.experiment.document["objective"]["metric"].as_str();
    metric.unwrap_or_default().to_owned()
}
