//! The names of an experiment's metrics: what its trials can be filtered and sorted by.

use super::super::App;
use super::super::conditional::hashed;
use super::super::failures::Failure;
use super::super::input::{Asked, At, NoQuery};
use super::experiment;
use crate::wire;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(metric_names))
}

/// The names of all metrics that some trial has, sorted.
#[utoipa::path(
    get,
    path = "/experiments/{name}/metrics",
    tag = "trials",
    params(("name" = String, Path, description = "Name of the experiment")),
    responses(
        (status = 200, description = "The names", body = wire::MetricNames),
        (status = 304, description = "The client has it")
    )
)]
async fn metric_names(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    let names = app.store.metric_names(record.id).await?;
    Ok(hashed(&headers, &wire::MetricNames { names }))
}
