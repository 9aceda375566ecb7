//! Tokens: made, listed, revoked, by those who may.

use super::super::App;
use super::super::access::secret;
use super::super::conditional::json;
use super::super::failures::{Failure, internal};
use super::super::input::{Asked, At, NoQuery, Told};
use super::super::problem::{Kind, Problem};
use crate::wire;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use tune_experiments::store::{NewToken, TokenRecord};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A longer name of a token than this is refused.
pub const LONGEST_NAME: usize = 100;

/// No token is good for longer: a hundred years, in seconds.
const LONGEST_LIFE: i64 = 3_153_600_000;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
}

/// All tokens that have not been revoked, by name.
#[utoipa::path(
    get,
    path = "/tokens",
    operation_id = "list_tokens",
    tag = "tokens",
    responses((status = 200, description = "All of them, on one page", body = wire::Tokens))
)]
async fn list(State(app): State<App>, _: Asked<NoQuery>) -> Result<Response, Failure> {
    let tokens = app.store.tokens().await?;
    Ok(json(&wire::Tokens::page(tokens, None)))
}

/// Makes a token. The answer is the only place where it is ever shown. From the first token on, every request needs one.
#[utoipa::path(
    post,
    path = "/tokens",
    operation_id = "create_token",
    tag = "tokens",
    request_body = wire::TokenWanted,
    responses(
        (status = 201, description = "The token", body = wire::NewToken),
        (status = 409, description = "There is a token of that name"),
        (status = 422, description = "It cannot be the name of a token")
    )
)]
async fn create(
    State(app): State<App>,
    _: Asked<NoQuery>,
    Told(wanted): Told<wire::TokenWanted>,
) -> Result<Response, Failure> {
    check_name(&wanted.name).map_err(|words| Problem::new(Kind::Invalid, words))?;
    let token = secret::generate().map_err(|error| internal(&error))?;
    let record = record(wanted, &token)?;
    app.store
        .create_token(NewToken {
            name: record.name.clone(),
            role: record.role,
            hash: record.hash,
            created_at: record.created_at,
            expires_at: record.expires_at,
        })
        .await?;
    app.access.closed();
    let listed = record.into();
    let mut response = json(&wire::NewToken { token, listed });
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

fn record(wanted: wire::TokenWanted, token: &str) -> Result<TokenRecord, Problem> {
    let created_at = Timestamp::now();
    let end = |seconds| {
        let seconds = i64::try_from(seconds)
            .ok()
            .filter(|seconds| (1..=LONGEST_LIFE).contains(seconds));
        let end = seconds.and_then(|seconds| {
            created_at
                .checked_add(jiff::SignedDuration::from_secs(seconds))
                .ok()
        });
        end.ok_or_else(|| Problem::new(Kind::Invalid, "`expires_in` is no time from now"))
    };
    Ok(TokenRecord {
        hash: secret::hash(token),
        name: wanted.name,
        role: wanted.role,
        created_at,
        expires_at: wanted.expires_in.map(end).transpose()?,
    })
}

/// A name that can be shown, and written in an address.
pub fn check_name(name: &str) -> Result<(), String> {
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
    // Dots alone mean something else in an address.
    let is_segment = !matches!(name, "." | "..");
    if fits
        && is_segment
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.@".contains(c))
    {
        return Ok(());
    }
    Err(format!(
        "a token's name has letters, digits, `-`, `_`, `.` and `@`, and at most {LONGEST_NAME} characters"
    ))
}

/// Revokes a token: from now on it is refused.
#[utoipa::path(
    delete,
    path = "/tokens/{name}",
    operation_id = "revoke_token",
    tag = "tokens",
    params(("name" = String, Path, description = "Name of the token")),
    responses((status = 204, description = "It is revoked"))
)]
async fn revoke(
    State(app): State<App>,
    At(name): At<String>,
    _: Asked<NoQuery>,
) -> Result<Response, Failure> {
    match app.store.revoke_token(&name).await? {
        true => Ok(StatusCode::NO_CONTENT.into_response()),
        false => Err(Problem::missing("token", &name).into()),
    }
}
