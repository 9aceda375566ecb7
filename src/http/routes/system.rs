//! The server itself, for people: what it is, what it has, and what waits for what.

use super::super::App;
use super::super::conditional::hashed;
use super::super::failures::Failure;
use super::super::input::{Asked, NoQuery};
use crate::wire;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(system))
}

/// What the server is and has, and what the experiments wait for that have not come to their end.
#[utoipa::path(
    get,
    path = "/system",
    operation_id = "show_system",
    tag = "machines",
    responses(
        (status = 200, description = "The server", body = wire::System),
        (status = 304, description = "The client has it")
    )
)]
async fn system(
    State(app): State<App>,
    _: Asked<NoQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let standings = app.service.standings().await?;
    let load = app.service.load();
    let body = wire::System {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        stopping: *app.stopping.borrow(),
        looks_on: app.access.looks_on(),
        store: wire::StoreView {
            kind: app.store.kind().to_owned(),
            place: app.store.describe(),
        },
        driven: load.driven,
        slots: load.into(),
        experiments: standings.into_iter().map(wire::Waiting::from).collect(),
    };
    Ok(hashed(&headers, &body))
}
