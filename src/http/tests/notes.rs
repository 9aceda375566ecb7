//! Tags and notes: written, shown, found again.

use super::{Answer, Server, request};
use axum::http::Method;
use serde_json::{Value as Json, json};
use tune_experiments::store::NewExperiment;

const NOTES: &str = "/api/v1/experiments/iris/notes";
const OF_TRIAL: &str = "/api/v1/experiments/iris/trials/1/notes";

async fn patch(server: &Server, path: &str, body: &Json) -> Answer {
    let json = [("content-type", "application/json")];
    let body = body.to_string();
    server
        .send(request(Method::PATCH, path, &json, &body))
        .await
}

#[tokio::test]
async fn notes_are_written_and_read_back_everywhere() {
    let server = Server::new().await;
    server.with_trials(2).await;
    assert_eq!(
        server.get(NOTES).await.fine().json(),
        json!({"tags": [], "note": ""})
    );
    let body = json!({"add_tags": ["b", "a"], "note": "what <we> think"});
    let written = patch(&server, NOTES, &body).await.fine().json();
    assert_eq!(
        written,
        json!({"tags": ["a", "b"], "note": "what <we> think"})
    );
    assert_eq!(patch(&server, NOTES, &body).await.fine().json(), written);
    let body = json!({"tags": ["zero"]});
    patch(&server, OF_TRIAL, &body).await.fine();

    let shown = server.get("/api/v1/experiments/iris").await.json();
    assert_eq!(
        (&shown["tags"], &shown["note"]),
        (&written["tags"], &written["note"])
    );
    let trial = server.get("/api/v1/experiments/iris/trials/1").await.json();
    assert_eq!(
        (&trial["tags"], &trial["note"]),
        (&json!(["zero"]), &json!(""))
    );
    let list = server.get("/api/v1/experiments").await.json();
    assert_eq!(list["experiments"][0]["tags"], written["tags"]);
    let listed = server.get("/api/v1/experiments/iris/trials").await.json();
    let tags = |index: usize| &listed["trials"][index]["tags"];
    assert_eq!((tags(0), tags(1)), (&json!([]), &json!(["zero"])));
    let events = server.get("/api/v1/events?follow=false").await.text();
    assert_eq!(events.matches("event: notes\n").count(), 2, "{events}");
}

#[tokio::test]
async fn what_is_known_of_notes_is_not_sent_again() {
    let server = Server::new().await;
    server.with_trials(2).await;
    for path in [
        NOTES,
        OF_TRIAL,
        "/api/v1/experiments/iris",
        "/api/v1/system",
    ] {
        let tag = server.get(path).await.headers["etag"].clone();
        let known = [("if-none-match", tag.to_str().unwrap())];
        assert_eq!(server.get_with(path, &known).await.status, 304, "{path}");
        for notes in [NOTES, OF_TRIAL] {
            patch(&server, notes, &json!({"add_tags": [path]}))
                .await
                .fine();
        }
        let again = server.get_with(path, &known).await.status;
        assert_eq!(
            again,
            if path == "/api/v1/system" { 304 } else { 200 },
            "{path}"
        );
    }
}

#[tokio::test]
async fn lists_are_filtered_by_tags() {
    let server = Server::new().await;
    server.with_trials(4).await;
    let new = NewExperiment {
        tags: vec!["other".to_owned()],
        ..super::new_experiment("other")
    };
    server.store.create(new).await.unwrap();
    patch(&server, NOTES, &json!({"tags": ["a", "b"]}))
        .await
        .fine();
    patch(&server, OF_TRIAL, &json!({"tags": ["a"]}))
        .await
        .fine();
    let found = async |query: &str| {
        let list = server.get(&format!("/api/v1/experiments?{query}")).await;
        list.fine().json()["experiments"].as_array().unwrap().len()
    };
    assert_eq!(found("").await, 2);
    assert_eq!(found("tag=a").await, 1);
    assert_eq!(found("tag=a,b").await, 1);
    assert_eq!(found("tag=a,other").await, 0);
    let trials = async |query: &str| {
        let path = format!("/api/v1/experiments/iris/trials?{query}");
        let list = server.get(&path).await.fine().json();
        let numbers = list["trials"].as_array().unwrap().iter();
        numbers
            .map(|it| it["number"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(trials("tag=a").await, [1]);
    assert_eq!(
        trials("tag=a&sort=-metric.loss&metric.loss%3E%3D0.1").await,
        [1]
    );
    assert_eq!(trials("tag=a&param.kind=svm").await, [] as [u64; 0]);
    assert_eq!(trials("tag=a,b").await, [] as [u64; 0]);
    assert_eq!(trials(&"tag=a&".repeat(1000)).await, [1]);
    let many: Vec<String> = (0..31).map(|number| format!("tag=t{number}")).collect();
    let path = format!("/api/v1/experiments/iris/trials?{}", many.join("&"));
    server.get(&path).await.is_problem(422, "invalid");
}

#[tokio::test]
async fn what_is_no_note_is_refused() {
    let server = Server::new().await;
    server.with_trials(1).await;
    for (body, kind) in [
        (json!({"add_tags": ["two words"]}), "invalid"),
        (json!({"tags": [""]}), "invalid"),
        (json!({"note": "x".repeat(20_001)}), "invalid"),
    ] {
        patch(&server, NOTES, &body).await.is_problem(422, kind);
    }
    for body in [json!({"tags": null, "colour": 1}), json!({"note": 1})] {
        patch(&server, NOTES, &body)
            .await
            .is_problem(400, "bad-request");
    }
    let nowhere = "/api/v1/experiments/iris/trials/7/notes";
    patch(&server, nowhere, &json!({}))
        .await
        .is_problem(404, "not-found");
    let nul = json!({"note": "a\u{0}b"});
    let written = patch(&server, NOTES, &nul).await.fine().json();
    assert_eq!(written["note"], "a\u{fffd}b");
}
