//! The client against servers that misbehave in one way each.

use super::*;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

async fn serve(router: Router) -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let address = Address {
        url: url(&format!("http://{address}")).unwrap(),
        token: Some(Token("secret".to_owned())),
        ca_cert: None,
    };
    Client::new(address).unwrap()
}

fn problem(status: StatusCode) -> Response {
    let kind = [("content-type", "application/problem+json")];
    let body = format!(
        r#"{{"type": "/problems/x", "title": "no", "status": {}, "hints": ["do so"]}}"#,
        status.as_u16()
    );
    (status, kind, body).into_response()
}

fn json(text: &'static str) -> Response {
    ([("content-type", "application/json")], text).into_response()
}

#[tokio::test]
async fn a_server_that_asks_for_patience_is_asked_again() {
    let times = Arc::new(AtomicU32::new(0));
    let seen = times.clone();
    let busy = move || async move {
        match seen.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => {
                let mut busy = problem(StatusCode::SERVICE_UNAVAILABLE);
                let now = axum::http::HeaderValue::from_static("0");
                busy.headers_mut().insert("retry-after", now);
                busy
            }
            _ => json(r#"{"experiments": [], "next": null}"#),
        }
    };
    let client = serve(Router::new().route("/api/v1/experiments", get(busy))).await;
    assert!(client.experiments().await.unwrap().is_empty());
    assert_eq!(times.load(Ordering::SeqCst), 3);
}

/// A server that hangs up on the first requests, however far they came, and answers then; and how many it has seen.
async fn unsteady(breaks: u32) -> (Client, Arc<AtomicU32>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let times = Arc::new(AtomicU32::new(0));
    let seen = times.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            if seen.fetch_add(1, Ordering::SeqCst) >= breaks {
                let body = r#"{"stop": false, "reason": null, "experiments": [], "next": null}"#;
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    (client(&format!("http://{address}")), times)
}

#[tokio::test]
async fn what_may_be_sent_twice_is_sent_again_when_the_line_breaks() {
    let (client, times) = unsteady(2).await;
    assert!(client.experiments().await.unwrap().is_empty());
    assert_eq!(times.load(Ordering::SeqCst), 3);
    let (client, times) = unsteady(1).await;
    client.report("x", 0, &[]).await.unwrap();
    assert_eq!(times.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_must_not_be_done_twice_is_sent_once() {
    let (client, times) = unsteady(1).await;
    let error = client.ask("x", 1).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    assert_eq!(times.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn patience_with_a_line_that_breaks_has_an_end() {
    let (client, times) = unsteady(u32::MAX).await;
    let error = client.experiments().await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    assert_eq!(times.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_problem_is_told_with_the_hints_of_the_server() {
    let refuse = |headers: HeaderMap| async move {
        match headers
            .get("authorization")
            .map(reqwest::header::HeaderValue::as_bytes)
        {
            Some(b"Bearer secret") => problem(StatusCode::FORBIDDEN),
            _ => problem(StatusCode::UNAUTHORIZED),
        }
    };
    let client = serve(Router::new().route("/api/v1/experiments", get(refuse))).await;
    let error = client.experiments().await.unwrap_err();
    assert_eq!(error.status(), Some(403));
    assert_eq!(error.hints()[0], "do so");
}

#[tokio::test]
async fn what_is_not_there_is_no_error_and_another_program_is_one() {
    let router = Router::new()
        .route("/api/v1/experiments", get(|| async { Html("welcome") }))
        .fallback(|| async { problem(StatusCode::NOT_FOUND) });
    let client = serve(router).await;
    assert!(client.experiment("none").await.unwrap().is_none());
    assert!(client.experiment("..").await.unwrap().is_none());
    let error = client.experiments().await.unwrap_err();
    assert!(matches!(error, ClientError::Strange { .. }), "{error}");
}

#[tokio::test]
async fn a_stream_that_breaks_goes_on_after_the_last_event() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let stream = move |headers: HeaderMap| async move {
        let last = headers["last-event-id"].to_str().unwrap().to_owned();
        let event = |seq: u32| {
            format!(
                "id: {seq}\ndata: {{\"seq\": {seq}, \"experiment\": \"x\", \"at\": \"1970-01-01T00:00:00Z\", \
                 \"kind\": \"experiment\", \"data\": {{}}}}\n\n"
            )
        };
        let mut asked = seen.lock().unwrap();
        asked.push(last.clone());
        match last.as_str() {
            "0" => (event(1) + &event(2)).into_response(),
            "2" if asked.len() == 2 => (event(3) + "data: half").into_response(),
            _ => problem(StatusCode::NOT_FOUND),
        }
    };
    let client = serve(Router::new().route("/api/v1/experiments/x/events", get(stream))).await;
    let (sender, mut pieces) = mpsc::channel(8);
    tokio::spawn(Events::new(client, "x", 0).send(sender));
    let mut numbers = Vec::new();
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Events(events) => numbers.extend(events.iter().map(|event| event.seq)),
            Piece::Refused(error) => assert_eq!(error.status(), Some(404)),
            Piece::Away | Piece::Back => panic!("it was never away"),
        }
    }
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(*asked.lock().unwrap(), ["0", "2", "3"]);
}

fn client(text: &str) -> Client {
    let address = Address {
        url: url(text).unwrap(),
        token: Some(Token("secret".to_owned())),
        ca_cert: None,
    };
    Client::new(address).unwrap()
}

#[test]
fn names_are_one_segment_each() {
    let client = client("http://127.0.0.1:1/behind/");
    let url = client.at(&["experiments", "a/b?c", "trials"]);
    assert_eq!(
        url.as_str(),
        "http://127.0.0.1:1/behind/api/v1/experiments/a%2Fb%3Fc/trials"
    );
    assert_eq!(client.url(), "http://127.0.0.1:1/behind");
}

#[test]
fn what_is_no_address_of_a_server_is_refused() {
    for text in ["127.0.0.1:8863", "ftp://x", "http://", ""] {
        assert!(url(text).is_err(), "{text}");
    }
}

#[test]
fn a_token_is_not_shown() {
    let client = client("http://127.0.0.1:1");
    assert!(!format!("{client:?}").contains("secret"));
}
