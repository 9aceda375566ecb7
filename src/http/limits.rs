//! What a client may ask of the server: so much at once, for so long. What streams is let go once it has begun.

use super::App;
use super::failures::shutting_down;
use super::input::{announces_more, too_large};
use super::problem::{Kind, Problem};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use std::num::NonZeroU32;
use std::time::Duration;

/// So many strangers may show their tokens at once: if they are slow about it, nobody else waits for them.
pub const LOGINS: usize = 32;
/// In so much time.
const LOGIN_TIME: Duration = Duration::from_secs(5);
/// And in so many bytes.
const LOGIN_BODY: usize = 4096;

/// The limits of the server.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// Until the answer begins.
    pub time: Duration,
    /// Requests at once.
    pub requests: usize,
    /// Requests a second of each token.
    pub rate: NonZeroU32,
}

/// Answers in time, and only so many at once.
pub async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_health(&request) {
        return next.run(request).await;
    }
    if request.uri().to_string().contains("%00") {
        // No name has it, and not every database can even look for it.
        return Problem::new(Kind::BadRequest, "the address has a zero byte").into_response();
    }
    if is_login(&request) && announces_more(request.headers(), LOGIN_BODY) {
        return too_large(LOGIN_BODY).into_response();
    }
    let (places, time, request) = match is_login(&request) {
        false => (&app.places, app.limits.time, request),
        true => (&app.logins, app.limits.time.min(LOGIN_TIME), small(request)),
    };
    let Ok(_place) = places.try_acquire() else {
        return crowded().into_response();
    };
    let mut closing = app.closing.clone();
    tokio::select! {
        answer = tokio::time::timeout(time, next.run(request)) => match answer {
            Ok(response) => response,
            Err(_) => late(time).into_response(),
        },
        // What is under way when the last moment has come is told, not cut off.
        _ = closing.wait_for(|closing| *closing) => shutting_down().into_response(),
    }
}

/// Whoever asks whether the process lives must be answered, however busy it is.
fn is_health(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>();
    path.is_some_and(|path| path.as_str() == "/healthz")
}

/// A body that is read of somebody who may not be known at all.
fn is_login(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>();
    !request.method().is_safe() && path.is_some_and(|path| path.as_str().ends_with("/session"))
}

/// With a body of a few lines at the most.
fn small(request: Request) -> Request {
    request.map(|body| Body::new(Limited::new(body, LOGIN_BODY)))
}

fn crowded() -> Problem {
    Problem::new(Kind::TooManyRequests, "too many requests are under way").retry_after(1)
}

fn late(limit: Duration) -> Problem {
    Problem::new(
        Kind::Timeout,
        format!("there was no answer within {} s", limit.as_secs_f64()),
    )
    .retry_after(1)
}
