//! Around every request: a number by which it is found in the log, its line there, its place in the numbers, and the headers that
//! keep browsers from doing more with an answer than they should.

use super::App;
use super::problem::{Kind, Problem};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A longer number of a request than this is not taken over.
const LONGEST_ID: usize = 64;

/// What the answers of the interface may do in a browser: nothing.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Gives the request a number, and tells of it when it has been answered.
pub async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = id(&request);
    let method = request.method().as_str().to_owned();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("unknown", MatchedPath::as_str).to_owned();
    let begun = Instant::now();
    let span = tracing::info_span!(
        "request",
        request.id = %id.to_str().unwrap_or_default(),
        experiment = Empty,
        trial = Empty
    );
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    span.in_scope(|| {
        let duration_ms = took.as_secs_f64() * 1000.0;
        tracing::info!(
            method,
            path,
            route,
            status,
            duration_ms,
            "{method} {path}: {status}"
        );
    });
    app.numbers.answered(known(&method), &route, status, took);
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// From here on every line about this request names the experiment.
pub fn of_experiment(name: &str) {
    Span::current().record("experiment", name);
}

/// From here on every line about this request names the trial.
pub fn of_trial(number: u64) {
    Span::current().record("trial", number);
}

/// The method as a label: clients may invent others without end.
fn known(method: &str) -> &str {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
        _ => "other",
    }
}

/// The client's own number, where it is one, or a new one.
fn id(request: &Request) -> HeaderValue {
    let given = request.headers().get(REQUEST_ID);
    let given = given.filter(|id| is_plain(id.as_bytes()));
    given.cloned().unwrap_or_else(new_id)
}

fn is_plain(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    !id.is_empty() && id.len() <= LONGEST_ID && id.iter().all(plain)
}

/// Unique within the process; with its start, nearly so among all.
fn new_id() -> HeaderValue {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:x}-{count:x}", std::process::id());
    HeaderValue::from_str(&id).expect("hexadecimal digits are a header")
}

/// Adds the headers of safety to every answer that has not set its own.
pub async fn harmless(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// What the client is told of a panic, which has been logged where it happened.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::new(Kind::Internal, "the server's log tells more").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_numbers_of_clients_are_taken_over() {
        assert!(is_plain(b"a-1_b.C"));
        for id in [&b""[..], b"a b", b"a\"", &[b'x'; 65]] {
            assert!(!is_plain(id));
        }
        assert_ne!(new_id(), new_id());
    }
}
