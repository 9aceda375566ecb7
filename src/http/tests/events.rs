//! Live events: every reader sees every event, from where it was.

use super::{Server, event, request};
use axum::body::Body;
use axum::http::Method;
use futures_util::StreamExt;
use tune_experiments::store::{Changes, ExperimentRecord};

async fn happen(server: &Server, record: &ExperimentRecord, numbers: std::ops::Range<u64>) {
    let changes = Changes {
        events: numbers.map(event).collect(),
        ..Changes::default()
    };
    server.commit(record, changes).await;
}

fn ids(text: &str) -> Vec<i64> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("id: "));
    lines.map(|id| id.parse().unwrap()).collect()
}

/// Reads until so many events have come.
async fn read(body: Body, count: usize) -> Vec<i64> {
    let mut stream = body.into_data_stream();
    let mut seen = Vec::new();
    while seen.len() < count {
        let bytes = stream.next().await.expect("more events").unwrap();
        seen.extend(ids(std::str::from_utf8(&bytes).unwrap()));
    }
    seen
}

#[tokio::test]
async fn stored_events_are_read_from_where_the_reader_was() {
    let server = Server::new().await;
    server.with_trials(3).await;
    let all = server.get("/api/v1/events?follow=false").await.fine();
    assert_eq!(all.headers["content-type"], "text/event-stream");
    assert_eq!(ids(&all.text()), [1, 2, 3, 4]);
    assert!(
        all.text()
            .contains("event: trial\ndata: {\"seq\":2,\"experiment\":\"iris\""),
        "{}",
        all.text()
    );
    let path = "/api/v1/experiments/iris/events?follow=false&after=1";
    assert_eq!(ids(&server.get(path).await.fine().text()), [2, 3, 4]);
    let seen = [("last-event-id", "3")];
    assert_eq!(ids(&server.get_with(path, &seen).await.fine().text()), [4]);
    server
        .get_with(path, &[("last-event-id", "x")])
        .await
        .is_problem(400, "bad-request");
}

#[tokio::test]
async fn a_thousand_readers_see_every_event_once_and_in_order() {
    let server = Server::new().await;
    let record = server.with_trials(3).await;
    let mut readers = tokio::task::JoinSet::new();
    for number in 0..1000 {
        // Some come from the beginning, some from the end, some for everything.
        let (path, from) = match number % 3 {
            0 => ("/api/v1/experiments/iris/events", 1),
            1 => ("/api/v1/experiments/iris/events?after=4", 5),
            _ => ("/api/v1/events?after=2", 3),
        };
        let body = server.open(path).await;
        readers.spawn(async move { (from, read(body, 105 - from).await) });
    }
    for batch in 0..10 {
        happen(&server, &record, batch * 10..batch * 10 + 10).await;
        tokio::task::yield_now().await;
    }
    while let Some(seen) = readers.join_next().await {
        let (from, seen) = seen.unwrap();
        assert_eq!(seen, (from as i64..=104).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn the_stream_of_an_experiment_ends_with_it() {
    let server = Server::new().await;
    let record = server.with_trials(2).await;
    let body = server.open("/api/v1/experiments/iris/events").await;
    let reading = tokio::spawn(axum::body::to_bytes(body, usize::MAX));
    tokio::task::yield_now().await;
    server.store.delete(record.id).await.unwrap();
    let all = reading.await.unwrap().unwrap();
    assert!(std::str::from_utf8(&all).unwrap().starts_with(": tune\n"));
}

#[tokio::test]
async fn readers_are_counted_while_they_read() {
    let server = Server::new().await;
    server.with_trials(1).await;
    let body = server.open("/api/v1/events").await;
    let text = server.get("/metrics").await.fine().text();
    assert!(text.contains("tune_event_readers 1"), "{text}");
    drop(body);
    let text = server.get("/metrics").await.fine().text();
    assert!(text.contains("tune_event_readers 0"), "{text}");
    let head = request(Method::HEAD, "/api/v1/events", &[], "");
    assert!(server.send(head).await.fine().body.is_empty());
}
