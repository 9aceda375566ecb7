//! What an experiment's document may say, for editors.

use super::super::App;
use super::super::conditional::hashed;
use super::super::failures::Failure;
use super::super::input::{Asked, NoQuery};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use tune_experiments::spec;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(schema))
}

/// The JSON Schema of experiments' documents, as `tune schema` prints it.
#[utoipa::path(
    get,
    path = "/schema",
    operation_id = "schema",
    tag = "experiments",
    responses(
        (status = 200, description = "The schema (draft 2020-12)", body = Object),
        (status = 304, description = "The client has it")
    )
)]
async fn schema(
    State(app): State<App>,
    _: Asked<NoQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    Ok(hashed(&headers, &spec::schema(&app.components)))
}
