//! `tune component`: runs a built-in component as the process of a step. Its surroundings are those of every step: metrics go to
//! standard output, artifacts to `$TUNE_ARTIFACTS`, values to `$TUNE_OUTPUT`, everything else to standard error.

use crate::error::Failure;
use crate::exit;
use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Map, Value as Json, json};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use tune_components::Output;
use tune_experiments::metrics::to_json;

/// Run a built-in component as a step
#[derive(Args, Debug)]
pub struct ComponentArgs {
    /// Name of the component
    name: String,
    /// JSON file with its inputs
    #[arg(long, value_name = "FILE")]
    with: PathBuf,
}

pub fn run(args: &ComponentArgs) -> Result<u8> {
    let component = tune_components::find(&args.name)
        .ok_or_else(|| Failure::new(format!("there is no component `{}`", args.name)))?;
    let text = std::fs::read_to_string(&args.with)
        .with_context(|| format!("cannot read {}", args.with.display()))?;
    let with: Map<String, Json> = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a JSON object", args.with.display()))?;
    let mut output = StepOutput::from_environment()?;
    let result = component.run(&with, &mut output);
    if let Err(error) = result {
        let help = error.help();
        let mut failure = anyhow::Error::from(error).to_string();
        if let Some(help) = help {
            // On one line: the last line that a step writes is what its trial tells of the failure.
            failure += &format!(" ({help})");
        }
        return Err(Failure::new(failure).into());
    }
    output.finish()?;
    Ok(exit::SUCCEEDED)
}

/// Hands what a component finds to the engine that runs the step.
struct StepOutput {
    artifacts: PathBuf,
    values: Option<File>,
    /// The first error of writing; a component is not told, the step fails in the end.
    failed: io::Result<()>,
}

impl StepOutput {
    fn from_environment() -> Result<Self> {
        let artifacts =
            std::env::var_os("TUNE_ARTIFACTS").map_or_else(|| PathBuf::from("."), PathBuf::from);
        let values = std::env::var_os("TUNE_OUTPUT")
            .map(|path| OpenOptions::new().create(true).append(true).open(path))
            .transpose()
            .context("cannot open the file that TUNE_OUTPUT names")?;
        Ok(Self {
            artifacts,
            values,
            failed: Ok(()),
        })
    }

    fn finish(self) -> Result<()> {
        self.failed
            .context("cannot hand on what the component found")
    }

    fn note(&mut self, result: io::Result<()>) {
        if self.failed.is_ok() {
            self.failed = result;
        }
    }
}

impl Output for StepOutput {
    fn artifact_path(&mut self, name: &str) -> PathBuf {
        self.artifacts.join(name)
    }

    fn metric(&mut self, name: &str, value: f64, level: Option<f64>) {
        let line = metric_line(name, value, level);
        let mut out = io::stdout().lock();
        let result = writeln!(out, "{line}").and_then(|()| out.flush());
        drop(out);
        self.note(result);
    }

    fn value(&mut self, name: &str, value: Json) {
        let line = json!({ name: value });
        let result = match &mut self.values {
            Some(file) => writeln!(file, "{line}"),
            None => writeln!(io::stderr(), "{line}"),
        };
        self.note(result);
    }

    fn log(&mut self, line: &str) {
        let result = writeln!(io::stderr(), "{line}");
        self.note(result);
    }
}

fn metric_line(name: &str, value: f64, level: Option<f64>) -> Json {
    let mut line = Map::new();
    line.insert(name.to_owned(), to_json(value));
    if let Some(level) = level {
        line.insert("level".to_owned(), to_json(level));
    }
    Json::Object(line)
}

#[cfg(test)]
mod tests {
    use super::metric_line;

    #[test]
    fn a_metric_is_a_line_of_json() {
        assert_eq!(
            metric_line("loss", 0.25, Some(3.0)).to_string(),
            r#"{"loss":0.25,"level":3.0}"#
        );
        assert_eq!(
            metric_line("loss", f64::NAN, None).to_string(),
            r#"{"loss":"NaN"}"#
        );
    }
}
