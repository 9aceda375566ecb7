//! The server itself: what it shows, and what nobody may change where it only looks on.

use super::{Server, request};
use axum::http::Method;
use serde_json::json;

#[tokio::test]
async fn the_server_tells_what_waits_for_what() {
    let server = Server::new().await;
    server.with_trials(3).await;
    let system = server.get("/api/v1/system").await.fine().json();
    assert_eq!(system["store"]["kind"], "sqlite");
    assert_eq!(
        system["store"]["place"],
        server.store.root().to_str().unwrap()
    );
    assert_eq!(
        system["slots"],
        json!({"total": 1, "in_use": 0, "waiting": 0})
    );
    let waiting = &system["experiments"][0];
    assert_eq!(waiting["name"], "iris");
    assert_eq!(waiting["waits_for"], "clients");
    assert_eq!(waiting["max_trials"], 1000);
    assert_eq!(waiting["trials"]["succeeded"], 3);
    assert_eq!(system["looks_on"], false);
}

#[tokio::test]
async fn where_another_process_works_nothing_is_changed() {
    let server = Server::looking_on().await;
    server.with_trials(1).await;
    let session = server.get("/api/v1/session").await.json();
    assert_eq!(session["role"], "viewer");
    let system = server.get("/api/v1/system").await.fine().json();
    assert_eq!(system["looks_on"], true);
    server.get("/api/v1/experiments/iris").await.fine();
    for (method, path) in [
        (Method::PATCH, "/api/v1/experiments/iris"),
        (Method::POST, "/api/v1/experiments"),
        (Method::POST, "/api/v1/experiments/iris/cancel"),
        (Method::DELETE, "/api/v1/experiments/iris"),
        (Method::GET, "/api/v1/tokens"),
    ] {
        let answer = server.send(request(method, path, &[], "")).await;
        let problem = answer.is_problem(403, "forbidden");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.contains("another process works on this store"),
            "{detail}"
        );
    }
}
