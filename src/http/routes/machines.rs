//! For those who run the server: whether it lives, whether it takes work, and what it counts.

use super::super::App;
use super::super::failures::{Failure, internal, not_ready, shutting_down};
use super::super::input::{Asked, NoQuery};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What Prometheus calls its text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(alive))
        .routes(routes!(ready))
        .routes(routes!(metrics))
}

/// Whether the process lives. The only address that never asks for a token.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "alive",
    tag = "machines",
    responses((status = 200, description = "It does", content_type = "text/plain", body = String))
)]
async fn alive() -> &'static str {
    "ok\n"
}

/// Whether the server takes work: the store can be reached, its schema is right, there is room for files, and the server is not about to end.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    tag = "machines",
    responses((status = 200, description = "It does", content_type = "text/plain", body = String))
)]
async fn ready(State(app): State<App>, _: Asked<NoQuery>) -> Result<&'static str, Failure> {
    if *app.stopping.borrow() {
        return Err(shutting_down().into());
    }
    app.store.ready().await.map_err(not_ready)?;
    Ok("ready\n")
}

/// Numbers for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "numbers",
    tag = "machines",
    responses((status = 200, description = "The numbers", content_type = "application/openmetrics-text", body = String))
)]
async fn metrics(State(app): State<App>, _: Asked<NoQuery>) -> Result<Response, Failure> {
    let trials = app.store.counts_of_all().await?;
    let text = app.numbers.text(&app.service.load(), &trials);
    let text = text.map_err(|error| internal(&error))?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
