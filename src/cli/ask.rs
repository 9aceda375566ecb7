//! `tune ask`: trials of an experiment for programs that evaluate them themselves.

use super::best;
use super::context::Context;
use super::drive::positive;
use super::format::pretty;
use super::in_process;
use crate::error::Failure;
use crate::exit;
use crate::wire;
use anyhow::Result;
use clap::{Args, ValueEnum};
use std::time::Duration;

/// Get trials to evaluate
///
/// Each is yours until its lease runs out; `tune report` renews it, `tune tell` ends the trial. There may be none although the
/// experiment goes on: then others are at its last trials.
#[derive(Args, Debug)]
pub struct AskArgs {
    /// Name of the experiment
    name: String,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = positive::<u32>)]
    count: u32,
    /// Wait until there is a trial, or the experiment ends
    #[arg(long)]
    wait: bool,
    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The forms of trials to evaluate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For programs
    #[default]
    Json,
    /// For `eval` in a shell, of one trial: TUNE_TRIAL is its number, every parameter a variable of its name, those of inactive ones
    /// are unset, as is TUNE_RUNGS where early stopping has no rungs; exit code 8 when there is none now
    Env,
}

/// Between two times of asking.
const PAUSE: Duration = Duration::from_millis(200);

pub async fn run(args: AskArgs, context: Context) -> Result<u8> {
    if args.format == Format::Env && args.count > 1 {
        let failure = Failure::new("--format env is of one trial").code(exit::USAGE);
        return Err(failure.into());
    }
    let names = match args.format {
        Format::Json => Vec::new(),
        Format::Env => names(&args, &context).await?,
    };
    let asked = loop {
        let asked = ask(&args, &context).await?;
        let is_over = asked.experiment.state.is_finished();
        if !args.wait || is_over || !asked.trials.is_empty() {
            break asked;
        }
        tokio::time::sleep(PAUSE).await;
    };
    match args.format {
        Format::Json => context.print(&pretty(&asked)?)?,
        Format::Env => print_variables(&asked, &names, &context)?,
    }
    let state = asked.experiment.state;
    if asked.trials.is_empty() && state.is_finished() {
        context.say(&format!("`{}` has ended: {state}", args.name));
        return Ok(exit::NOTHING_TO_ASK);
    }
    if asked.trials.is_empty() && args.format == Format::Env {
        context.say(&format!(
            "`{}` is {state} and has no trial to give now; --wait waits for one",
            args.name
        ));
        return Ok(exit::NOTHING_NOW);
    }
    Ok(exit::SUCCEEDED)
}

/// The names of the parameters. Before anything is asked for: what is refused costs no trial.
async fn names(args: &AskArgs, context: &Context) -> Result<Vec<String>> {
    let backend = context.backend().await?;
    let record = context.experiment(&backend, &args.name).await?;
    let experiment = context.spec(&record)?;
    let parameters = experiment.parameters.parameters().iter();
    let names: Vec<String> = parameters.map(|parameter| parameter.name.clone()).collect();
    match names.iter().find(|name| is_reserved(&best::variable(name))) {
        Some(name) => Err(Failure::new(format!(
            "the parameter `{name}` would set `{}`, which is not a variable of the experiment's",
            best::variable(name)
        ))
        .hint("--format json does not go through the shell's variables")
        .into()),
        None => Ok(names),
    }
}

/// Variables that mean something to the shell, or to every program that it starts. Whoever writes an experiment file must not set them for
/// those who ask.
const RESERVED: [&str; 33] = [
    "PATH",
    "IFS",
    "HOME",
    "ENV",
    "PS0",
    "PS1",
    "PS2",
    "PS3",
    "PS4",
    "PWD",
    "OLDPWD",
    "CDPATH",
    "SHELL",
    "SHELLOPTS",
    "USER",
    "LOGNAME",
    "UID",
    "EUID",
    "PPID",
    "OPTIND",
    "OPTARG",
    "OPTERR",
    "MAIL",
    "MAILPATH",
    "TERM",
    "LANG",
    "TMPDIR",
    "EDITOR",
    "PAGER",
    "FPATH",
    "FUNCNEST",
    "PROMPT_COMMAND",
    "NODE_OPTIONS",
];
const RESERVED_BEGINNINGS: [&str; 9] = [
    "TUNE_", "BASH", "LD_", "DYLD_", "LC_", "HIST", "PYTHON", "PERL", "RUBY",
];

fn is_reserved(variable: &str) -> bool {
    let mut beginnings = RESERVED_BEGINNINGS.iter();
    RESERVED.contains(&variable) || beginnings.any(|begin| variable.starts_with(begin))
}

fn print_variables(asked: &wire::Asked, names: &[String], context: &Context) -> Result<()> {
    match asked.trials.first() {
        Some(trial) => context.print(&variables(trial, names, &asked.rungs)),
        None => Ok(()),
    }
}

/// What `eval` sets; of inactive parameters and of rungs, nothing may be left of a trial before.
fn variables(trial: &wire::Trial, names: &[String], rungs: &[i64]) -> String {
    let inactive = names
        .iter()
        .filter(|name| trial.parameters.get(name).is_none());
    let unset: String = inactive
        .map(|name| format!("unset {}\n", best::variable(name)))
        .collect();
    let set = best::env(&trial.parameters);
    let rungs: Vec<String> = rungs.iter().map(i64::to_string).collect();
    let rungs = match rungs.is_empty() {
        true => "unset TUNE_RUNGS\n".to_owned(),
        false => format!("TUNE_RUNGS={}\n", rungs.join(",")),
    };
    format!("{unset}TUNE_TRIAL={}\n{rungs}{set}", trial.number)
}

async fn ask(args: &AskArgs, context: &Context) -> Result<wire::Asked> {
    if let Some(client) = context.client()? {
        return Ok(client.ask(&args.name, args.count).await?);
    }
    let (store, id) = context.stored(&args.name).await?;
    let count = args.count as usize;
    let asked = in_process::call(context, store, async |service| service.ask(id, count).await);
    Ok(asked.await?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_inactive_parameters_are_unset() {
        let trial = serde_json::json!({
            "number": 3, "state": "running", "parameters": {"model": "svm"}, "metrics": {},
            "created_at": "2026-01-01T00:00:00Z", "enqueued": false, "handed_out": 1
        });
        let trial: wire::Trial = serde_json::from_value(trial).unwrap();
        let names = ["model", "max-depth"].map(str::to_owned);
        let text = variables(&trial, &names, &[]);
        assert_eq!(
            text,
            "unset max_depth\nTUNE_TRIAL=3\nunset TUNE_RUNGS\nmodel=svm\n"
        );
        let text = variables(&trial, &names[..1], &[1, 3, 9]);
        assert_eq!(text, "TUNE_TRIAL=3\nTUNE_RUNGS=1,3,9\nmodel=svm\n");
    }

    #[test]
    fn variables_of_the_shell_are_none_of_the_experiment_s() {
        for reserved in ["PATH", "IFS", "LD_PRELOAD", "TUNE_TRIAL", "BASH_ENV"] {
            assert!(is_reserved(reserved), "{reserved}");
        }
        for free in ["model", "path", "C", "learning_rate", "HOMES"] {
            assert!(!is_reserved(free), "{free}");
        }
    }
}
