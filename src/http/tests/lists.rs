//! Lists in pages, filtered and sorted; and answers that need not be sent again.

use super::super::read_ahead;
use super::{Server, event, request, trial};
use axum::http::Method;
use jiff::Timestamp;
use serde_json::Value as Json;
use tune_experiments::store::{Changes, ExperimentUpdate, MetricRecord};

const TRIALS: &str = "/api/v1/experiments/iris/trials";

async fn numbers(server: &Server, query: &str) -> Vec<u64> {
    let list = server.get(&format!("{TRIALS}?{query}")).await.fine().json();
    let trials = list["trials"].as_array().unwrap();
    trials
        .iter()
        .map(|it| it["number"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let server = Server::new().await;
    server.with_trials(25).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{TRIALS}?limit=10&sort=-metric.loss{cursor}");
        let page = server.get(&path).await.fine().json();
        let trials = page["trials"].as_array().unwrap();
        seen.extend(trials.iter().map(|it| it["number"].as_u64().unwrap()));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, (0..25).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn comparisons_may_be_encoded_or_not() {
    let server = Server::new().await;
    server.with_trials(10).await;
    assert_eq!(numbers(&server, "metric.loss%3E%3D0.8").await, [8, 9]);
    // What a library makes of the name `metric.loss>=`, and a browser of the sign.
    assert_eq!(numbers(&server, "metric.loss%3E%3D=0.8").await, [8, 9]);
    assert_eq!(numbers(&server, "metric.loss%3E=0.8").await, [8, 9]);
    assert_eq!(numbers(&server, "metric.loss%3C0.2").await, [0, 1]);
    assert_eq!(numbers(&server, "metric.loss%3C%3D0.2").await, [0, 1, 2]);
    assert_eq!(
        numbers(&server, "param.kind=svm&number!=0&limit=2").await,
        [2, 4]
    );
    assert_eq!(numbers(&server, "param.kind!=svm&objective=0.3").await, [3]);
    assert_eq!(
        numbers(&server, "state=running,queued").await,
        [] as [u64; 0]
    );
    assert_eq!(
        numbers(&server, "state=succeeded&sort=-number&limit=1").await,
        [9]
    );
    assert_eq!(numbers(&server, "sort=param.kind&limit=2").await, [1, 3]);
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let server = Server::new().await;
    let record = server.with_trials(5).await;
    let paths = [
        "/api/v1/experiments",
        "/api/v1/experiments/iris",
        "/api/v1/experiments/iris/best",
        "/api/v1/experiments/iris/compare",
        "/api/v1/experiments/iris/trials",
        "/api/v1/experiments/iris/trials/3",
        "/api/v1/experiments/iris/trials/3/metrics",
    ];
    let mut tags = Vec::new();
    for path in paths {
        let answer = server.get(path).await.fine();
        let tag = answer.headers["etag"].to_str().unwrap().to_owned();
        let again = server.get_with(path, &[("if-none-match", &tag)]).await;
        assert_eq!(
            (again.status.as_u16(), again.body.len()),
            (304, 0),
            "{path}"
        );
        tags.push(tag);
    }
    let changes = Changes {
        trials: vec![trial(5)],
        events: vec![event(5)],
        ..Changes::default()
    };
    server.commit(&record, changes).await;
    for (path, tag) in paths.iter().zip(&tags).take(5) {
        let again = server.get_with(path, &[("if-none-match", tag)]).await;
        assert_eq!(again.status, 200, "{path}");
    }
}

#[tokio::test]
async fn parameters_matter_by_the_spread_of_their_values_among_the_best() {
    let server = Server::new().await;
    server.with_trials(40).await;
    let path = "/api/v1/experiments/iris/importance";
    let answer = server.get(path).await.fine();
    let found = answer.json();
    assert_eq!(
        (&found["metric"], &found["goal"]),
        (&"loss".into(), &"minimize".into())
    );
    assert_eq!(found["trials"], 40);
    let shares: f64 = (0..2)
        .map(|at| found["parameters"][at]["share"].as_f64().unwrap())
        .sum();
    assert!((0.0..1.0 + 1e-9).contains(&shares));
    let tag = answer.headers["etag"].to_str().unwrap().to_owned();
    let known = [("if-none-match", &*tag)];
    assert_eq!(server.get_with(path, &known).await.status, 304);
    let other = format!("{path}?target=loss&goal=maximize");
    let answer = server.get_with(&other, &known).await.fine();
    assert_eq!(answer.json()["goal"], "maximize");
}

#[tokio::test]
async fn what_charts_are_drawn_from_is_read_ahead() {
    let server = Server::new().await;
    let record = server.with_trials(12).await;
    assert!(!server.app.outlines.is_kept(record.id));
    read_ahead(server.app.clone()).await;
    assert!(server.app.outlines.is_kept(record.id));
}

#[tokio::test]
async fn importance_waits_for_results() {
    let server = Server::new().await;
    server.with_trials(9).await;
    let answer = server.get("/api/v1/experiments/iris/importance").await;
    let problem = answer.is_problem(409, "conflict");
    assert_eq!(
        problem["detail"],
        "9 succeeded trials with a value of `loss`: too few to tell which parameters matter"
    );
    assert_eq!(problem["hints"][0], "ask again when there are 10");
}

#[tokio::test]
async fn the_time_that_an_experiment_was_driven_is_part_of_its_version() {
    let server = Server::new().await;
    let record = server.with_trials(1).await;
    let path = "/api/v1/experiments/iris";
    let tag = server.get(path).await.fine().headers["etag"].clone();
    let update = ExperimentUpdate {
        state: record.state,
        reason: None,
        started_at: None,
        finished_at: None,
        active_seconds: 7.0,
    };
    let changes = Changes {
        experiment: Some(update),
        ..Changes::default()
    };
    server.commit(&record, changes).await;
    let known = [("if-none-match", tag.to_str().unwrap())];
    let again = server.get_with(path, &known).await.fine();
    assert_eq!(again.json()["active_seconds"], 7.0);
}

#[tokio::test]
async fn heads_are_answered_and_bodies_compressed() {
    let server = Server::new().await;
    server.with_trials(50).await;
    let head = server
        .send(request(Method::HEAD, TRIALS, &[], ""))
        .await
        .fine();
    assert!(head.body.is_empty());
    let small = server
        .get_with(TRIALS, &[("accept-encoding", "gzip")])
        .await
        .fine();
    assert_eq!(small.headers["content-encoding"], "gzip");
    assert!(small.body.len() * 3 < server.get(TRIALS).await.body.len());
}

#[tokio::test]
async fn an_experiment_is_shown_with_all_that_is_known() {
    let server = Server::new().await;
    server.with_trials(3).await;
    let shown: Json = server.get("/api/v1/experiments/iris").await.fine().json();
    assert_eq!(shown["trials"]["succeeded"], 3);
    assert_eq!(shown["best"]["number"], 0);
    assert_eq!(shown["spec"]["objective"]["metric"], "loss");
    let best = server
        .get("/api/v1/experiments/iris/best")
        .await
        .fine()
        .json();
    assert_eq!(best["parameters"]["kind"], "svm");
}

#[tokio::test]
async fn the_last_report_of_a_metric_comes_alone() {
    let server = Server::new().await;
    let record = server.with_trials(1).await;
    let report = |level, value| MetricRecord {
        trial: 0,
        step: String::new(),
        name: "loss".to_owned(),
        level,
        value,
        at: Timestamp::UNIX_EPOCH,
    };
    let changes = Changes {
        metrics: vec![report(0.0, 0.9), report(2.0, 0.5), report(1.0, 0.7)],
        ..Changes::default()
    };
    server.commit(&record, changes).await;
    let path = format!("{TRIALS}/0/metrics");
    let last = server.get(&format!("{path}?name=loss&last=true")).await;
    let last = last.fine().json();
    assert_eq!(last["metrics"].as_array().unwrap().len(), 1);
    assert_eq!(last["metrics"][0]["value"], 0.5);
    let none = server.get(&format!("{path}?name=other&last=true")).await;
    assert_eq!(none.fine().json()["metrics"], serde_json::json!([]));
    let unnamed = server.get(&format!("{path}?last=true")).await;
    assert_eq!(unnamed.status, 422);
}

#[tokio::test]
async fn all_trials_come_as_a_table() {
    let server = Server::new().await;
    server.with_trials(1001).await;
    let answer = server.get("/api/v1/experiments/iris/export").await.fine();
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
    let text = answer.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1002);
    assert_eq!(
        lines[0],
        "number,state,reason,explanation,objective,created_at,started_at,finished_at,duration,\
         parameters.x,parameters.kind,metrics.loss"
    );
    let epoch = "1970-01-01T00:00:00Z";
    let last = format!("1000,succeeded,,,100,{epoch},{epoch},{epoch},0,0.5,svm,100");
    assert_eq!(lines[1001], last);
}

#[tokio::test]
async fn neighbouring_trials_come_as_a_grid() {
    let server = Server::new().await;
    server.with_trials(5).await;
    let path = "/api/v1/experiments/iris/grid";
    let answer = server.get(&format!("{path}?from=3&limit=10")).await.fine();
    let grid = answer.json();
    assert_eq!(grid["number"], serde_json::json!([3, 4]));
    assert_eq!(grid["state"][1], "succeeded");
    // Without a pipeline there are no steps.
    assert_eq!(grid["steps"], serde_json::json!({}));
    let tag = answer.headers["etag"].to_str().unwrap();
    let known = [("if-none-match", tag)];
    let again = server
        .get_with(&format!("{path}?from=3&limit=10"), &known)
        .await;
    assert_eq!(again.status, 304);
    let wrong = server.get(&format!("{path}?from=first")).await;
    wrong.is_problem(400, "bad-request");
}

#[tokio::test]
async fn editors_are_told_what_a_document_may_say() {
    let server = Server::new().await;
    let schema = server.get("/api/v1/schema").await.fine().json();
    assert_eq!(schema["properties"]["name"]["type"], "string");
}
