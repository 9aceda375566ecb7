//! `tune delete`: removes experiments with all that is known of them, and the files of their runs.

use super::backend::Backend;
use super::context::Context;
use crate::error::Failure;
use crate::exit;
use crate::terminal::number::count;
use crate::terminal::result::shell_word;
use anyhow::{Context as _, Result};
use clap::Args;
use indexmap::IndexSet;
use std::io::{BufRead, IsTerminal, Write};
use tune_experiments::controller::Layout;
use tune_experiments::store::{ExperimentRecord, Store, StoreError};

/// Delete experiments with all their trials and logs
///
/// Artifacts stay: trials of other experiments may share them.
#[derive(Args, Debug)]
pub struct DeleteArgs {
    /// Names of the experiments
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub async fn run(args: DeleteArgs, context: Context) -> Result<u8> {
    let backend = context.backend().await?;
    let mut records = Vec::new();
    // A name that is given twice is one experiment.
    for name in args.names.iter().collect::<IndexSet<_>>() {
        let record = context.experiment(&backend, name).await?;
        if let Backend::Store(store) = &backend
            && store.has_living_driver(record.id).await?
        {
            return Err(in_use(&context, &record).into());
        }
        records.push(record);
    }
    if !args.yes && !confirmed(&backend, &records).await? {
        context.say("nothing was deleted");
        return Ok(exit::SUCCEEDED);
    }
    for record in records {
        match &backend {
            Backend::Store(store) => delete(&context, store, &record).await?,
            Backend::Server(client) => client.delete(&record.name).await?,
        }
        context.say(&format!("deleted `{}`", record.name));
    }
    Ok(exit::SUCCEEDED)
}

fn in_use(context: &Context, record: &ExperimentRecord) -> Failure {
    Failure::new(format!("`{}` is being run", record.name)).hint(format!(
        "stop it first: {} cancel {}",
        context.tune,
        shell_word(&record.name)
    ))
}

async fn confirmed(backend: &Backend, records: &[ExperimentRecord]) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        let failure = Failure::new("nobody is there to ask whether to delete")
            .hint("--yes deletes without asking")
            .code(exit::USAGE);
        return Err(failure.into());
    }
    let mut what = Vec::new();
    for record in records {
        let trials = backend.counts(record).await?.values().sum();
        what.push(format!("`{}` with {}", record.name, count(trials, "trial")));
    }
    let mut error = std::io::stderr();
    write!(error, "delete {}? [y/N] ", what.join(" and "))?;
    error.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

/// Rows first: files without rows are only waste, rows without files would be wrong.
async fn delete(context: &Context, store: &Store, record: &ExperimentRecord) -> Result<()> {
    match store.delete(record.id).await {
        Err(StoreError::InUse) => return Err(in_use(context, record).into()),
        deleted => deleted?,
    }
    let layout = Layout::new(&context.directory)?;
    layout
        .remove_runs(record.id)
        .with_context(|| format!("cannot delete {}", layout.runs(record.id).display()))?;
    Ok(())
}
