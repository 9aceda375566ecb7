//! What is shown of an experiment as a whole: when its run ends, and when it is looked at later.

use super::backend::Backend;
use super::compare;
use super::context::Context;
use crate::comparison::natural_parameter;
use crate::error::is_broken_pipe;
use crate::exit;
use crate::terminal::result;
use anyhow::Result;
use tune_experiments::spec::Experiment;
use tune_experiments::state::{ExperimentReason, ExperimentState, TrialState};
use tune_experiments::store::{ExperimentRecord, Field, LoadedTrial, Sort, TrialQuery};

/// Shows how it ended.
pub async fn conclude(
    context: &Context,
    backend: &Backend,
    record: &ExperimentRecord,
    experiment: &Experiment,
    json: bool,
) -> Result<u8> {
    if !json {
        let text = ending(context, backend, record, experiment).await?;
        let printed = context.print(&text);
        // Even if nobody reads the result, the exit code must tell how the experiment ended.
        printed.or_else(|error| {
            if is_broken_pipe(&error) {
                Ok(())
            } else {
                Err(error)
            }
        })?;
    }
    if !record.state.is_finished() {
        context.say(&format!(
            "interrupted; `{} resume {}` or the same command goes on where it was",
            context.tune,
            result::shell_word(&record.name)
        ));
    }
    Ok(exit_code(record))
}

/// The result of an experiment as the user wants it: in full, or only the best trial.
async fn ending(
    context: &Context,
    backend: &Backend,
    record: &ExperimentRecord,
    experiment: &Experiment,
) -> Result<String> {
    if context.quiet {
        let best = backend.best(record).await?;
        return Ok(result::best(
            best.as_ref(),
            &experiment.objective,
            &context.style,
        ));
    }
    let counts = backend.counts(record).await?;
    Ok(format!(
        "{}\n  {}\n\n{}",
        result::headline(record, &counts, &context.style),
        result::counts(&counts, &context.style),
        block(context, backend, record, experiment).await?
    ))
}

/// The exit code for the experiment's state.
pub fn exit_code(record: &ExperimentRecord) -> u8 {
    match record.state {
        ExperimentState::Succeeded => exit::SUCCEEDED,
        ExperimentState::Failed => exit::EXPERIMENT_FAILED,
        ExperimentState::Cancelled => exit::EXPERIMENT_CANCELLED,
        ExperimentState::Pending | ExperimentState::Running | ExperimentState::Paused => {
            exit::INTERRUPTED
        }
    }
}

/// What to say of an experiment that has nothing more to do.
pub fn nothing_to_do(tune: &str, record: &ExperimentRecord) -> String {
    let (name, state) = (&record.name, record.state);
    let word = result::shell_word(name);
    match state {
        _ if record.reason == Some(ExperimentReason::Converged) => format!(
            "`{name}` has ended already: it has stopped getting better; with another `converged` in its file, `{tune} run` goes on, \
             --name runs the file anew"
        ),
        ExperimentState::Failed => format!(
            "`{name}` has ended already: {state}; once the step is repaired, `{tune} delete {word}` and run the file again, \
             or run it beside this one with --name; `{tune} resume {word} --max-trials N` goes on with more trials"
        ),
        ExperimentState::Cancelled => format!("`{name}` was cancelled; --name runs the file anew"),
        _ => format!(
            "`{name}` has ended already: {state}; `{tune} resume {word} --max-trials N` goes on with more trials, --name runs the file anew"
        ),
    }
}

/// Says that there is nothing more to do, and shows the result unless a program reads: it gets events, of which there are none.
/// The answer is the exit code, whether or not anybody reads the result.
pub async fn finished(
    context: &Context,
    backend: &Backend,
    record: &ExperimentRecord,
    experiment: &Experiment,
    json: bool,
) -> Result<u8> {
    context.say(&nothing_to_do(&context.tune, record));
    if !json {
        let text = ending(context, backend, record, experiment).await?;
        match context.print(&text) {
            Err(error) if !is_broken_pipe(&error) => return Err(error),
            _ => {}
        }
    }
    Ok(exit_code(record))
}

/// The best trial, the picture of the search, a comparison where one suggests itself, and what comes next.
pub async fn block(
    context: &Context,
    backend: &Backend,
    record: &ExperimentRecord,
    experiment: &Experiment,
) -> Result<String> {
    let style = &context.style;
    let best = backend.best(record).await?;
    let trials = backend.outcomes(record).await?;
    let objective = &experiment.objective;
    let mut sections = vec![
        failure(context, backend, record, best.is_none()).await?,
        match &best {
            None if !record.state.is_finished() => "no trial has succeeded yet\n".to_owned(),
            best => result::best(best.as_ref(), objective, style),
        },
        result::history(&objectives(&trials), objective, style),
    ];
    let parameter = natural_parameter(&experiment.parameters);
    if let Some(parameter) = parameter.filter(|_| best.is_some()) {
        let comparison = compare::compare(&trials, experiment, parameter)?;
        sections.push(compare::text(&comparison, experiment, style));
    }
    let situation = result::Situation {
        tune: &context.tune,
        record,
        is_driven: backend.is_driven(record).await?,
        has_best: best.is_some(),
        compare_by: parameter,
    };
    sections.push(next(context, &situation));
    sections.retain(|section| !section.is_empty());
    Ok(sections.join("\n"))
}

/// The last trial that failed, where failures are what the experiment came to.
async fn failure(
    context: &Context,
    backend: &Backend,
    record: &ExperimentRecord,
    nothing_else: bool,
) -> Result<String> {
    if record.state != ExperimentState::Failed && !nothing_else {
        return Ok(String::new());
    }
    let query = TrialQuery {
        states: vec![TrialState::Failed],
        sort: Some(Sort {
            field: Field::Number,
            descending: true,
        }),
        limit: Some(1),
        ..TrialQuery::default()
    };
    let trials = backend.trials(record, &query).await?;
    let last = trials
        .first()
        .map(|trial| result::failure(&context.tune, &record.name, trial, &context.style));
    Ok(last.unwrap_or_default())
}

fn next(context: &Context, situation: &result::Situation) -> String {
    let style = &context.style;
    format!(
        "{}\n{}",
        style.dim(format!("kept in {}; next:", context.place())),
        result::next(situation, style)
    )
}

/// Objectives of the trials that succeeded, in the order in which they finished.
fn objectives(trials: &[LoadedTrial]) -> Vec<f64> {
    let succeeded = trials
        .iter()
        .filter(|trial| trial.state == TrialState::Succeeded);
    let mut finished: Vec<(u64, f64)> = succeeded
        .filter_map(|trial| trial.finished_order.zip(trial.objective))
        .collect();
    finished.sort_by_key(|(order, _)| *order);
    finished
        .into_iter()
        .map(|(_, objective)| objective)
        .collect()
}
