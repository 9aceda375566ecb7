//! `tune logs`: what a step printed.

use super::context::{Context, unknown};
use crate::error::Failure;
use crate::exit;
use crate::terminal::harmless;
use crate::terminal::result::shell_word;
use anyhow::{Context as _, Result};
use clap::Args;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tune_experiments::controller::Layout;
use tune_experiments::state::StepState;
use tune_experiments::store::{ExperimentRecord, StepRecord, Store};

/// Print what a step of a trial printed
#[derive(Args, Debug)]
pub struct LogsArgs {
    /// Name of the experiment
    name: String,
    /// Number of the trial
    number: u64,
    /// Name of the step [default: the one that failed, else the one that runs, else the last]
    step: Option<String>,
    /// Number of the attempt [default: the last]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    attempt: Option<u32>,
    /// Go on printing until the step ends
    #[arg(short, long)]
    follow: bool,
}

/// Between two looks at a log that is followed.
const PAUSE: Duration = Duration::from_millis(100);

pub async fn run(args: LogsArgs, context: Context) -> Result<u8> {
    let store = context.store().await?;
    let record = context.experiment(&store, &args.name).await?;
    let steps = store.steps(record.id, args.number).await?;
    let step = choose(&steps, &args, &record, &context.tune)?;
    let attempt = args.attempt.unwrap_or(step.attempt).max(1);
    let layout = Layout::new(&context.directory)?;
    let path = layout.log(record.id, args.number, &step.step, attempt);
    let mut log = Log::new(path, context.style.width.is_some());
    loop {
        // The state first: whatever is printed after an end that we have seen is already in the file.
        let ended = !args.follow || has_ended(&store, &record, &args, &step.step, attempt).await?;
        log.copy()?;
        if ended {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    log.finish(&step.step, attempt)?;
    Ok(exit::SUCCEEDED)
}

fn choose<'a>(
    steps: &'a [StepRecord],
    args: &LogsArgs,
    record: &ExperimentRecord,
    tune: &str,
) -> Result<&'a StepRecord> {
    let Some(name) = &args.step else {
        return interesting(steps).ok_or_else(|| no_steps(args, record, tune).into());
    };
    let known: Vec<String> = steps.iter().map(|step| step.step.clone()).collect();
    let see = format!("{tune} show {} {}", shell_word(&record.name), args.number);
    steps
        .iter()
        .find(|step| step.step == *name)
        .ok_or_else(|| unknown("step", name, &known, &see).into())
}

fn no_steps(args: &LogsArgs, record: &ExperimentRecord, tune: &str) -> Failure {
    Failure::new(format!(
        "trial {} of `{}` has no steps",
        args.number, record.name
    ))
    .hint(format!(
        "`{tune} trials {}` shows the trials",
        shell_word(&record.name)
    ))
}

/// The step whose log is most likely wanted.
fn interesting(steps: &[StepRecord]) -> Option<&StepRecord> {
    let of = |wanted: &[StepState]| steps.iter().rev().find(|step| wanted.contains(&step.state));
    of(&[StepState::Failed, StepState::TimedOut])
        .or_else(|| of(&[StepState::Running]))
        .or_else(|| steps.iter().rev().find(|step| step.attempt > 0))
        .or(steps.last())
}

async fn has_ended(
    store: &Store,
    record: &ExperimentRecord,
    args: &LogsArgs,
    step: &str,
    attempt: u32,
) -> Result<bool> {
    // A step of an experiment that nobody drives has no process, whatever is on record.
    if store.driver(record.id).await?.is_none() {
        return Ok(true);
    }
    let steps = store.steps(record.id, args.number).await?;
    let now = steps.iter().find(|now| now.step == step);
    Ok(now.is_none_or(|now| now.state.is_finished() || now.attempt > attempt))
}

/// A log that is copied to standard output as it grows.
struct Log {
    path: PathBuf,
    position: u64,
    to_terminal: bool,
    /// Read, but not to be shown before more is known.
    rest: Vec<u8>,
    found: bool,
}

impl Log {
    fn new(path: PathBuf, to_terminal: bool) -> Self {
        Self {
            path,
            position: 0,
            to_terminal,
            rest: Vec::new(),
            found: false,
        }
    }

    /// Copies what is new. A log that does not exist yet is empty.
    fn copy(&mut self) -> Result<()> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file.with_context(|| cannot_read(&self.path))?,
        };
        self.found = true;
        file.seek(SeekFrom::Start(self.position))?;
        let mut chunk = vec![0; 1 << 16];
        let mut out = io::stdout().lock();
        loop {
            let count = file
                .read(&mut chunk)
                .with_context(|| cannot_read(&self.path))?;
            if count == 0 {
                return Ok(out.flush()?);
            }
            self.position += count as u64;
            if self.to_terminal {
                self.rest.extend(&chunk[..count]);
                let shown: Vec<u8> = self.rest.drain(..complete(&self.rest)).collect();
                let text = String::from_utf8_lossy(&shown);
                out.write_all(harmless::plain(&text).as_bytes())?;
            } else {
                out.write_all(&chunk[..count])?;
            }
        }
    }

    fn finish(&self, step: &str, attempt: u32) -> Result<()> {
        if self.found {
            let rest = harmless::plain(&String::from_utf8_lossy(&self.rest));
            return Ok(io::stdout().write_all(rest.as_bytes())?);
        }
        let failure = Failure::new(format!("step `{step}` has no log of attempt {attempt}"))
            .hint("the step has not run, or the file was deleted");
        Err(failure.into())
    }
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", path.display())
}

/// How many bytes at the beginning can be shown: what follows may be half a character, or half the end of a line.
fn complete(bytes: &[u8]) -> usize {
    let whole = cut_character(bytes);
    whole - usize::from(bytes[..whole].ends_with(b"\r"))
}

/// Where a character begins of which the end is missing.
fn cut_character(bytes: &[u8]) -> usize {
    let last = bytes.utf8_chunks().last();
    let cut = last.map_or(&[] as &[u8], |chunk| chunk.invalid());
    let is_begun = std::str::from_utf8(cut).is_err_and(|error| error.error_len().is_none());
    bytes.len() - if is_begun { cut.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, state: StepState, attempt: u32) -> StepRecord {
        StepRecord {
            trial: 0,
            step: name.into(),
            state,
            explanation: None,
            attempt,
            failures: 0,
            exit_code: None,
            started_at: None,
            finished_at: None,
            values: serde_json::Map::new(),
            artifacts: indexmap::IndexMap::new(),
        }
    }

    #[test]
    fn the_failed_step_is_the_most_interesting_one() {
        let steps = [
            step("prepare", StepState::Succeeded, 1),
            step("train", StepState::Failed, 3),
            step("evaluate", StepState::Skipped, 0),
        ];
        assert_eq!(interesting(&steps).unwrap().step, "train");
        assert_eq!(interesting(&steps[..1]).unwrap().step, "prepare");
        assert_eq!(interesting(&[]), None);
    }

    #[test]
    fn half_a_character_waits_for_its_end() {
        assert_eq!(complete("größe".as_bytes()), 7);
        assert_eq!(complete(&"größ".as_bytes()[..5]), 4);
        assert_eq!(complete(b"50%\r"), 3);
        // No text, and nothing that could follow makes it one.
        assert_eq!(complete(b"\xff\xfe"), 2);
        assert_eq!(complete(b""), 0);
    }
}
