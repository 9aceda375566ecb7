//! The command line: one file per command, each with its arguments, whose comments are the help, and what it does.

mod ask;
mod backend;
mod best;
mod browser;
mod cancel;
mod compare;
mod completions;
mod component;
mod context;
mod create;
mod delete;
mod drive;
mod export;
mod feed;
mod fields;
mod follow;
mod format;
mod importance;
mod in_process;
mod init;
mod list;
mod logs;
mod looking;
mod man;
mod note;
mod outcome;
mod pages;
mod pause;
mod report;
mod resume;
mod run;
mod schema;
mod serve;
mod setup;
mod show;
mod signals;
mod source;
mod tag;
mod tell;
mod thread;
mod token;
mod trials;
mod ui;
mod validate;
mod watch;
mod watchdog;

use crate::exit;
use crate::terminal::style::ColorChoice;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use context::Context;
use serve::LogFormat;
use std::ffi::OsStr;
use std::future::Future;
use std::path::PathBuf;

/// Finds the best configuration of a machine-learning pipeline.
///
/// One YAML file describes a search space, an objective and a pipeline of steps. tune suggests configurations, runs each as a
/// trial of the pipeline, stops the hopeless ones early, remembers everything and shows the best.
#[derive(Debug, Parser)]
#[command(name = "tune", version, max_term_width = 100, after_help = AFTER_HELP, after_long_help = after_long_help())]
pub struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// Where everything is kept unless the user says otherwise.
pub const DEFAULT_STORE: &str = ".tune";

/// Options of every command.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Where everything is kept: a directory, or postgres://USER@HOST/DATABASE
    #[arg(
        long,
        global = true,
        value_name = "STORE",
        env = "TUNE_STORE",
        default_value = DEFAULT_STORE,
        hide_env_values = true
    )]
    store: PathBuf,
    /// Where the files beside a store in PostgreSQL are
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "TUNE_DATA",
        default_value = DEFAULT_STORE
    )]
    data: PathBuf,
    /// Ask this server instead of a store
    #[arg(long, global = true, value_name = "URL", env = "TUNE_SERVER", value_parser = crate::client::url)]
    server: Option<reqwest::Url>,
    /// What lets you in at the server; better in the environment, where others do not see it
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        env = "TUNE_TOKEN",
        hide_env_values = true
    )]
    token: Option<String>,
    /// Certificates to trust at the server, PEM, beside those of the system
    #[arg(long, global = true, value_name = "FILE", env = "TUNE_CA_CERT")]
    ca_cert: Option<PathBuf>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    color: ColorChoice,
    /// Say only what was asked for, and errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more about what happens inside; twice: much more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Resume(resume::ResumeArgs),
    Pause(pause::PauseArgs),
    Cancel(cancel::CancelArgs),
    Watch(watch::WatchArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Best(best::BestArgs),
    Trials(trials::TrialsArgs),
    Compare(compare::CompareArgs),
    Importance(importance::ImportanceArgs),
    Logs(logs::LogsArgs),
    Export(export::ExportArgs),
    Tag(tag::TagArgs),
    Note(note::NoteArgs),
    Delete(delete::DeleteArgs),
    Create(create::CreateArgs),
    Ask(ask::AskArgs),
    Tell(tell::TellArgs),
    Report(report::ReportArgs),
    Serve(serve::ServeArgs),
    Ui(ui::UiArgs),
    Token(token::TokenArgs),
    Init(init::InitArgs),
    Validate(validate::ValidateArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    #[command(hide = true)]
    Component(component::ComponentArgs),
    #[command(hide = true)]
    Watchdog(watchdog::WatchdogArgs),
}

const AFTER_HELP: &str = "\
First steps:
  tune init experiment.yaml     write an experiment that runs as it is
  tune run experiment.yaml      run it; the same command goes on where it was
  tune best NAME                the best configuration";

fn after_long_help() -> String {
    let codes = exit::ALL.map(|(code, meaning)| format!("\n  {code:<4} {meaning}"));
    format!("{AFTER_HELP}\n\nExit codes:{}", codes.concat())
}

/// Reads the command line. A variable that is set to nothing is as good as one that is not set.
pub fn parse() -> Cli {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let matches = without_variables(command(), is_empty).get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn without_variables(command: clap::Command, unset: impl Fn(&OsStr) -> bool) -> clap::Command {
    command.mut_args(|arg| match arg.get_env().is_some_and(&unset) {
        true => arg.env(None::<&str>),
        false => arg,
    })
}

/// Does what the command line says; the answer is the exit code.
pub fn run(cli: Cli) -> anyhow::Result<u8> {
    let as_json =
        matches!(&cli.command, Command::Serve(args) if args.log_format == LogFormat::Json);
    let context = Context::new(&cli.global, as_json)?;
    match cli.command {
        Command::Run(args) => waiting(run::run(args, context)),
        Command::Resume(args) => waiting(resume::run(args, context)),
        Command::Pause(args) => waiting(pause::run(args, context)),
        Command::Cancel(args) => waiting(cancel::run(args, context)),
        Command::Watch(args) => waiting(watch::run(args, context)),
        Command::List(args) => waiting(list::run(args, context)),
        Command::Show(args) => waiting(show::run(args, context)),
        Command::Best(args) => waiting(best::run(args, context)),
        Command::Trials(args) => waiting(trials::run(args, context)),
        Command::Compare(args) => waiting(compare::run(args, context)),
        Command::Importance(args) => waiting(importance::run(args, context)),
        Command::Logs(args) => waiting(logs::run(args, context)),
        Command::Export(args) => waiting(export::run(args, context)),
        Command::Tag(args) => waiting(tag::run(args, context)),
        Command::Note(args) => waiting(note::run(args, context)),
        Command::Delete(args) => waiting(delete::run(args, context)),
        Command::Create(args) => waiting(create::run(args, context)),
        Command::Ask(args) => waiting(ask::run(args, context)),
        Command::Tell(args) => waiting(tell::run(args, context)),
        Command::Report(args) => waiting(report::run(args, context)),
        Command::Serve(args) => on_all_processors(serve::run(args, context)),
        Command::Ui(args) => on_all_processors(ui::run(args, context)),
        Command::Token(args) => waiting(token::run(args, context)),
        Command::Init(args) => init::run(&args, &context),
        Command::Validate(args) => validate::run(&args, &context),
        Command::Schema(args) => schema::run(&args, &context),
        Command::Completions(args) => completions::run(&args, &context),
        Command::Man(args) => man::run(&args, &context),
        Command::Component(args) => component::run(&args),
        Command::Watchdog(args) => watchdog::run(&args),
    }
}

/// The whole command line, for completions and the manual page.
fn command() -> clap::Command {
    Cli::command()
}

/// Runs a command on one thread: what it waits for are processes and the database, and handing work from thread to thread would cost more
/// than the work. The algorithm and the database have threads of their own.
fn waiting(work: impl Future<Output = anyhow::Result<u8>>) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(work);
    // Whatever still blocks a thread (a read from standard input, say) must not keep the process alive.
    runtime.shutdown_background();
    result
}

/// Runs a command that does many things at once.
fn on_all_processors(work: impl Future<Output = anyhow::Result<u8>>) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn global_options_may_follow_the_command() {
        let cli = Cli::try_parse_from(["tune", "list", "--store", "elsewhere", "-vv"]).unwrap();
        assert_eq!(cli.global.store, PathBuf::from("elsewhere"));
        assert_eq!(cli.global.verbose, 2);
    }
}
