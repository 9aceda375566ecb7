//! `tune logs`: what a step printed.

use super::backend::Backend;
use super::context::{Context, unknown};
use crate::client;
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
    let backend = context.backend().await?;
    let record = context.experiment(&backend, &args.name).await?;
    let steps = backend.steps(&record, args.number).await?;
    let step = choose(&steps, &args, &record, &context.tune)?;
    let attempt = args.attempt.unwrap_or(step.attempt).max(1);
    let mut out = Printed::new(context.style.width.is_some());
    let found = match &backend {
        Backend::Server(client) => {
            let log = client.log(&record.name, args.number, &step.step, attempt, args.follow);
            from_server(log.await?, &mut out).await?
        }
        Backend::Store(store) => {
            let layout = Layout::new(&context.directory)?;
            let log = Log::new(layout.log(record.id, args.number, &step.step, attempt));
            let of = Attempt {
                store,
                record: &record,
                trial: args.number,
                step: &step.step,
                attempt,
            };
            let found = from_store(log, &of, args.follow, &mut out).await?;
            found || layout.has_begun(record.id, args.number, &step.step, attempt)
        }
    };
    out.finish()?;
    if !found {
        return Err(no_log(&step.step, attempt).into());
    }
    if !out.any {
        context.say(&format!("step `{}` printed nothing", step.step));
    }
    Ok(exit::SUCCEEDED)
}

/// Prints what the server sends; false when it has no such log.
async fn from_server(log: Option<client::Log>, out: &mut Printed) -> Result<bool> {
    let Some(mut log) = log else {
        return Ok(false);
    };
    while let Some(bytes) = log.next().await? {
        out.print(&bytes)?;
        out.flush()?;
    }
    Ok(true)
}

/// Prints what is in the store or in the file, with `follow` as that grows; false when there is neither.
async fn from_store(
    mut log: Log,
    of: &Attempt<'_>,
    follow: bool,
    out: &mut Printed,
) -> Result<bool> {
    loop {
        // The state first: whatever is printed before an end that we have seen is already in the file or in the store.
        let ended = !follow || of.has_ended().await?;
        if ended
            && !log.found
            && let Some(text) = of.stored_log().await?
        {
            out.print(text.as_bytes())?;
            return Ok(true);
        }
        log.copy(out)?;
        if ended {
            return Ok(log.found);
        }
        tokio::time::sleep(PAUSE).await;
    }
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

/// One attempt of a step run.
struct Attempt<'a> {
    store: &'a Store,
    record: &'a ExperimentRecord,
    trial: u64,
    step: &'a str,
    attempt: u32,
}

impl Attempt<'_> {
    /// What it printed, if that is in the store.
    async fn stored_log(&self) -> Result<Option<String>> {
        let log = self
            .store
            .log(self.record.id, self.trial, self.step, self.attempt);
        Ok(log.await?)
    }

    async fn has_ended(&self) -> Result<bool> {
        // A step of an experiment that nobody drives has no process, whatever is on record.
        if self.store.driver(self.record.id).await?.is_none() {
            return Ok(true);
        }
        let steps = self.store.steps(self.record.id, self.trial).await?;
        let now = steps.iter().find(|now| now.step == self.step);
        Ok(now.is_none_or(|now| now.state.is_finished() || now.attempt > self.attempt))
    }
}

/// A log file that is read as it grows.
struct Log {
    path: PathBuf,
    position: u64,
    found: bool,
}

impl Log {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            position: 0,
            found: false,
        }
    }

    /// Copies what is new. A log that does not exist yet is empty.
    fn copy(&mut self, out: &mut Printed) -> Result<()> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file.with_context(|| cannot_read(&self.path))?,
        };
        self.found = true;
        file.seek(SeekFrom::Start(self.position))?;
        let mut chunk = vec![0; 1 << 16];
        loop {
            let count = file
                .read(&mut chunk)
                .with_context(|| cannot_read(&self.path))?;
            if count == 0 {
                return out.flush();
            }
            self.position += count as u64;
            out.print(&chunk[..count])?;
        }
    }
}

/// What goes to standard output; to a terminal, without what would do harm there.
struct Printed {
    to_terminal: bool,
    /// Whether there was anything.
    any: bool,
    /// Read, but not to be shown before more is known.
    rest: Vec<u8>,
}

impl Printed {
    fn new(to_terminal: bool) -> Self {
        Self {
            to_terminal,
            any: false,
            rest: Vec::new(),
        }
    }

    fn print(&mut self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        self.any |= !bytes.is_empty();
        if !self.to_terminal {
            return Ok(out.write_all(bytes)?);
        }
        self.rest.extend(bytes);
        let shown: Vec<u8> = self.rest.drain(..complete(&self.rest)).collect();
        let text = String::from_utf8_lossy(&shown);
        Ok(out.write_all(harmless::plain(&text).as_bytes())?)
    }

    fn flush(&self) -> Result<()> {
        Ok(io::stdout().flush()?)
    }

    fn finish(&self) -> Result<()> {
        let rest = harmless::plain(&String::from_utf8_lossy(&self.rest));
        io::stdout().write_all(rest.as_bytes())?;
        self.flush()
    }
}

fn no_log(step: &str, attempt: u32) -> Failure {
    Failure::new(format!("step `{step}` has no log of attempt {attempt}"))
        .hint("the step has not run, or the file was deleted")
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
