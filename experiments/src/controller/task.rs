//! From a step and what its trial knows to the task an engine can run: templates rendered, environment and files named.

use super::plan::Plan;
use super::trial::TrialRun;
use crate::engine::{self, Task, TaskId};
use crate::pipeline::{Context, ExpressionError, render_shell, render_text, render_value};
use crate::spec::{Action, Step};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::path::{Path, PathBuf};
use tune_algorithms::space::Configuration;

/// The file with the trial's configuration, among the attempt's files.
pub(super) const PARAMS_FILE: &str = "params.json";
/// Its length, but for the line's end, is a multiple of this.
const LENGTHS: usize = 128;
/// The file with a component's rendered inputs, among the attempt's files.
const WITH_FILE: &str = "with.json";

/// Renders the step at `index` of the trial for the attempt that is about to begin. Fails when an expression cannot be evaluated, for
/// example because an earlier step did not give the value it names.
pub fn prepare(plan: &Plan, trial: &TrialRun, index: usize) -> Result<Task, ExpressionError> {
    let (name, step) = plan.step(index);
    let attempt = trial.steps[index].record.attempt;
    let id = TaskId {
        experiment: plan.id,
        trial: trial.record.number,
        step: index,
        attempt,
    };
    let files_at = plan.layout.attempt(plan.id, id.trial, name, attempt);
    let context = context(plan, trial, index);
    let mut files = IndexMap::from([(
        PARAMS_FILE.to_owned(),
        configuration(&trial.record.parameters),
    )]);
    let command = command(plan, &step.action, &context, &files_at, &mut files)?;
    Ok(Task {
        command,
        env: environment(plan, &id, name, step, &context, &files_at)?,
        working_directory: working_directory(plan, step, &context)?,
        files,
        checkpoint: plan.layout.checkpoint(plan.id, id.trial, name),
        objective: plan.experiment.objective.metric.clone(),
        secrets: step.secrets.clone(),
        artifacts: artifacts(plan, step),
        timeout: step.timeout,
        id,
        files_at,
    })
}

/// What the expressions of the step may name: only the steps it needs, directly or not, have ended for certain.
fn context(plan: &Plan, trial: &TrialRun, index: usize) -> Context {
    let space = &plan.experiment.parameters;
    let names = space
        .parameters()
        .iter()
        .map(|parameter| parameter.name.as_str());
    let mut context = Context::new(
        &plan.experiment.name,
        trial.record.number,
        names,
        &trial.record.parameters,
    )
    .with_rungs(plan.experiment.rungs());
    for &needed in plan.graph.needs(index) {
        let record = &trial.steps[needed].record;
        let paths = record.artifacts.iter().map(|(artifact, stored)| {
            let path = plan.layout.artifacts().join(&stored.path);
            (artifact.clone(), path.to_string_lossy().into_owned())
        });
        context.add_step(&record.step, &paths.collect(), &trial.steps[needed].values);
    }
    context
}

/// The program and its arguments; a component's inputs go into a file beside them.
fn command(
    plan: &Plan,
    action: &Action,
    context: &Context,
    files_at: &Path,
    files: &mut IndexMap<String, String>,
) -> Result<Vec<String>, ExpressionError> {
    match action {
        Action::Shell { run } => Ok(vec![
            "/bin/sh".into(),
            "-c".into(),
            render_shell(run, context)?,
        ]),
        Action::Program { run } => run
            .iter()
            .map(|argument| render_text(argument, context))
            .collect(),
        Action::Component { uses, with } => {
            let mut rendered = Map::new();
            for (key, value) in with {
                rendered.insert(key.clone(), render_value(value, context)?);
            }
            files.insert(WITH_FILE.to_owned(), Json::Object(rendered).to_string());
            Ok(plan
                .components
                .command(uses, &engine::file_of(files_at, WITH_FILE)))
        }
    }
}

/// What the step finds in its environment beside what the engine gives every step.
fn environment(
    plan: &Plan,
    id: &TaskId,
    name: &str,
    step: &Step,
    context: &Context,
    files_at: &Path,
) -> Result<IndexMap<String, String>, ExpressionError> {
    let mut env = IndexMap::new();
    // Python keeps what it prints to itself until much has come together: metrics would arrive when it is too late to act on them.
    env.insert("PYTHONUNBUFFERED".to_owned(), "1".to_owned());
    for (key, value) in &step.env {
        env.insert(key.clone(), render_text(value, context)?);
    }
    env.insert("TUNE_EXPERIMENT".into(), plan.experiment.name.clone());
    env.insert("TUNE_TRIAL".into(), id.trial.to_string());
    env.insert("TUNE_STEP".into(), name.to_owned());
    env.insert("TUNE_ATTEMPT".into(), id.attempt.to_string());
    if let rungs @ [_, ..] = plan.experiment.rungs() {
        let rungs: Vec<String> = rungs.iter().map(i64::to_string).collect();
        env.insert("TUNE_RUNGS".into(), rungs.join(","));
    }
    env.insert(
        "TUNE_PARAMS".into(),
        engine::file_of(files_at, PARAMS_FILE)
            .to_string_lossy()
            .into_owned(),
    );
    Ok(env)
}

fn working_directory(
    plan: &Plan,
    step: &Step,
    context: &Context,
) -> Result<PathBuf, ExpressionError> {
    match &step.working_directory {
        Some(path) => Ok(plan.directory.join(render_text(path, context)?)),
        None => Ok(plan.directory.clone()),
    }
}

/// Name → path below `$TUNE_ARTIFACTS`. A component writes each artifact under its own name.
fn artifacts(plan: &Plan, step: &Step) -> IndexMap<String, String> {
    match &step.action {
        Action::Component { uses, .. } => plan.components.artifacts(uses),
        Action::Shell { .. } | Action::Program { .. } => step.artifacts.clone(),
    }
}

/// As JSON, then spaces up to one of few lengths: the engine writes it over that of an earlier trial, and where that is longer, it must be
/// cut, which many file systems are slow at.
fn configuration(parameters: &Configuration) -> String {
    let mut text =
        serde_json::to_string(parameters).expect("configurations are plain JSON scalars by name");
    let spaces = text.len().next_multiple_of(LENGTHS) - text.len();
    text.extend(std::iter::repeat_n(' ', spaces));
    text.push('\n');
    text
}
