//! `tune trials`: the trials of an experiment, filtered, sorted and in the columns that are wanted.

use super::context::Context;
use super::drive::positive;
use super::fields::Names;
use super::format::pretty;
use crate::columns::{Column, cell};
use crate::exit;
use crate::terminal::describe;
use crate::terminal::harmless;
use crate::terminal::style::{Role, Style, trial_role};
use crate::terminal::table::{Align, Table};
use crate::wire;
use anyhow::Result;
use clap::{Args, ValueEnum};
use indexmap::IndexSet;
use serde::Serialize;
use tune_algorithms::history::Goal;
use tune_algorithms::space::Value;
use tune_experiments::spec::{Experiment, Strategy};
use tune_experiments::state::TrialState;
use tune_experiments::store::{Field, Sort, TrialQuery, TrialRecord};

/// List the trials of an experiment
///
/// A FIELD is number, state, objective, duration, started_at, or the name of a parameter or metric; `parameters.NAME` and
/// `metrics.NAME` where one name is several things.
#[derive(Args, Debug)]
pub struct TrialsArgs {
    /// Name of the experiment
    name: String,
    /// Sort by this; `objective` puts the best first
    #[arg(long, value_name = "FIELD", default_value = "number")]
    sort: String,
    /// Largest first
    #[arg(long, conflicts_with = "asc")]
    desc: bool,
    /// Smallest first
    #[arg(long)]
    asc: bool,
    /// Only trials in this state; may be repeated
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Vec<TrialState>,
    /// Only trials with this tag; may be repeated
    #[arg(long = "tag", value_name = "TAG", value_parser = super::tag::word)]
    tags: Vec<String>,
    /// Only trials for which this holds, such as 'accuracy>=0.9' or model=svm; may be repeated
    #[arg(long = "where", value_name = "COMPARISON")]
    conditions: Vec<String>,
    /// Only these columns: fields, and reason, explanation, created_at, finished_at
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    columns: Vec<String>,
    /// At most so many [default: 1000 in a table, all in the other forms]
    #[arg(long, value_name = "N", value_parser = positive::<u64>)]
    limit: Option<u64>,
    /// Leave out so many at the beginning; `next` of the JSON form tells where the next page begins
    #[arg(long, value_name = "N", default_value_t)]
    offset: u64,
    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A part of the list, as JSON.
#[derive(Serialize)]
struct Page {
    trials: Vec<wire::Trial>,
    /// What `--offset` takes for the next one.
    next: Option<u64>,
}

/// How many rows a table has at the most, unless more are asked for: nobody reads so many, and `| head` should not wait for the rest.
const TABLE_ROWS: u64 = 1000;

impl TrialsArgs {
    fn limit(&self) -> Option<u64> {
        self.limit
            .or((self.format == Format::Table).then_some(TABLE_ROWS))
    }
}

/// The forms of a list of trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Table,
    /// For spreadsheets
    Csv,
    /// For programs
    Json,
}

fn state(word: &str) -> Result<TrialState, String> {
    word.parse().map_err(|_| {
        let known: Vec<&str> = TrialState::ALL.iter().map(|state| state.as_str()).collect();
        format!("the states are {}", known.join(", "))
    })
}

pub async fn run(args: TrialsArgs, context: Context) -> Result<u8> {
    let backend = context.backend().await?;
    let record = context.experiment(&backend, &args.name).await?;
    let experiment = context.spec(&record)?;
    let names = Names::new(&experiment, backend.metric_names(&record).await?);
    let mut trials = backend
        .trials(&record, &query(&args, &names, &experiment)?)
        .await?;
    let next = cut_page(&mut trials, &args);
    let text = match args.format {
        Format::Json => {
            let trials = trials.iter().cloned().map(wire::Trial::from).collect();
            pretty(&Page { trials, next })?
        }
        format => {
            let columns = columns(&args, &names, &experiment, &trials)?;
            match format {
                Format::Csv => csv(&trials, &columns)?,
                _ => table(&trials, &columns, &context.style),
            }
        }
    };
    if trials.is_empty() && args.format == Format::Table {
        context.say("no such trials");
    } else {
        context.print(&text)?;
    }
    if let (Some(next), Format::Table) = (next, args.format) {
        context.say(&format!(
            "there are more: `--offset {next}`, or another `--limit`"
        ));
    }
    Ok(exit::SUCCEEDED)
}

/// Takes off the trial that was read beyond the limit; if there is one, the answer is the offset of the next page.
fn cut_page(trials: &mut Vec<TrialRecord>, args: &TrialsArgs) -> Option<u64> {
    let limit = usize::try_from(args.limit()?).ok()?;
    let more = trials.len() > limit;
    trials.truncate(limit);
    more.then(|| args.offset + limit as u64)
}

fn query(args: &TrialsArgs, names: &Names, experiment: &Experiment) -> Result<TrialQuery> {
    let field = names.field(&args.sort)?;
    let is_objective =
        field == Field::Objective || field == Field::Metric(experiment.objective.metric.clone());
    let best_first = is_objective && experiment.objective.goal == Goal::Maximize;
    let conditions = args.conditions.iter().map(|text| names.condition(text));
    Ok(TrialQuery {
        states: args.state.clone(),
        tags: args.tags.clone(),
        conditions: conditions.collect::<Result<_>>()?,
        sort: Some(Sort {
            field,
            descending: args.desc || (best_first && !args.asc),
        }),
        offset: args.offset,
        // One more tells whether there are more.
        limit: args.limit().map(|limit| limit.saturating_add(1)),
    })
}

/// Names and columns: those that are wanted, or what people and programs usually want to see.
fn columns(
    args: &TrialsArgs,
    names: &Names,
    experiment: &Experiment,
    trials: &[TrialRecord],
) -> Result<Vec<(String, Column)>> {
    if args.columns.is_empty() {
        return Ok(match args.format {
            Format::Csv => all_columns(names, experiment, trials),
            _ => usual_columns(names, experiment, trials),
        });
    }
    args.columns
        .iter()
        .map(|name| Ok((name.clone(), names.column(name)?)))
        .collect()
}

/// What programs want to see.
fn all_columns(
    names: &Names,
    experiment: &Experiment,
    trials: &[TrialRecord],
) -> Vec<(String, Column)> {
    let fixed = [
        Column::Field(Field::Number),
        Column::Field(Field::State),
        Column::Reason,
        Column::Field(Field::Objective),
        Column::Field(Field::Started),
        Column::Finished,
        Column::Field(Field::Duration),
    ];
    let metrics = trials.iter().flat_map(|trial| trial.metrics.keys());
    let metrics: IndexSet<&String> = metrics.collect();
    let metrics = metrics.into_iter().cloned().map(Field::Metric);
    let columns = fixed
        .into_iter()
        .chain(parameters(experiment))
        .chain(metrics.map(Column::Field));
    columns.map(|column| names.titled(column)).collect()
}

/// What people want to see.
fn usual_columns(
    names: &Names,
    experiment: &Experiment,
    trials: &[TrialRecord],
) -> Vec<(String, Column)> {
    let mut columns = vec![
        Column::Field(Field::Number),
        Column::Field(Field::State),
        Column::Field(Field::Objective),
        Column::Field(Field::Duration),
    ];
    columns.extend(parameters(experiment));
    if trials.iter().any(|trial| trial.state == TrialState::Failed) {
        columns.push(Column::Explanation);
    }
    let mut columns: Vec<_> = columns
        .into_iter()
        .map(|column| names.titled(column))
        .collect();
    // Where the objective is what was reported last, the name of the metric says more.
    if experiment.objective.strategy == Strategy::Last {
        let metric = Field::Metric(experiment.objective.metric.clone());
        columns[2].0 = names.titled(Column::Field(metric)).0;
    }
    columns
}

fn parameters(experiment: &Experiment) -> impl Iterator<Item = Column> {
    let parameters = experiment.parameters.parameters().iter();
    parameters.map(|parameter| Column::Field(Field::Parameter(parameter.name.clone())))
}

fn csv(trials: &[TrialRecord], columns: &[(String, Column)]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|(name, _)| name))?;
    for trial in trials {
        writer.write_record(columns.iter().map(|(_, column)| cell(trial, column, true)))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn table(trials: &[TrialRecord], columns: &[(String, Column)], style: &Style) -> String {
    let titles = columns
        .iter()
        .map(|(name, column)| (name.as_str(), align(column, trials)));
    let mut table = Table::new(titles);
    for trial in trials {
        let cells = columns.iter().map(|(_, column)| {
            let text = match column {
                Column::Explanation => describe::essence(&cell(trial, column, false)),
                _ => harmless::line(&cell(trial, column, false)),
            };
            match column {
                Column::Field(Field::State) => style.paint(trial_role(trial.state), text),
                Column::Explanation => style.paint(Role::Dim, text),
                _ => text,
            }
        });
        table.row(cells.collect());
    }
    table.render(style, 0)
}

/// Numbers to the right.
fn align(column: &Column, trials: &[TrialRecord]) -> Align {
    let is_number = |value: &Value| value.as_f64().is_some();
    match column {
        Column::Field(Field::Parameter(name)) => {
            let mut values = trials.iter().filter_map(|trial| trial.parameters.get(name));
            if values.any(is_number) {
                Align::Right
            } else {
                Align::Left
            }
        }
        Column::Field(Field::State | Field::Started) => Align::Firm,
        Column::Field(_) => Align::Right,
        Column::Explanation => Align::Prose,
        _ => Align::Left,
    }
}
