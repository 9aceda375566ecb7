//! `tune run`: runs an experiment file; a file that has run before goes on where it was.

use super::backend::Backend;
use super::context::Context;
use super::drive::{DriveArgs, drive, positive, refuse_if_driven};
use super::follow::Since;
use super::outcome;
use super::source;
use super::watch::watch;
use crate::client::Client;
use crate::components::BuiltIn;
use crate::error::{Failure, InvalidFile};
use crate::exit;
use crate::terminal::number::count;
use crate::terminal::result::shell_word;
use crate::wire::Outcome;
use anyhow::{Context as _, Result};
use clap::Args;
use jiff::Timestamp;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use tune_experiments::controller::{self, SubmitError, Submitted};
use tune_experiments::spec::{Action, Difference, Experiment, Override, Step, Submission};
use tune_experiments::state::ExperimentState;
use tune_experiments::store::{ExperimentRecord, Store};

/// Run an experiment, or go on with it
///
/// The same file goes on where it was. A file in which only limits changed goes on with the new limits.
#[derive(Args, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    file: FileArgs,
    #[command(flatten)]
    drive: DriveArgs,
}

/// An experiment file, and what is to be different in it.
#[derive(Args, Debug)]
pub struct FileArgs {
    /// The experiment file; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Set a key of the file, as in --set algorithm.seed=7; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<Override>,
    /// Give the experiment another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Another limit of trials
    #[arg(long, value_name = "N", value_parser = positive::<u64>)]
    max_trials: Option<u64>,
    /// Another number of trials at once
    #[arg(long, value_name = "N", value_parser = positive::<u32>)]
    parallel: Option<u32>,
    /// Another seed of the algorithm
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

fn key_and_value(text: &str) -> Result<Override, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok(Override {
            key: key.trim().to_owned(),
            value: value.to_owned(),
        }),
        _ => Err("write KEY=VALUE, as in max_trials=20".to_owned()),
    }
}

pub async fn run(args: RunArgs, context: Context) -> Result<u8> {
    let submission = source::checked(&args.file, &context)?;
    if let Some(client) = context.client()? {
        return Box::pin(run_at(client, submission, &args.drive, &context)).await;
    }
    let experiment = &submission.experiment;
    if experiment.pipeline.is_empty() {
        return Err(nothing_to_run(&context.tune, &args.file.file).into());
    }
    let (directory, mut door) = (args.file.directory()?, args.drive.door());
    let store = context.create_store().await?;
    if store.experiment(&experiment.name).await?.is_none() {
        // Before anything is stored. One that is there may have ended, or be run by another process, which matters more.
        door = Ok(door?);
    }
    let place = Place { directory, door };
    let (components, now) = (BuiltIn::new()?, Timestamp::now());
    let submitted = controller::submit(&store, &components, &submission, &place.directory, now)
        .await
        .map_err(|error| refused(error, &context))?;
    go_on(&args, &context, store, submission, submitted, place).await
}

/// Where an experiment runs.
struct Place {
    /// What relative paths start from.
    directory: PathBuf,
    /// Where its dashboard is going to be, if one is wanted and the port is free.
    door: Result<Option<TcpListener>>,
}

fn nothing_to_run(tune: &str, file: &Path) -> Failure {
    let file = shell_word(&file.to_string_lossy());
    Failure::new("there is nothing to run: the experiment has no pipeline")
        .hint(format!(
            "`{tune} create {file}` creates it; `{tune} ask` hands out its trials"
        ))
        .code(exit::USAGE)
}

/// Has a server run it, and follows.
async fn run_at(
    client: Client,
    submission: Submission,
    args: &DriveArgs,
    context: &Context,
) -> Result<u8> {
    args.refuse_for_server()?;
    let submitted = submit_to(&client, &submission).await?;
    let since = match submitted {
        Submitted::Created(_) => Since::Beginning,
        _ => Since::Now,
    };
    let backend = Backend::Server(client);
    say_prior(context, &submitted, &submission.experiment);
    let (notice, record) = match submitted {
        Submitted::Created(record) => (created_at(&record, &submission.experiment), record),
        Submitted::Continues(record) => (Some("goes on where it was".to_owned()), record),
        Submitted::LimitsChanged(record) => (Some("goes on with new limits".to_owned()), record),
        Submitted::Finished(record) => {
            let experiment = &submission.experiment;
            args.show_at(context, &record.name);
            return outcome::finished(context, &backend, &record, experiment, args.json).await;
        }
    };
    if let Some(notice) = notice {
        context.say(&format!("`{}` {notice}", record.name));
    }
    let record = go_on_at(&backend, record).await?;
    args.show_at(context, &record.name);
    Box::pin(watch(
        context,
        &backend,
        record,
        &submission.experiment,
        since,
        args.json,
    ))
    .await
}

/// What a new experiment starts from.
pub fn say_prior(context: &Context, submitted: &Submitted, experiment: &Experiment) {
    if let (Submitted::Created(record), Some(other)) = (submitted, &experiment.start_from) {
        let trials = count(record.prior_trials, "trial");
        context.say(&format!(
            "`{}` starts from {trials} of `{other}`",
            record.name
        ));
    }
}

/// Whose files a pipeline of commands uses.
fn created_at(record: &ExperimentRecord, experiment: &Experiment) -> Option<String> {
    let is_command = |step: &Step| !matches!(step.action, Action::Component { .. });
    let mut steps = experiment.pipeline.steps.values();
    steps.any(is_command).then(|| {
        format!(
            "uses the files of the server: relative paths start from {} there",
            record.directory.display()
        )
    })
}

/// A paused experiment goes on when it is run again.
pub async fn go_on_at(backend: &Backend, record: ExperimentRecord) -> Result<ExperimentRecord> {
    match backend {
        Backend::Server(client) if record.state == ExperimentState::Paused => {
            Ok(client.resume(&record.name).await?.into())
        }
        _ => Ok(record),
    }
}

/// Submits to a server. A mark of its own lets the submission be sent again when the answer is lost.
pub async fn submit_to(client: &Client, submission: &Submission) -> Result<Submitted> {
    let mut mark = [0; 16];
    getrandom::fill(&mut mark).context("the system has no random numbers")?;
    let mark: String = mark.iter().map(|byte| format!("{byte:02x}")).collect();
    let answer = client.submit(&submission.document, &mark, true).await?;
    let record = ExperimentRecord::from(answer.experiment);
    Ok(match answer.outcome {
        Outcome::Created => Submitted::Created(record),
        Outcome::Continues => Submitted::Continues(record),
        Outcome::LimitsChanged => Submitted::LimitsChanged(record),
        Outcome::Finished => Submitted::Finished(record),
    })
}

async fn go_on(
    args: &RunArgs,
    context: &Context,
    store: Store,
    submission: Submission,
    submitted: Submitted,
    place: Place,
) -> Result<u8> {
    let experiment = submission.experiment;
    say_prior(context, &submitted, &experiment);
    let record = match submitted {
        Submitted::Created(record) => record,
        Submitted::Continues(record) => {
            refuse_if_driven(context, &Backend::Store(store.clone()), &record).await?;
            context.say(&format!("`{}` goes on where it was", record.name));
            record
        }
        Submitted::LimitsChanged(record) => {
            context.say(&format!("`{}` goes on with new limits", record.name));
            record
        }
        Submitted::Finished(record) => {
            let backend = Backend::Store(store);
            args.drive.say_where(context, &record.name);
            return outcome::finished(context, &backend, &record, &experiment, args.drive.json)
                .await;
        }
    };
    if let Some(notice) = elsewhere(&record.directory, &place.directory) {
        context.say(&notice);
    }
    let args = &args.drive;
    drive(context, store, record, experiment, args, place.door?).await
}

impl FileArgs {
    /// The options that set a key of the file; later ones win.
    pub fn overrides(&self) -> Vec<Override> {
        let set = |key: &str, value: Option<String>| {
            value.map(|value| Override {
                key: key.to_owned(),
                value,
            })
        };
        // Quoted: a name may look like a number.
        let name = self.name.as_ref();
        let name = name.map(|name| serde_json::Value::from(name.as_str()).to_string());
        let mut overrides = self.set.clone();
        overrides.extend(set("name", name));
        overrides.extend(set(
            "max_trials",
            self.max_trials.map(|max| max.to_string()),
        ));
        overrides.extend(set(
            "parallel_trials",
            self.parallel.map(|number| number.to_string()),
        ));
        overrides.extend(set(
            "algorithm.seed",
            self.seed.map(|seed| seed.to_string()),
        ));
        overrides
    }

    /// What relative paths in the file start from.
    pub fn directory(&self) -> Result<PathBuf> {
        let current = std::env::current_dir().context("the current directory is gone")?;
        if self.file.as_os_str() == "-" {
            return Ok(current);
        }
        let file = std::path::absolute(&self.file)?;
        Ok(file.parent().map_or(current, Path::to_path_buf))
    }
}

/// Where relative paths start from, if that is not where the file is now.
fn elsewhere(stored: &Path, given: &Path) -> Option<String> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    (real(stored) != real(given)).then(|| {
        format!(
            "relative paths start from {}, where it was run first",
            stored.display()
        )
    })
}

/// Why a file was not taken; its problems are shown.
pub fn refused(error: SubmitError, context: &Context) -> anyhow::Error {
    match error {
        SubmitError::Different { name, differences } => {
            different(&context.tune, &name, &differences).into()
        }
        SubmitError::Refused(error) => {
            source::show(&error, context);
            InvalidFile.into()
        }
        error => error.into(),
    }
}

fn different(tune: &str, name: &str, differences: &[Difference]) -> Failure {
    let lines: Vec<String> = differences
        .iter()
        .map(|difference| format!("\n  {}", described(difference)))
        .collect();
    let word = shell_word(name);
    Failure::new(format!(
        "experiment `{name}` exists and is another one:{}",
        lines.concat()
    ))
    .hint("--name NEW_NAME runs this file beside it")
    .hint(format!("{tune} delete {word} makes room for this file"))
    .code(exit::NAME_TAKEN)
}

/// `max_depth.max: 12 before, 20 now`.
fn described(difference: &Difference) -> String {
    let text = |value: &Option<serde_json::Value>| match value {
        Some(value) => value.to_string(),
        None => "nothing".to_owned(),
    };
    format!(
        "{}: {} before, {} now",
        difference.path,
        text(&difference.stored),
        text(&difference.given)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: RunArgs,
    }

    fn read(words: &[&str]) -> RunArgs {
        Line::parse_from(["run", "x.yaml"].iter().chain(words)).args
    }

    #[test]
    fn options_set_keys_and_win_over_set() {
        let args = read(&[
            "--set",
            "max_trials=3",
            "--set",
            "algorithm.name=grid",
            "--name",
            "7",
            "--max-trials",
            "9",
            "--parallel",
            "2",
            "--seed",
            "1",
        ]);
        let keys: Vec<String> = args
            .file
            .overrides()
            .into_iter()
            .map(|set| format!("{}={}", set.key, set.value))
            .collect();
        assert_eq!(
            keys,
            [
                "max_trials=3",
                "algorithm.name=grid",
                "name=\"7\"",
                "max_trials=9",
                "parallel_trials=2",
                "algorithm.seed=1"
            ]
        );
    }

    #[test]
    fn a_value_may_hold_an_equals_sign() {
        let args = read(&["--set", "pipeline.train.run=echo loss=1"]);
        assert_eq!(args.file.set[0].key, "pipeline.train.run");
        assert_eq!(args.file.set[0].value, "echo loss=1");
    }

    #[test]
    fn another_directory_than_the_first_is_named() {
        assert_eq!(elsewhere(Path::new("/"), Path::new("/./")), None);
        assert_eq!(
            elsewhere(Path::new("/first"), Path::new("/second")).unwrap(),
            "relative paths start from /first, where it was run first"
        );
    }

    #[test]
    fn what_differs_is_named_with_both_values() {
        let failure = different(
            "tune",
            "iris",
            &[Difference {
                path: "parameters.x.max".into(),
                stored: Some(serde_json::json!(12)),
                given: None,
            }],
        );
        assert!(
            failure
                .to_string()
                .ends_with("parameters.x.max: 12 before, nothing now"),
            "{failure}"
        );
    }
}
