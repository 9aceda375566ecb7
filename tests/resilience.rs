//! Servers and databases that die under load: every acknowledged result is there, no trial is handed out twice, and the budget is kept.
//!
//! `TUNE_TEST_TRIALS` makes the load as long as one likes.

use crate::clients::{CLIENTS, Clients};
use crate::cluster::Cluster;
use crate::harness::{Place, wait_until};
use crate::http::make_certificate;
use crate::server::Server;
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};
use tune_experiments::store::{Location, Store};

/// How often the only server is killed.
const KILLS: u64 = 10;
/// Of two servers one is killed each time that so many trials have ended: until the other goes on, its lease must have run out.
const TRIALS_A_KILL: u64 = 1500;
/// How long experiments may be left alone when the server that drives them has died.
const TAKEN_OVER: Duration = Duration::from_secs(10);

/// How many trials the experiment has: some ten seconds of work, or as many as the environment says.
fn budget() -> u64 {
    match std::env::var("TUNE_TEST_TRIALS") {
        Ok(count) => count.parse().expect("a number of trials"),
        Err(_) => 3000,
    }
}

fn submit(server: &Server) {
    server.submit(&asked());
}

fn asked() -> String {
    let document = json!({
        "name": "asked",
        "objective": { "metric": "loss", "goal": "minimize" },
        "algorithm": "random",
        "max_trials": budget(),
        "parameters": { "x": { "type": "float", "min": 0, "max": 1 } },
    });
    document.to_string()
}

/// The experiment ended with exactly its budget, and every trial is as its client was told it is.
fn check(place: &Place, told: &HashMap<u64, f64>) {
    let shown = place.experiment("asked");
    assert_eq!(shown["state"], "succeeded", "{shown}");
    let trials = place.trials("asked");
    let numbers = trials.iter().map(|trial| trial["number"].as_u64());
    assert!(numbers.eq((0..budget()).map(Some)), "each number once");
    assert_eq!(told.len() as u64, budget());
    for trial in &trials {
        let number = trial["number"].as_u64().expect("a number");
        assert_eq!(trial["state"], "succeeded", "{trial}");
        assert_eq!(trial["objective"].as_f64(), Some(told[&number]), "{trial}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_killed_ten_times() {
    let place = Place::new();
    let mut server = Server::start(&place);
    submit(&server);
    let mut clients = Clients::start("asked", &[&server.url]);
    for kill in 1..=KILLS {
        clients.reach(budget() * kill / (KILLS + 1)).await;
        server.signal("-KILL");
        server.ended();
        server = Server::start(&place);
        clients.move_to(&[&server.url]);
        clients.go_on().await;
    }
    check(&place, &clients.finish().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_on_one_database_the_driving_one_is_killed_in_turn() {
    let place = Place::in_postgres(&Cluster::shared()).await;
    let mut servers = [Server::start(&place), Server::start(&place)];
    submit(&servers[0]);
    let mut clients = Clients::start("asked", &[&servers[0].url, &servers[1].url]);
    let kills = (budget() / TRIALS_A_KILL).max(1);
    for kill in 1..=kills {
        clients.reach(budget() * kill / (kills + 1)).await;
        let driver = driver(&place).await;
        let dying = usize::from(servers[1].url == driver);
        assert_eq!(servers[dying].url, driver);
        servers[dying].signal("-KILL");
        servers[dying].ended();
        let taken_over = tokio::time::timeout(TAKEN_OVER, clients.go_on()).await;
        taken_over.expect("the other goes on");
        servers[dying] = Server::start(&place);
        clients.move_to(&[&servers[0].url, &servers[1].url]);
    }
    check(&place, &clients.finish().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_server_drives_is_passed_on_to_it() {
    let place = Place::in_postgres(&Cluster::shared()).await;
    let servers = [Server::start(&place), Server::start(&place)];
    submit(&servers[0]);
    servers[0].post("/api/v1/experiments/asked/ask", &json!({ "count": 1 }));
    let driver_before = driver(&place).await;
    let other = &servers[usize::from(servers[0].url == driver_before)];
    let asked = other.post("/api/v1/experiments/asked/ask", &json!({ "count": 1 }));
    assert_eq!(asked["trials"][0]["number"], 1, "{asked}");
    let told = json!({ "metrics": { "loss": 0.5 } });
    other.post("/api/v1/experiments/asked/trials/1/tell", &told);
    assert_eq!(driver(&place).await, driver_before);
    assert_eq!(place.trial("asked", 1)["objective"], 0.5);
}

/// As the README has it, with certificates and tokens; from a browser too, which shows a cookie in the place of a token.
#[tokio::test(flavor = "multi_thread")]
async fn over_https_it_is_passed_on_with_the_clients_credentials() {
    let place = Place::in_postgres(&Cluster::shared()).await;
    make_certificate(&place);
    let made = place.tune(&["token", "create", "--role", "admin", "--name", "me"]);
    let token = made.success().out.trim().to_owned();
    let tls = [
        "--tls-cert",
        "cert.pem",
        "--tls-key",
        "key.pem",
        "--ca-cert",
        "cert.pem",
    ];
    let servers = [Server::with(&place, &tls), Server::with(&place, &tls)];
    let certificate = place.path("cert.pem").display().to_string();
    let bearer = format!("authorization: Bearer {token}");
    let ask = |server: &Server, path: &str, known: &[&str], kind: &str, body: &str| {
        let kind = format!("content-type: {kind}");
        let arguments = ["--cacert", &certificate, "-H", &kind, "-d", body];
        server.ask(path, &[&arguments[..], known].concat())
    };
    let (json, yaml) = ("application/json", "application/yaml");
    let known = ["-H", bearer.as_str()];
    let submitted = ask(&servers[0], "/api/v1/experiments", &known, yaml, &asked());
    assert_eq!(submitted.0, 201, "{}", submitted.1);
    let path = "/api/v1/experiments/asked/ask";
    assert_eq!(ask(&servers[0], path, &known, json, "{}").0, 200);
    let driving = driver(&place).await;
    let other = &servers[usize::from(servers[0].url == driving)];
    assert_eq!(ask(other, path, &known, json, "{}").0, 200);
    assert_eq!(ask(other, path, &[], json, "{}").0, 401);
    let jar = place.path("cookies").display().to_string();
    let origin = format!("origin: {}", other.url);
    let browser = ["-b", &jar, "-c", &jar, "-H", &origin];
    let login = json!({ "token": token }).to_string();
    assert_eq!(ask(other, "/api/v1/session", &browser, json, &login).0, 200);
    let (status, asked) = ask(other, path, &browser, json, "{}");
    assert_eq!(status, 200, "{asked}");
    assert_eq!(driver(&place).await, driving);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_restarted_under_load() {
    let cluster = Cluster::own();
    let place = Place::in_postgres(&cluster).await;
    let server = Server::start(&place);
    submit(&server);
    let mut clients = Clients::start("asked", &[&server.url]);
    // For a moment, and for so long that the server loses what it drives.
    for (part, lost) in [(1, false), (2, true)] {
        clients.reach(budget() * part / 3).await;
        let said_before = server.said().matches(LOST).count();
        cluster.control(&["stop", "-m", "immediate"]);
        clients.be_refused(2 * CLIENTS).await;
        wait_until("the lease has run out", || {
            !lost || server.said().matches(LOST).count() > said_before
        });
        let begun = Instant::now();
        cluster.control(&["start"]);
        let started = begun.elapsed();
        clients.go_on().await;
        eprintln!(
            "lost: {lost}: started after {started:?}, went on after {:?}",
            begun.elapsed()
        );
    }
    check(&place, &clients.finish().await);
}

/// What a server says that has lost an experiment.
const LOST: &str = "the experiment cannot be driven while its store is away";

/// Where the server is that drives the experiment.
async fn driver(place: &Place) -> String {
    let location = Location::new(place.store());
    let root: &Path = &place.path(".tune");
    let store = Store::connect(&location, root, false)
        .await
        .expect("a store");
    let record = store.experiment("asked").await.expect("a readable store");
    let driver = store.driver(record.expect("the experiment").id).await;
    let driver = driver.expect("a readable store").expect("a driver");
    driver.address.expect("its address")
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_go_on_by_themselves_when_the_database_is_back() {
    let cluster = Cluster::own();
    let place = Place::in_postgres(&cluster).await;
    let server = Server::start(&place);
    server.submit(
        "name: steps\nobjective: { metric: loss, goal: minimize }\nmax_trials: 20\nparameters: { x: { type: float, min: 0, max: 1 } }\n\
         pipeline: { measure: { run: 'sleep 0.05; echo loss=${{ params.x }}' } }\n",
    );
    wait_until("some trials have succeeded", || {
        server.succeeded("steps") >= 2
    });
    cluster.control(&["stop", "-m", "immediate"]);
    wait_until("the lease has run out", || server.said().contains(LOST));
    cluster.control(&["start"]);
    let started = Instant::now();
    wait_until("the server is ready", || {
        server.ask("/readyz", &[]).0 == 200
    });
    let shown = server.wait_for_end("steps");
    eprintln!("ended {:?} after the database came back", started.elapsed());
    assert_eq!(shown["trials"]["total"], 20, "{shown}");
    assert_eq!(shown["trials"]["succeeded"], 20, "{shown}");
}
