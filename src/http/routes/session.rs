//! The session of a browser: a cookie that carries a token, which no script can read and no other site can send.

use super::super::App;
use super::super::access::Visitor;
use super::super::access::session::{forget, keep};
use super::super::conditional::json;
use super::super::failures::Failure;
use super::super::input::{Asked, NoQuery, Told};
use crate::wire;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, begin, end))
}

/// Who is asking, and what they may do. Answers everybody, so that a page can find out whether it must ask for a token.
#[utoipa::path(
    get,
    path = "/session",
    operation_id = "show_session",
    tag = "tokens",
    responses((status = 200, description = "Who is asking", body = wire::Session))
)]
async fn show(
    State(app): State<App>,
    _: Asked<NoQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let visitor = app.access.visitor(&headers).await?;
    answer(&app, visitor).await
}

/// A token to begin a session with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SessionWanted {
    /// The token, as it was shown when it was made.
    token: String,
}

/// Begins a session: the answer sets a cookie by which the browser is known until it leaves, is closed, or the token is no longer good.
#[utoipa::path(
    post,
    path = "/session",
    operation_id = "begin_session",
    tag = "tokens",
    request_body = SessionWanted,
    responses(
        (status = 200, description = "Who is asking from now on", body = wire::Session),
        (status = 401, description = "The token is not good")
    )
)]
async fn begin(
    State(app): State<App>,
    _: Asked<NoQuery>,
    headers: HeaderMap,
    Told(wanted): Told<SessionWanted>,
) -> Result<Response, Failure> {
    let visitor = app.access.welcome(&wanted.token).await?;
    let cookie = keep(&wanted.token, &headers)?;
    let mut response = answer(&app, visitor).await?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// Ends the session of the browser that asks.
#[utoipa::path(
    delete,
    path = "/session",
    operation_id = "end_session",
    tag = "tokens",
    responses((status = 204, description = "The browser has no session"))
)]
async fn end(_: Asked<NoQuery>, headers: HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let forgotten = forget(&headers).map(|cookie| (SET_COOKIE, cookie));
    response.headers_mut().extend(forgotten);
    response
}

async fn answer(app: &App, visitor: Visitor) -> Result<Response, Failure> {
    let known = visitor.role.is_some();
    let last_event = match known {
        true => Some(app.store.last_of_all_events().await?),
        false => None,
    };
    let body = wire::Session {
        tokens: visitor.tokens,
        name: visitor.name,
        role: visitor.role,
        version: known.then(|| env!("CARGO_PKG_VERSION").to_owned()),
        last_event,
    };
    let mut response = json(&body);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
