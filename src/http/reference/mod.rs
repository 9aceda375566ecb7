//! The description of the interface as a document and as a page, both from this program alone: nothing is fetched from elsewhere.

use super::App;
use super::description::document;
use super::failures::Failure;
use super::input::{Asked, At, NoQuery};
use super::problem::Problem;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page may run its own script and style, and ask this server.
const OWN_ONLY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(openapi))
        .routes(routes!(page))
        .routes(routes!(file))
}

/// Without tokens, and with.
static DOCUMENTS: LazyLock<[Bytes; 2]> =
    LazyLock::new(|| [false, true].map(|tokens| document(tokens).to_string().into()));

/// This description.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    operation_id = "description",
    tag = "machines",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value))
)]
async fn openapi(State(app): State<App>, _: Asked<NoQuery>) -> Result<Response, Failure> {
    let [open, closed] = &*DOCUMENTS;
    let document = if app.access.has_tokens().await? {
        closed
    } else {
        open
    };
    Ok(with_type("application/json", document.clone()))
}

/// This description, to be read in a browser.
#[utoipa::path(
    get,
    path = "/api/docs",
    operation_id = "reference",
    tag = "machines",
    responses((status = 200, description = "A page", content_type = "text/html", body = String))
)]
async fn page(_: Asked<NoQuery>) -> Response {
    with_type(
        "text/html; charset=utf-8",
        Bytes::from_static(PAGE.as_bytes()),
    )
}

/// A file that the page needs.
#[utoipa::path(
    get,
    path = "/api/docs/{file}",
    operation_id = "reference_file",
    tag = "machines",
    params(("file" = String, Path, description = "`script.js` or `style.css`")),
    responses((status = 200, description = "The file", content(
        (String = "text/css"),
        (String = "text/javascript")
    )))
)]
async fn file(At(name): At<String>, _: Asked<NoQuery>) -> Result<Response, Problem> {
    let (media_type, text) = match name.as_str() {
        "script.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "style.css" => ("text/css; charset=utf-8", STYLE),
        _ => return Err(Problem::missing("file", &name)),
    };
    Ok(with_type(media_type, Bytes::from_static(text.as_bytes())))
}

fn with_type(media_type: &'static str, bytes: Bytes) -> Response {
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (CONTENT_SECURITY_POLICY, OWN_ONLY),
    ]);
    (headers, bytes).into_response()
}
