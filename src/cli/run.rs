//! `tune run`: runs an experiment file; a file that has run before goes on where it was.

use super::context::Context;
use super::drive::{DriveArgs, drive, positive, refuse_if_driven};
use super::outcome;
use super::source;
use crate::components::BuiltIn;
use crate::error::{Failure, InvalidFile};
use crate::exit;
use crate::terminal::result::shell_word;
use anyhow::{Context as _, Result};
use clap::Args;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use tune_experiments::controller::{self, SubmitError, Submitted};
use tune_experiments::spec::{self, Difference, Override, Submission};
use tune_experiments::store::Store;

/// Run an experiment, or go on with it
///
/// The same file goes on where it was. A file in which only limits changed goes on with the new limits.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// The experiment file; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
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
    #[command(flatten)]
    drive: DriveArgs,
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
    let components = BuiltIn::new()?;
    let submission = source::read(&args.file)?
        .and_then(|source| spec::read(&source, &overrides(&args), &components))
        .map_err(|error| {
            source::show(&error, &context);
            InvalidFile
        })?;
    let store = Store::open(&context.directory).await?;
    let directory = directory(&args.file)?;
    let now = Timestamp::now();
    let submitted = controller::submit(&store, &components, &submission, &directory, now)
        .await
        .map_err(|error| refused(error, &context.tune))?;
    go_on(&args, &context, store, submission, submitted, &directory).await
}

async fn go_on(
    args: &RunArgs,
    context: &Context,
    store: Store,
    submission: Submission,
    submitted: Submitted,
    directory: &Path,
) -> Result<u8> {
    let experiment = submission.experiment;
    let record = match submitted {
        Submitted::Created(record) => record,
        Submitted::Continues(record) => {
            refuse_if_driven(context, &store, &record).await?;
            context.say(&format!("`{}` goes on where it was", record.name));
            record
        }
        Submitted::LimitsChanged(record) => {
            context.say(&format!("`{}` goes on with new limits", record.name));
            record
        }
        Submitted::Finished(record) => {
            return outcome::finished(context, &store, &record, &experiment, args.drive.json).await;
        }
    };
    if let Some(notice) = elsewhere(&record.directory, directory) {
        context.say(&notice);
    }
    drive(context, store, record, experiment, &args.drive).await
}

/// The options that set a key of the file; later ones win.
fn overrides(args: &RunArgs) -> Vec<Override> {
    let set = |key: &str, value: Option<String>| {
        value.map(|value| Override {
            key: key.to_owned(),
            value,
        })
    };
    let mut overrides = args.set.clone();
    // Quoted: a name may look like a number.
    let name = args
        .name
        .as_ref()
        .map(|name| serde_json::Value::from(name.as_str()).to_string());
    overrides.extend(set("name", name));
    overrides.extend(set(
        "max_trials",
        args.max_trials.map(|max| max.to_string()),
    ));
    overrides.extend(set(
        "parallel_trials",
        args.parallel.map(|number| number.to_string()),
    ));
    overrides.extend(set(
        "algorithm.seed",
        args.seed.map(|seed| seed.to_string()),
    ));
    overrides
}

/// What relative paths in the file start from.
fn directory(file: &Path) -> Result<PathBuf> {
    let current = std::env::current_dir().context("the current directory is gone")?;
    if file.as_os_str() == "-" {
        return Ok(current);
    }
    let file = std::path::absolute(file)?;
    Ok(file.parent().map_or(current, Path::to_path_buf))
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

pub fn refused(error: SubmitError, tune: &str) -> anyhow::Error {
    match error {
        SubmitError::Different { name, differences } => different(tune, &name, &differences).into(),
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
        let keys: Vec<String> = overrides(&args)
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
        assert_eq!(args.set[0].key, "pipeline.train.run");
        assert_eq!(args.set[0].value, "echo loss=1");
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
