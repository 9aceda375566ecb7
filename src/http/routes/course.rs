//! The course of an experiment: paused, resumed, cancelled.

use super::super::App;
use super::super::conditional::json;
use super::super::failures::Failure;
use super::super::input::{Asked, At, NoQuery, Nothing};
use super::experiment;
use super::experiments::in_full;
use crate::wire;
use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(cancel))
}

/// Lets running steps end and starts nothing new. One that is paused stays so.
#[utoipa::path(
    post,
    path = "/experiments/{name}/pause",
    operation_id = "pause_experiment",
    tag = "experiments",
    params(("name" = String, Path, description = "Name of the experiment")),
    responses(
        (status = 200, description = "The experiment", body = wire::Experiment),
        (status = 409, description = "It has ended")
    )
)]
async fn pause(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
    _: Nothing,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let record = app.service.pause(record.id).await?;
    Ok(json(&in_full(&app, record).await?))
}

/// Goes on with a paused experiment.
#[utoipa::path(
    post,
    path = "/experiments/{name}/resume",
    operation_id = "resume_experiment",
    tag = "experiments",
    params(("name" = String, Path, description = "Name of the experiment")),
    responses(
        (status = 200, description = "The experiment", body = wire::Experiment),
        (status = 409, description = "It has ended")
    )
)]
async fn resume(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
    _: Nothing,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let record = app.service.resume(record.id).await?;
    Ok(json(&in_full(&app, record).await?))
}

/// Ends an experiment; its running trials are stopped. One that has ended stays as it is.
#[utoipa::path(
    post,
    path = "/experiments/{name}/cancel",
    operation_id = "cancel_experiment",
    tag = "experiments",
    params(("name" = String, Path, description = "Name of the experiment")),
    responses(
        (status = 200, description = "The experiment", body = wire::Experiment),
        (status = 409, description = "It contradicts what is")
    )
)]
async fn cancel(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
    _: Nothing,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let record = app.service.cancel(record.id).await?;
    Ok(json(&in_full(&app, record).await?))
}
