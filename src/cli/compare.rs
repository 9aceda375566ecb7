//! `tune compare`: which value of a parameter is better, and how sure that is.

use super::context::{Context, unknown};
use super::format::{Format, pretty};
use crate::comparison::{
    Comparer, Comparison, NONE_IS_NATURAL, choices, natural_parameter, suited,
};
use crate::error::Failure;
use crate::exit;
use crate::terminal::comparison::{sentences, table};
use crate::terminal::describe;
use crate::terminal::result::shell_word;
use crate::terminal::style::Style;
use crate::wire;
use anyhow::Result;
use clap::Args;
use tune_algorithms::algorithm;
use tune_experiments::spec::Experiment;
use tune_experiments::store::LoadedTrial;

/// Compare the values of a parameter: which is better, and how sure that is
#[derive(Args, Debug)]
pub struct CompareArgs {
    /// Name of the experiment
    name: String,
    /// The parameter [default: the first categorical one]
    #[arg(long, value_name = "PARAMETER")]
    by: Option<String>,
    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// More groups than this say nothing any more.
const MOST_GROUPS: usize = 12;

pub async fn run(args: CompareArgs, context: Context) -> Result<u8> {
    let backend = context.backend().await?;
    let record = context.experiment(&backend, &args.name).await?;
    let experiment = context.spec(&record)?;
    let parameter = parameter(&args, &experiment, &context.tune)?;
    let trials = backend.outcomes(&record).await?;
    let comparison = compare(&trials, &experiment, &parameter)?;
    let text = match args.format {
        Format::Json => pretty(&wire::Comparison::new(comparison, &experiment.objective))?,
        Format::Text => text(&comparison, &experiment, &context.style),
    };
    context.print(&text)?;
    Ok(exit::SUCCEEDED)
}

fn parameter(args: &CompareArgs, experiment: &Experiment, tune: &str) -> Result<String> {
    let known = experiment.parameters.parameters().iter();
    let known: Vec<String> = known.map(|parameter| parameter.name.clone()).collect();
    match &args.by {
        Some(name) if known.contains(name) => Ok(name.clone()),
        Some(name) => {
            let see = format!("{tune} show {}", shell_word(&experiment.name));
            Err(unknown("parameter", name, &known, &see)
                .code(exit::USAGE)
                .into())
        }
        None => match natural_parameter(&experiment.parameters) {
            Some(name) => Ok(name.to_owned()),
            None => Err(Failure::new(NONE_IS_NATURAL)
                .hint(suited(&experiment.parameters, "--by"))
                .code(exit::USAGE)
                .into()),
        },
    }
}

/// Compares trials of the experiment by the parameter.
pub fn compare(
    trials: &[LoadedTrial],
    experiment: &Experiment,
    parameter: &str,
) -> Result<Comparison> {
    let mut comparer = Comparer::new(parameter, &experiment.parameters, experiment.objective.goal);
    let few = choices(&experiment.parameters, parameter).is_some();
    for trial in trials {
        comparer.add(trial);
        if !few && comparer.groups() > MOST_GROUPS {
            return Err(too_many(parameter, experiment).into());
        }
    }
    Ok(comparer.finish())
}

fn too_many(parameter: &str, experiment: &Experiment) -> Failure {
    let failure = Failure::new(format!(
        "`{parameter}` has more than {MOST_GROUPS} different values: almost every trial would be a group of its own"
    ));
    let failure = failure.code(exit::USAGE);
    match natural_parameter(&experiment.parameters) {
        Some(other) => failure.hint(format!("`--by {other}` compares by `{other}`")),
        None => failure.hint("a parameter with few values can be compared by"),
    }
}

/// Table and verdict.
pub fn text(comparison: &Comparison, experiment: &Experiment, style: &Style) -> String {
    let mut text = format!(
        "{}\n{}",
        style.dim(format!(
            "{} by {}",
            experiment.objective.metric, comparison.parameter
        )),
        table(comparison, style)
    );
    for sentence in sentences(comparison, learns(experiment)) {
        text += &describe::paragraph(&sentence, style, 2);
    }
    text
}

/// Whether the algorithm chooses trials by the results of earlier ones.
fn learns(experiment: &Experiment) -> bool {
    let chosen = &experiment.algorithm;
    algorithm::build(
        &chosen.name,
        experiment.searched(),
        chosen.seed,
        &chosen.settings,
    )
    .is_ok_and(|algorithm| algorithm.learns())
}
