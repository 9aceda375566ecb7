//! Whatever is wrong with a request is told in the same form, and says what would be right.

use super::{Server, request};
use axum::http::Method;
use serde_json::json;

const EXPERIMENTS: &str = "/api/v1/experiments";

#[tokio::test]
async fn what_does_not_exist_is_told() {
    let server = Server::new().await;
    server.get("/nowhere").await.is_problem(404, "not-found");
    server
        .get("/api/v1/experiments/irs")
        .await
        .is_problem(404, "not-found");
    server.with_trials(1).await;
    server
        .get("/api/v1/experiments/iris/trials/7")
        .await
        .is_problem(404, "not-found");
    let answer = server
        .get("/api/v1/experiments/iris/trials/0/steps/train/log")
        .await;
    answer.is_problem(404, "not-found");
}

#[tokio::test]
async fn a_wrong_method_is_told_with_the_right_ones() {
    let server = Server::new().await;
    let answer = server
        .send(request(Method::PUT, EXPERIMENTS, &[], ""))
        .await;
    answer.is_problem(405, "method-not-allowed");
    let allowed = answer.headers["allow"].to_str().unwrap();
    assert!(
        allowed.contains("GET") && allowed.contains("POST"),
        "{allowed}"
    );
}

#[tokio::test]
async fn bad_json_is_told_with_its_place() {
    let server = Server::new().await;
    server.with_trials(1).await;
    let json = [("content-type", "application/json")];
    let path = "/api/v1/experiments/iris/ask";
    let answer = server
        .send(request(Method::POST, path, &json, "{\n \"count\": }"))
        .await;
    let problem = answer.is_problem(400, "bad-request");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("line 2 column 11"),
        "{problem}"
    );
    for body in [
        "{\"count\": \"two\"}",
        "{\"cuont\": 2}",
        "{\"count\": 0}",
        "[]",
        "",
    ] {
        server
            .send(request(Method::POST, path, &json, body))
            .await
            .is_problem(400, "bad-request");
    }
}

#[tokio::test]
async fn a_body_of_another_type_or_size_is_refused() {
    let server = Server::new().await;
    let text = [("content-type", "text/plain")];
    let answer = server
        .send(request(Method::POST, EXPERIMENTS, &text, "name: x"))
        .await;
    answer.is_problem(415, "unsupported-media-type");
    let answer = server
        .send(request(Method::POST, EXPERIMENTS, &[], "{}"))
        .await;
    answer.is_problem(415, "unsupported-media-type");
    let yaml = [("content-type", "application/yaml")];
    let large = "#".repeat((1 << 16) + 1);
    let answer = server
        .send(request(Method::POST, EXPERIMENTS, &yaml, &large))
        .await;
    answer.is_problem(413, "too-large");
}

#[tokio::test]
async fn bad_queries_are_told() {
    let server = Server::new().await;
    server.with_trials(2).await;
    for path in [
        "/api/v1/experiments?stat=running",
        "/api/v1/experiments?state=runing",
        "/api/v1/experiments?limit=0",
        "/api/v1/experiments?limit=1001",
        "/api/v1/experiments?limit=1&limit=2",
        "/api/v1/experiments/iris?x=1",
        "/api/v1/experiments/iris/importance?goal=least",
        "/api/v1/experiments/iris/trials?state=done",
        "/api/v1/experiments/iris/trials?losss=1",
        "/api/v1/experiments/iris/trials?sort=whatever",
        "/api/v1/experiments/iris/trials?metric.loss",
        "/api/v1/experiments/iris/trials?limit=many",
        "/api/v1/experiments/iris/trials?%ff=1",
        "/api/v1/experiments/iris/trials/one",
        "/api/v1/experiments/iris/trials/-1",
        "/api/v1/events?after=-1",
        "/api/v1/events?after=x",
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        answer.is_problem(400, "bad-request");
    }
    let problem = server
        .get("/api/v1/experiments/iris/trials?param.kin=svm")
        .await;
    let problem = problem.is_problem(422, "invalid");
    assert_eq!(problem["hints"][0], "did you mean `kind`?");
    for path in [
        "/api/v1/experiments/iris/trials?metric.loss=small",
        "/api/v1/experiments/iris/trials?cursor=nonsense",
        "/api/v1/experiments?cursor=nonsense",
        "/api/v1/experiments/iris/compare?by=y",
        "/api/v1/experiments/iris/importance?target=y",
    ] {
        server.get(path).await.is_problem(422, "invalid");
    }
}

#[tokio::test]
async fn all_problems_of_a_document_are_told_with_their_places() {
    let server = Server::new().await;
    let yaml = [("content-type", "application/yaml")];
    let document = "name: x\nobjective: { metric: loss, goal: least }\nmax_trails: 3\nparameters: { x: { type: float, min: 2, max: 1 } }\n";
    for path in [EXPERIMENTS, "/api/v1/experiments?dry_run=true"] {
        let answer = server
            .send(request(Method::POST, path, &yaml, document))
            .await;
        let problem = answer.is_problem(422, "invalid-experiment");
        let problems = problem["problems"].as_array().unwrap();
        let lines: Vec<u64> = problems
            .iter()
            .map(|it| it["line"].as_u64().unwrap())
            .collect();
        assert_eq!(lines, [2, 3, 4], "{problem}");
        assert_eq!(problems[1]["path"], "max_trails");
    }
}

#[tokio::test]
async fn a_directory_that_is_not_on_the_server_is_told() {
    let server = Server::new().await;
    let document = json!({
        "name": "x", "objective": {"metric": "loss", "goal": "minimize"}, "max_trials": 1,
        "parameters": {"x": {"type": "bool"}},
        "pipeline": {"train": {"run": "echo loss=1", "working_directory": "on/my/machine"}},
    });
    let problem = server.post(EXPERIMENTS, &document).await;
    let problem = problem.is_problem(422, "invalid-experiment");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("`on/my/machine` on the server"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_server_that_is_ending_is_not_ready() {
    let server = Server::new().await;
    server.get("/readyz").await.fine();
    server.stop();
    let answer = server.get("/readyz").await;
    answer.is_problem(503, "shutting-down");
    assert_eq!(answer.headers["retry-after"], "1");
    server.get("/healthz").await.fine();
}

#[tokio::test]
async fn a_server_without_room_for_files_is_not_ready() {
    let server = Server::new().await;
    // What is written there, to find out, finds no room.
    let found_out = server
        .store
        .root()
        .join(format!("room.{}", std::process::id()));
    std::os::unix::fs::symlink("/dev/full", &found_out).unwrap();
    let answer = server.get("/readyz").await;
    let problem = answer.is_problem(503, "store-unavailable");
    assert_eq!(problem["detail"], "the disk with the store is full");
    assert_eq!(answer.headers["retry-after"], "1");
    server.get("/readyz").await.fine();
    assert!(!found_out.exists());
}

#[tokio::test]
async fn too_many_at_once_are_told_to_come_again() {
    let server = Server::with(|limits| limits.requests = 0).await;
    let answer = server.get(EXPERIMENTS).await;
    answer.is_problem(429, "too-many-requests");
    assert!(answer.headers.contains_key("retry-after"));
    server.get("/healthz").await.fine();
}

#[tokio::test]
async fn every_answer_has_a_number_and_the_headers_of_safety() {
    let server = Server::new().await;
    for path in ["/healthz", "/nowhere", "/api/docs"] {
        let answer = server.get(path).await;
        for header in [
            "x-request-id",
            "content-security-policy",
            "x-content-type-options",
            "x-frame-options",
        ] {
            assert!(answer.headers.contains_key(header), "{path}: {header}");
        }
    }
    let answer = server
        .get_with("/healthz", &[("x-request-id", "mine-1")])
        .await;
    assert_eq!(answer.headers["x-request-id"], "mine-1");
}

#[tokio::test]
async fn the_reference_needs_nothing_from_elsewhere() {
    let server = Server::new().await;
    let page = server.get("/api/docs").await.fine();
    let policy = page.headers["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    for file in ["script.js", "style.css"] {
        let text = server.get(&format!("/api/docs/{file}")).await.fine().text();
        assert!(
            !text.contains("http://") && !text.contains("https://"),
            "{file}"
        );
    }
    server
        .get("/api/docs/other.js")
        .await
        .is_problem(404, "not-found");
    let description = server.get("/api/v1/openapi.json").await.fine().json();
    assert_eq!(
        description["openapi"].as_str().unwrap().get(..3),
        Some("3.1")
    );
}

#[tokio::test]
async fn numbers_are_for_prometheus() {
    let server = Server::new().await;
    server.with_trials(3).await;
    let text = server.get("/metrics").await.fine().text();
    assert!(
        text.contains("tune_trials{state=\"succeeded\"} 3"),
        "{text}"
    );
    assert!(text.ends_with("# EOF\n"), "{text}");
}
