//! What a client may ask of the server: so much at once, for so long. What streams is let go once it has begun.

use super::App;
use super::failures::shutting_down;
use super::problem::{Kind, Problem};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::num::NonZeroU32;
use std::time::Duration;

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
    let Ok(_place) = app.places.try_acquire() else {
        return crowded().into_response();
    };
    let mut closing = app.closing.clone();
    tokio::select! {
        answer = tokio::time::timeout(app.limits.time, next.run(request)) => match answer {
            Ok(response) => response,
            Err(_) => late(app.limits.time).into_response(),
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
