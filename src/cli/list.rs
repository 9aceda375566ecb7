//! `tune list`: the experiments that there are.

use super::backend::Backend;
use super::context::Context;
use super::format::{Format, pretty};
use crate::exit;
use crate::terminal::number::{ago, duration, short};
use crate::terminal::result;
use crate::terminal::style::{Style, experiment_role};
use crate::terminal::table::{Align, Table};
use crate::wire;
use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use tune_experiments::state::ExperimentState;
use tune_experiments::store::ExperimentSummary;

/// List the experiments
#[derive(Args, Debug)]
pub struct ListArgs {
    /// Only those with this tag; may be repeated
    #[arg(long = "tag", value_name = "TAG", value_parser = super::tag::word)]
    tags: Vec<String>,
    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub async fn run(args: ListArgs, context: Context) -> Result<u8> {
    let backend = match context.exists() {
        true => Some(context.backend().await?),
        false => None,
    };
    let mut experiments = match &backend {
        Some(backend) => backend.experiments().await?,
        None => Vec::new(),
    };
    experiments.retain(|it| args.tags.iter().all(|tag| it.tags.contains(tag)));
    match args.format {
        Format::Json => {
            context.print(&pretty(&wire::Experiments::page(experiments, None))?)?;
        }
        Format::Text if experiments.is_empty() && !args.tags.is_empty() => {
            context.say("no experiment has these tags");
        }
        Format::Text if experiments.is_empty() => context.say(&format!(
            "no experiments in {}\nhint: `tune init` writes one to start from, `{} run FILE` runs it",
            context.place(),
            context.tune
        )),
        Format::Text => {
            context.print(&table(&experiments, &context.style, Timestamp::now()))?;
            say_idle(&context, backend.as_ref(), &experiments).await?;
        }
    }
    Ok(exit::SUCCEEDED)
}

/// Those that should be running, and nothing happens in them.
async fn say_idle(
    context: &Context,
    backend: Option<&Backend>,
    experiments: &[ExperimentSummary],
) -> Result<()> {
    let Some(backend) = backend else {
        return Ok(());
    };
    let mut idle = Vec::new();
    for summary in experiments {
        let record = &summary.experiment;
        if record.state == ExperimentState::Running && backend.is_idle(record).await? {
            idle.push(record.name.as_str());
        }
    }
    if !idle.is_empty() {
        context.say(&result::idle(&context.tune, &idle));
    }
    Ok(())
}

fn table(experiments: &[ExperimentSummary], style: &Style, now: Timestamp) -> String {
    let is_tagged = experiments.iter().any(|summary| !summary.tags.is_empty());
    let mut columns = vec![
        ("name", Align::Left),
        ("state", Align::Firm),
        ("trials", Align::Right),
        ("best", Align::Right),
        ("metric", Align::Left),
        ("at work", Align::Right),
        ("created", Align::Right),
    ];
    columns.extend(is_tagged.then_some(("tags", Align::Left)));
    let mut table = Table::new(columns);
    for summary in experiments {
        let record = &summary.experiment;
        let mut cells = vec![
            style.strong(&record.name),
            style.paint(experiment_role(record.state), record.state.as_str()),
            summary.trials.values().sum::<u64>().to_string(),
            best(summary),
            metric(summary),
            duration(record.active_seconds),
            style.dim(ago(record.created_at, now)),
        ];
        cells.extend(is_tagged.then(|| summary.tags.join(" ")));
        table.row(cells);
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
