//! `tune export`: everything about all trials, for other programs. Written trial by trial, so that an experiment of any size can
//! be exported.

use super::backend::Backend;
use super::context::Context;
use super::pages::{Pages, each_trial};
use crate::columns::{cell, of_export};
use crate::error::Failure;
use crate::exit;
use crate::wire;
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tune_experiments::spec::Experiment;
use tune_experiments::store::{ExperimentRecord, TrialRecord};

/// Write all trials with everything that is known of them
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// Name of the experiment
    name: String,
    /// The form [default: what the name of the file says, else csv]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Where to; standard output by default
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The forms of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line per trial, parameters as `parameters.NAME`, metrics as `metrics.NAME`
    Csv,
    /// The experiment, and every trial with its steps and all reports of its metrics
    Json,
}

pub async fn run(args: ExportArgs, context: Context) -> Result<u8> {
    let backend = context.backend().await?;
    let record = context.experiment(&backend, &args.name).await?;
    let experiment = context.spec(&record)?;
    let format = match args.format {
        Some(format) => format,
        None => natural(args.output.as_deref())?,
    };
    match &args.output {
        None => {
            let out = BufWriter::new(std::io::stdout());
            write(&backend, record, &experiment, format, out).await?;
        }
        Some(path) => {
            let cannot = || format!("cannot write {}", path.display());
            let file = File::create(path).with_context(cannot)?;
            let out = BufWriter::new(file);
            write(&backend, record, &experiment, format, out)
                .await
                .with_context(cannot)?;
            context.say(&format!("wrote {}", path.display()));
        }
    }
    Ok(exit::SUCCEEDED)
}

/// The form that the name of the file promises.
fn natural(output: Option<&Path>) -> Result<Format, Failure> {
    let extension = output.and_then(Path::extension).unwrap_or_default();
    let extension = extension.to_string_lossy().to_ascii_lowercase();
    match extension.as_str() {
        "json" => Ok(Format::Json),
        "" | "csv" | "txt" => Ok(Format::Csv),
        other => Err(
            Failure::new(format!("there is no export in the form `{other}`"))
                .hint("--format csv or --format json says which one the file gets")
                .code(exit::USAGE),
        ),
    }
}

async fn write(
    backend: &Backend,
    record: ExperimentRecord,
    experiment: &Experiment,
    format: Format,
    mut out: impl Write,
) -> Result<()> {
    match format {
        Format::Csv => write_csv(backend, &record, experiment, &mut out).await?,
        Format::Json => write_json(backend, record, experiment, &mut out).await?,
    }
    Ok(out.flush()?)
}

async fn write_csv(
    backend: &Backend,
    record: &ExperimentRecord,
    experiment: &Experiment,
    out: &mut impl Write,
) -> Result<()> {
    let columns = of_export(experiment, backend.metric_names(record).await?);
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(columns.iter().map(|(name, _)| name))?;
    each_trial(backend, record, |trial| {
        let cells = columns.iter().map(|(_, column)| cell(&trial, column, true));
        Ok(writer.write_record(cells)?)
    })
    .await?;
    Ok(writer.flush()?)
}

async fn write_json(
    backend: &Backend,
    record: ExperimentRecord,
    experiment: &Experiment,
    out: &mut impl Write,
) -> Result<()> {
    let head = backend.in_full(record.clone(), experiment).await?;
    let head = serde_json::to_string(&head)?;
    write!(out, "{{\"experiment\": {head},\n\"trials\": [")?;
    let mut pages = Pages::new(backend, &record);
    let mut separator = "\n";
    while let Some(page) = pages.next().await? {
        for trial in page {
            let view = in_full(backend, &record, trial).await?;
            write!(out, "{separator}{}", serde_json::to_string(&view)?)?;
            separator = ",\n";
        }
    }
    Ok(writeln!(out, "\n]}}")?)
}

async fn in_full(
    backend: &Backend,
    record: &ExperimentRecord,
    trial: TrialRecord,
) -> Result<wire::TrialInFull> {
    let steps = backend.steps(record, trial.number).await?;
    let reports = backend.metrics(record, trial.number).await?;
    let notes = backend.notes(record, Some(trial.number)).await?;
    Ok(wire::TrialInFull::new(trial, steps, reports, notes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_file_says_the_form() {
        let form = |name: &str| natural(Some(Path::new(name))).ok();
        assert_eq!(natural(None).ok(), Some(Format::Csv));
        assert_eq!(form("a.JSON"), Some(Format::Json));
        assert_eq!(form("json"), Some(Format::Csv));
        assert_eq!(form("a.parquet"), None);
    }
}
