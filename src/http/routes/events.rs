//! Live events, as server-sent events: each with its number, by which a reader goes on where it was.

use super::super::App;
use super::super::access::Pass;
use super::super::failures::Failure;
use super::super::feed::{Reader, Subject};
use super::super::input::{Asked, At};
use super::super::problem::{Kind, Problem};
use super::experiment;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long the line may be silent: what stands between takes it for dead otherwise.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// No event has a larger number.
const LARGEST: i64 = (1 << 53) - 1;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(all))
        .routes(routes!(of_experiment))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// Only events after the one with this number; from the first one by default. The header `last-event-id` goes before it.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Whether to wait for more when all that are stored have been sent.
    #[serde(default = "yes")]
    #[param(default = true)]
    follow: bool,
}

/// One event of the stream.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it only describes")]
struct ServerSentEvent {
    /// Its number: what `last-event-id` takes.
    id: String,
    /// Its kind.
    event: String,
    /// An `Event` as JSON.
    data: String,
}

fn yes() -> bool {
    true
}

/// Everything that happens in this store: a stream of server-sent events, which never ends by itself. A reader that is too slow is cut off,
/// and goes on with the header `last-event-id`.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "all_events",
    tag = "events",
    params(
        EventsQuery,
        ("last-event-id" = Option<i64>, Header, minimum = 0, description = "Number of the last event that was seen")
    ),
    responses((status = 200, description = "Events; `data` of each is an `Event`", content_type = "text/event-stream", body = ServerSentEvent))
)]
async fn all(
    State(app): State<App>,
    Asked(query): Asked<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    Ok(events(&app, None, &query, &headers)?)
}

/// Everything that happens to an experiment: a stream of server-sent events, which ends when the experiment is deleted.
#[utoipa::path(
    get,
    path = "/experiments/{name}/events",
    operation_id = "experiment_events",
    tag = "events",
    params(
        ("name" = String, Path, description = "Name of the experiment"),
        EventsQuery,
        ("last-event-id" = Option<i64>, Header, minimum = 0, description = "Number of the last event that was seen")
    ),
    responses((status = 200, description = "Events; `data` of each is an `Event`", content_type = "text/event-stream", body = ServerSentEvent))
)]
async fn of_experiment(
    State(app): State<App>,
    At(name): At<String>,
    Asked(query): Asked<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let record = experiment(&app, &name).await?;
    Ok(events(&app, Some(record.id), &query, &headers)?)
}

fn events(
    app: &App,
    subject: Subject,
    query: &EventsQuery,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let after = last_seen(headers)?.or(query.after).unwrap_or(0);
    if !(0..=LARGEST).contains(&after) {
        return Err(Problem::new(
            Kind::BadRequest,
            "`after` is the number of an event, or 0",
        ));
    }
    let reader = app.feed.reader(subject, after);
    let body = match query.follow {
        true => Body::from_stream(live(
            reader,
            app.closing.clone(),
            Pass::new(app, headers, HEARTBEAT),
        )),
        false => Body::from_stream(stored(reader)),
    };
    let head = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((head, body).into_response())
}

fn last_seen(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let number = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok());
    let wrong = || {
        Problem::new(
            Kind::BadRequest,
            "the header `last-event-id` is no number of an event",
        )
    };
    number
        .filter(|number| (0..=LARGEST).contains(number))
        .ok_or_else(wrong)
        .map(Some)
}

/// What is stored now.
fn stored(
    reader: Reader,
) -> impl futures_util::Stream<Item = Result<Bytes, tune_experiments::store::StoreError>> {
    stream::try_unfold(reader, |mut reader| async move {
        let text = reader.stored().await?;
        Ok(text.map(|text| (text, reader)))
    })
}

/// What is stored, and what comes, until the server ends or the reader may not read any more. A first comment tells the client that it is
/// connected.
fn live(
    reader: Reader,
    closing: watch::Receiver<bool>,
    pass: Pass,
) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> {
    let begun = stream::once(async { Ok(Bytes::from_static(b": tune\n\n")) });
    let rest = stream::unfold(
        (reader, closing, pass),
        |(mut reader, mut closing, mut pass)| async move {
            if !pass.holds().await {
                return None;
            }
            let text = tokio::select! {
                text = reader.next() => text?,
                () = tokio::time::sleep(HEARTBEAT) => Bytes::from_static(b": still here\n\n"),
                _ = closing.wait_for(|closing| *closing) => return None,
            };
            Some((Ok(text), (reader, closing, pass)))
        },
    );
    futures_util::StreamExt::chain(begun, rest)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::Server;
    use super::*;
    use futures_util::StreamExt;
    use std::pin::pin;

    #[tokio::test]
    async fn a_stream_ends_when_its_request_would_be_refused() {
        let server = Server::new().await;
        server.with_trials(1).await;
        let token = crate::http::tests::token(&server, "me").await;
        let bearer = format!("Bearer {token}").parse().unwrap();
        let headers = HeaderMap::from_iter([(axum::http::header::AUTHORIZATION, bearer)]);
        let pass = Pass::new(&server.app, &headers, Duration::ZERO);
        let reader = server.app.feed.reader(None, 0);
        let mut stream = pin!(live(reader, server.app.closing.clone(), pass));
        assert_eq!(&stream.next().await.unwrap().unwrap()[..], b": tune\n\n");
        assert!(stream.next().await.unwrap().unwrap().starts_with(b"id: 1"));
        assert!(server.store.revoke_token("me").await.unwrap());
        assert!(stream.next().await.is_none());
    }
}
