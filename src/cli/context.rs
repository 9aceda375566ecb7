//! What every command needs: the store or the server, the styles of the two output streams, and how to speak to the user.

use super::backend::Backend;
use super::{DEFAULT_STORE, GlobalArgs};
use crate::client::{self, Client, Token};
use crate::components::BuiltIn;
use crate::error::{Failure, nearest, report};
use crate::exit;
use crate::terminal::harmless;
use crate::terminal::messages::Messages;
use crate::terminal::result::shell_word;
use crate::terminal::style::Style;
use anyhow::{Context as _, Result};
use std::io::Write;
use std::path::{Path, PathBuf};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};
use tune_experiments::spec::{self, Experiment};
use tune_experiments::store::{ExperimentId, ExperimentRecord, Location, Store};

/// Where a command runs.
pub struct Context {
    /// Where the files of the store are: its directory, or the one beside a store in PostgreSQL.
    pub directory: PathBuf,
    /// Where the database is.
    pub location: Location,
    server: Option<client::Address>,
    /// Whose certificates are trusted at other servers, beside those that the system trusts.
    pub ca_cert: Option<PathBuf>,
    /// How a suggested command begins: `tune`, with `--store` or `--server` where it would look elsewhere without.
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
        start_logging(args.verbose, args.quiet, as_json)?;
        Ok(Self {
            directory: files(args)?,
            location: location(args)?,
            server: args.server.clone().map(|url| client::Address {
                url,
                token: args.token.clone().map(Token),
                ca_cert: args.ca_cert.clone(),
            }),
            ca_cert: args.ca_cert.clone(),
            tune: beginning(args),
            style: Style::of_stdout(args.color),
            error_style: Style::of_stderr(args.color),
            quiet: args.quiet,
            logging: args.verbose > 0,
        })
    }

    /// The server, or the store, which must exist.
    pub async fn backend(&self) -> Result<Backend> {
        Ok(match self.client()? {
            Some(client) => Backend::Server(client),
            None => Backend::Store(self.store().await?),
        })
    }

    /// The server, if one is to be asked.
    pub fn client(&self) -> Result<Option<Client>> {
        self.server.clone().map(Client::new).transpose()
    }

    /// Where the server is, if one is to be asked.
    pub fn server_url(&self) -> Option<&str> {
        let server = self.server.as_ref()?;
        Some(server.url.as_str().trim_end_matches('/'))
    }

    /// Where everything is kept, as people are told.
    pub fn place(&self) -> String {
        match self.server_url() {
            Some(server) => server.to_owned(),
            None if self.location.is_postgres() => self.location.to_string(),
            None => self.directory.display().to_string(),
        }
    }

    /// Whether there is a place to look at; a store is made by the first command that writes.
    pub fn exists(&self) -> bool {
        self.server.is_some() || self.location.is_postgres() || self.directory.exists()
    }

    /// The store, made if it is not there.
    pub async fn create_store(&self) -> Result<Store> {
        Ok(Store::connect(&self.location, &self.directory, true).await?)
    }

    /// The same, with at most so many connections to PostgreSQL.
    pub async fn create_store_with(&self, connections: Option<u32>) -> Result<Store> {
        let location = self.location.clone();
        let location = match connections {
            Some(connections) => location.with_connections(connections),
            None => location,
        };
        Ok(Store::connect(&location, &self.directory, true).await?)
    }

    /// The store, which must exist.
    pub async fn store(&self) -> Result<Store> {
        if !self.location.is_postgres() && !self.directory.exists() {
            let failure =
                Failure::new(format!("there is no store at {}", self.directory.display())).hint(
                    format!(
                        "`{} run FILE` makes one; `--store DIR` or TUNE_STORE names another",
                        self.tune
                    ),
                );
            return Err(failure.into());
        }
        Ok(Store::connect(&self.location, &self.directory, false).await?)
    }

    /// The store, and the experiment of that name in it.
    pub async fn stored(&self, name: &str) -> Result<(Store, ExperimentId)> {
        let store = self.store().await?;
        let record = self
            .experiment(&Backend::Store(store.clone()), name)
            .await?;
        Ok((store, record.id))
    }

    /// The experiment of that name.
    pub async fn experiment(&self, backend: &Backend, name: &str) -> Result<ExperimentRecord> {
        if let Some(record) = backend.experiment(name).await? {
            return Ok(record);
        }
        let known: Vec<String> = backend
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

/// Where the store is; an address of something else than it can be is no directory.
fn location(args: &GlobalArgs) -> Result<Location> {
    let location = Location::new(args.store.to_string_lossy());
    match location.unknown_scheme() {
        None => Ok(location),
        Some(scheme) => Err(Failure::new(format!("a store cannot be at `{scheme}://…`"))
            .hint("name a directory, or write postgres://USER@HOST/DATABASE")
            .code(exit::USAGE)
            .into()),
    }
}

/// The directory of a store is where its files are too.
fn files(args: &GlobalArgs) -> Result<PathBuf> {
    let is_postgres = location(args)?.is_postgres();
    let files = if is_postgres { &args.data } else { &args.store };
    std::path::absolute(files).context("cannot tell where the store is")
}

/// What is set in the environment or by default is found again without being named.
fn beginning(args: &GlobalArgs) -> String {
    let is_set = |variable: &str, value: &str| {
        std::env::var(variable).is_ok_and(|set| !set.is_empty() && set == value)
    };
    if let Some(server) = &args.server {
        let url = server.as_str().trim_end_matches('/');
        return match is_set("TUNE_SERVER", url) || is_set("TUNE_SERVER", server.as_str()) {
            true => "tune".to_owned(),
            false => format!("tune --server {}", shell_word(url)),
        };
    }
    let store = args.store.to_string_lossy();
    if is_set("TUNE_STORE", &store) || args.store == Path::new(DEFAULT_STORE) {
        return "tune".to_owned();
    }
    // A password belongs into no suggestion.
    let store = Location::new(store).to_string();
    format!("tune --store {}", shell_word(&store))
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

/// Messages from inside the program go to standard error: warnings unless the user wants quiet, more with `-v`; `TUNE_LOG` says which in
/// detail.
fn start_logging(verbose: u8, quiet: bool, as_json: bool) -> Result<()> {
    let wanted = std::env::var("TUNE_LOG").ok();
    let wanted = wanted.filter(|it| !it.trim().is_empty());
    let filter = wanted
        .and_then(|it| EnvFilter::try_new(it).ok())
        .unwrap_or_else(|| EnvFilter::new(messages(verbose, quiet)));
    let messages = fmt::layer().with_writer(|| Messages).with_ansi(false);
    let messages = match as_json {
        true => messages.json().flatten_event(true).boxed(),
        false => messages.boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(messages.with_filter(filter));
    #[cfg(feature = "otel")]
    let subscriber = subscriber.with(crate::otel::layer()?);
    Ok(subscriber.try_init()?)
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
    use super::super::Cli;
    use super::*;
    use clap::Parser;

    #[test]
    fn a_store_elsewhere_is_part_of_suggested_commands() {
        let beginning = |words: &[&str]| {
            let words = ["tune", "list"].iter().chain(words);
            beginning(&Cli::try_parse_from(words).unwrap().global)
        };
        assert_eq!(beginning(&["--store", ".tune"]), "tune");
        let elsewhere = beginning(&["--store", "my store"]);
        assert_eq!(elsewhere, "tune --store 'my store'");
        let server = beginning(&["--server", "http://localhost:1", "--token", "secret"]);
        assert_eq!(server, "tune --server http://localhost:1");
        let database = beginning(&["--store", "postgres://me:secret@host/tune"]);
        assert!(!database.contains("secret"), "{database}");
    }

    #[test]
    fn warnings_are_shown_unless_the_user_wants_quiet() {
        assert!(messages(0, false).starts_with("warn"));
        assert_eq!(messages(0, true), "error");
    }
}
