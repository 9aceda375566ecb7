//! `tune best`: the best configuration, in the form in which it is needed next.

use super::context::Context;
use super::format::pretty;
use crate::error::Failure;
use crate::exit;
use crate::terminal::describe::exact;
use crate::terminal::number::short;
use crate::terminal::result::shell_word;
use crate::wire;
use anyhow::Result;
use clap::{Args, ValueEnum};
use tune_algorithms::space::{Configuration, Value};
use tune_experiments::store::{ExperimentRecord, TrialRecord};

/// Print the best configuration
///
/// To train with it: eval "python train.py $(tune best NAME --format args)"
///
/// `eval` reads the quotes around values with blanks or signs of the shell; where no value needs any, it can be left out.
#[derive(Args, Debug)]
pub struct BestArgs {
    /// Name of the experiment
    name: String,
    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The forms of a configuration.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// One `name: value` per line, below a comment that says where it comes from
    #[default]
    Yaml,
    /// The whole trial
    Json,
    /// One `name=value` per line, quoted for the shell
    Env,
    /// `--name=value`, on one line, quoted for the shell
    Args,
}

pub async fn run(args: BestArgs, context: Context) -> Result<u8> {
    let backend = context.backend().await?;
    let record = context.experiment(&backend, &args.name).await?;
    let Some(trial) = backend.best(&record).await? else {
        let failure =
            Failure::new(format!("no trial of `{}` has succeeded", record.name)).hint(format!(
                "`{} trials {}` shows what became of them",
                context.tune,
                shell_word(&record.name)
            ));
        return Err(failure.into());
    };
    let text = match args.format {
        Format::Yaml => yaml(&record, &trial),
        Format::Json => pretty(&wire::Trial::from(trial))?,
        Format::Env => env(&trial.parameters),
        Format::Args => arguments(&trial.parameters),
    };
    context.print(&text)?;
    Ok(exit::SUCCEEDED)
}

fn yaml(record: &ExperimentRecord, trial: &TrialRecord) -> String {
    let mut text = format!("# {}, trial {}", record.name, trial.number);
    if let Some(objective) = trial.objective {
        text += &format!(": {}", short(objective));
    }
    text.push('\n');
    for (name, value) in trial.parameters.iter() {
        text += &format!("{}: {}\n", yaml_text(name), yaml_value(value));
    }
    text
}

fn yaml_value(value: &Value) -> String {
    match value {
        Value::Text(text) => yaml_text(text),
        other => exact(other),
    }
}

/// Plain where every reader of YAML takes it for text, quoted as in JSON otherwise.
fn yaml_text(text: &str) -> String {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let harmless = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    if starts_well && !word && text.chars().all(harmless) {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// One `name=value` per line, quoted for the shell.
pub fn env(configuration: &Configuration) -> String {
    let lines = configuration.iter().map(|(name, value)| {
        let variable = variable(name);
        format!("{variable}={}\n", shell_word(&exact(value)))
    });
    lines.collect()
}

/// The parameter's name as one of a shell's variable.
pub fn variable(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric();
    name.chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect()
}

fn arguments(configuration: &Configuration) -> String {
    let words: Vec<String> = configuration
        .iter()
        .map(|(name, value)| shell_word(&format!("--{}={}", name.replace('_', "-"), exact(value))))
        .collect();
    format!("{}\n", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration() -> Configuration {
        serde_json::from_str(
            r#"{"model": "svm", "max_depth": 5, "lr": 0.1, "note": "it's", "word": "no", "fast": true}"#,
        )
        .unwrap()
    }

    #[test]
    fn arguments_are_words_of_a_shell() {
        assert_eq!(
            arguments(&configuration()),
            "--model=svm --max-depth=5 --lr=0.1 '--note=it'\\''s' --word=no --fast=true\n"
        );
    }

    #[test]
    fn variables_are_quoted() {
        assert_eq!(
            env(&configuration()),
            "model=svm\nmax_depth=5\nlr=0.1\nnote='it'\\''s'\nword=no\nfast=true\n"
        );
    }

    #[test]
    fn text_that_yaml_would_misread_is_quoted() {
        let cases = [
            ("svm", "svm"),
            ("no", "\"no\""),
            ("1e3", "\"1e3\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
        ];
        for (text, written) in cases {
            assert_eq!(yaml_text(text), written);
        }
    }
}
