//! What every command needs: the store, the styles of the two output streams, and how to speak to the user.

use super::{DEFAULT_STORE, GlobalArgs};
use crate::components::BuiltIn;
use crate::error::{Failure, nearest, report};
use crate::terminal::harmless;
use crate::terminal::messages::Messages;
use crate::terminal::result::shell_word;
use crate::terminal::style::Style;
use anyhow::{Context as _, Result};
use std::io::Write;
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;
use tune_experiments::spec::{self, Experiment};
use tune_experiments::store::{ExperimentRecord, Store};

/// Where a command runs.
pub struct Context {
    /// The store's directory.
    pub directory: PathBuf,
    /// How a suggested command begins: `tune`, with `--store` where it would look elsewhere without.
    pub tune: String,
    /// Of standard output.
    pub style: Style,
    /// Of standard error.
    pub error_style: Style,
    /// Say only what was asked for.
    pub quiet: bool,
    /// Messages from inside go to standard error.
    pub logging: bool,
}

impl Context {
    /// From the options of every command; `as_json` is the form of messages from inside.
    pub fn new(args: &GlobalArgs, as_json: bool) -> Result<Self> {
        start_logging(args.verbose, args.quiet, as_json);
        Ok(Self {
            directory: std::path::absolute(&args.store)
                .context("cannot tell where the store is")?,
            tune: beginning(&args.store),
            style: Style::of_stdout(args.color),
            error_style: Style::of_stderr(args.color),
            quiet: args.quiet,
            logging: args.verbose > 0,
        })
    }

    /// The store, which must exist.
    pub async fn store(&self) -> Result<Store> {
        if !self.directory.exists() {
            let failure =
                Failure::new(format!("there is no store at {}", self.directory.display())).hint(
                    format!(
                        "`{} run FILE` makes one; `--store DIR` or TUNE_STORE names another",
                        self.tune
                    ),
                );
            return Err(failure.into());
        }
        Ok(Store::open_existing(&self.directory).await?)
    }

    /// The experiment of that name.
    pub async fn experiment(&self, store: &Store, name: &str) -> Result<ExperimentRecord> {
        if let Some(record) = store.experiment(name).await? {
            return Ok(record);
        }
        let known: Vec<String> = store
            .experiments()
            .await?
            .into_iter()
            .map(|summary| summary.experiment.name)
            .collect();
        Err(unknown("experiment", name, &known, &format!("{} list", self.tune)).into())
    }

    /// What the user wrote, checked.
    pub fn spec(&self, record: &ExperimentRecord) -> Result<Experiment> {
        let cannot = || {
            format!(
                "this version cannot read the stored experiment `{}`",
                record.name
            )
        };
        spec::read_document(&record.document, &BuiltIn::new()?).with_context(cannot)
    }

    /// Prints to standard output what was asked for.
    pub fn print(&self, text: &str) -> Result<()> {
        let mut out = std::io::stdout().lock();
        if self.style.width.is_some() {
            out.write_all(harmless::painted(text, self.style.colors).as_bytes())?;
        } else {
            out.write_all(text.as_bytes())?;
        }
        Ok(out.flush()?)
    }

    /// Says something on standard error, unless the user wants quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            // The command does its work whether or not somebody listens.
            let text = harmless::painted(text, self.error_style.colors);
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// Tells of an error that does not end the command.
    pub fn say_error(&self, error: &anyhow::Error) {
        // The exit code tells it too, should nobody read this.
        let _ = std::io::stderr().write_all(report(error).0.as_bytes());
    }
}

/// A store from the environment or by default is found again without being named.
fn beginning(store: &Path) -> String {
    let is_set = std::env::var_os("TUNE_STORE").is_some_and(|set| !set.is_empty() && set == store);
    if is_set || store == Path::new(DEFAULT_STORE) {
        "tune".to_owned()
    } else {
        format!("tune --store {}", shell_word(&store.to_string_lossy()))
    }
}

/// A name that is not among the known ones: what it may have meant, and how to see them all.
pub fn unknown(kind: &str, name: &str, known: &[String], see: &str) -> Failure {
    let failure = Failure::new(format!("there is no {kind} `{name}`"));
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None if known.is_empty() => failure.hint(format!("there is no {kind} at all")),
        None => failure.hint(format!("`{see}` shows what there is")),
    }
}

/// Messages from inside the program go to standard error: warnings unless the user wants quiet, more with `-v`; `TUNE_LOG` says which in detail.
fn start_logging(verbose: u8, quiet: bool, as_json: bool) {
    let filter = EnvFilter::try_from_env("TUNE_LOG")
        .unwrap_or_else(|_| EnvFilter::new(messages(verbose, quiet)));
    let messages = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Messages)
        .with_ansi(false);
    match as_json {
        true => messages.json().flatten_event(true).init(),
        false => messages.init(),
    }
}

fn messages(verbose: u8, quiet: bool) -> &'static str {
    match verbose {
        0 if quiet => "error",
        // A slow disk is not worth a warning for every statement.
        0 => "warn,sqlx=error",
        1 => "warn,tune=info,tune_experiments=info,tune_algorithms=info",
        _ => "info,tune=debug,tune_experiments=debug,tune_algorithms=debug",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_elsewhere_is_part_of_suggested_commands() {
        assert_eq!(beginning(Path::new(".tune")), "tune");
        let elsewhere = beginning(Path::new("my store"));
        assert_eq!(elsewhere, "tune --store 'my store'");
    }

    #[test]
    fn warnings_are_shown_unless_the_user_wants_quiet() {
        assert!(messages(0, false).starts_with("warn"));
        assert_eq!(messages(0, true), "error");
    }
}
