//! What people write about experiments and trials: tags and a note. It needs no driver: the search knows nothing of it.

use super::super::App;
use super::super::conditional::{hashed, json};
use super::super::failures::Failure;
use super::super::input::{Asked, At, NoQuery, Told};
use super::super::problem::{Kind, Problem};
use super::{experiment, trial};
use crate::wire;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use tune_experiments::notes::Notes;
use tune_experiments::store::ExperimentId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, change))
        .routes(routes!(show_of_trial, change_of_trial))
}

/// What was written about an experiment: its tags, and a note.
#[utoipa::path(
    get,
    path = "/experiments/{name}/notes",
    operation_id = "show_notes",
    tag = "experiments",
    params(("name" = String, Path, description = "Name of the experiment")),
    responses(
        (status = 200, description = "What was written", body = wire::Notes),
        (status = 304, description = "The client has it")
    )
)]
async fn show(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let notes = app.store.notes(record.id, None).await?;
    Ok(hashed(&headers, &wire::Notes::from(notes)))
}

/// Changes the tags of an experiment, or its note, at any time. The same change again changes nothing.
#[utoipa::path(
    patch,
    path = "/experiments/{name}/notes",
    operation_id = "change_notes",
    tag = "experiments",
    params(("name" = String, Path, description = "Name of the experiment")),
    request_body = wire::NotesPatch,
    responses(
        (status = 200, description = "What is written now", body = wire::Notes),
        (status = 422, description = "It is no tag, or too long")
    )
)]
async fn change(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
    Told(patch): Told<wire::NotesPatch>,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    changed(&app, record.id, None, patch).await
}

/// What was written about a trial: its tags, and a note.
#[utoipa::path(
    get,
    path = "/experiments/{name}/trials/{number}/notes",
    operation_id = "show_trial_notes",
    tag = "trials",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        ("number" = u64, Path, description = "Number of the trial")
    ),
    responses(
        (status = 200, description = "What was written", body = wire::Notes),
        (status = 304, description = "The client has it")
    )
)]
async fn show_of_trial(
    State(app): State<App>,
    At((name, number)): At<(String, u64)>,
    _: Asked<NoQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let trial = trial(&app, &record, number).await?;
    let notes = app.store.notes(record.id, Some(trial.number)).await?;
    Ok(hashed(&headers, &wire::Notes::from(notes)))
}

/// Changes the tags of a trial, or its note, at any time. The same change again changes nothing.
#[utoipa::path(
    patch,
    path = "/experiments/{name}/trials/{number}/notes",
    operation_id = "change_trial_notes",
    tag = "trials",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        ("number" = u64, Path, description = "Number of the trial")
    ),
    request_body = wire::NotesPatch,
    responses(
        (status = 200, description = "What is written now", body = wire::Notes),
        (status = 422, description = "It is no tag, or too long")
    )
)]
async fn change_of_trial(
    State(app): State<App>,
    At((name, number)): At<(String, u64)>,
    _: Asked<NoQuery>,
    Told(patch): Told<wire::NotesPatch>,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let trial = trial(&app, &record, number).await?;
    changed(&app, record.id, Some(trial.number), patch).await
}

async fn changed(
    app: &App,
    id: ExperimentId,
    trial: Option<u64>,
    patch: wire::NotesPatch,
) -> Result<Response, Failure> {
    let patch = patch.into();
    let change = |notes: Notes| {
        let changed = notes.changed(&patch);
        changed.map_err(|why| Failure::from(Problem::new(Kind::Invalid, why)))
    };
    let now = Timestamp::now();
    let notes = app.store.change_notes(id, trial, now, change).await?;
    Ok(json(&wire::Notes::from(notes)))
}
