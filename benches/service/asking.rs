//! Ask for a trial, tell its result: how many pairs a second, by one client and by many at once.

use super::Size;
use super::figures::{line, rate};
use super::http::Client;
use super::place::Place;
use super::server::Server;
use std::time::{Duration, Instant};

/// How many clients are many.
const CLIENTS: usize = 16;

/// An experiment whose trials clients evaluate.
pub fn document(name: &str) -> String {
    format!(
        r#"{{"name": "{name}", "objective": {{"metric": "loss", "goal": "minimize"}}, "algorithm": "random", "max_trials": 10000000,
            "parallel_trials": 1000, "parameters": {{"x": {{"type": "float", "min": 0, "max": 1}}, "y": {{"type": "int", "min": 1, "max": 100}}}}}}"#
    )
}

pub async fn measure(place: &Place, size: Size) {
    for clients in [1, CLIENTS] {
        let scratch = place.scratch().await;
        let server = scratch.serve();
        server.submit(&document("pairs")).await;
        let (pairs, errors, time) = pairs(&server, clients, size.time).await;
        line(
            &format!("ask and tell, clients: {clients}"),
            &format!(
                "{} pairs, errors: {errors}, {} MB",
                rate(pairs, time),
                server.peak_memory()
            ),
        );
    }
}

async fn pairs(server: &Server, clients: usize, time: Duration) -> (u64, u64, Duration) {
    let start = Instant::now();
    let mut running = Vec::new();
    for _ in 0..clients {
        let client = server.client().await;
        running.push(tokio::spawn(ask_and_tell(client, start + time)));
    }
    let (mut pairs, mut errors) = (0, 0);
    for client in running {
        let (done, failed) = client.await.unwrap();
        pairs += done;
        errors += failed;
    }
    (pairs, errors, start.elapsed())
}

/// How many pairs were done, and how many failed.
async fn ask_and_tell(mut client: Client, end: Instant) -> (u64, u64) {
    let (mut pairs, mut errors) = (0, 0);
    while Instant::now() < end {
        match pair(&mut client).await {
            Ok(()) => pairs += 1,
            Err(words) => {
                if errors == 0 {
                    println!("  {words}");
                }
                errors += 1;
            }
        }
    }
    (pairs, errors)
}

async fn pair(client: &mut Client) -> Result<(), String> {
    let number = ask(client, "pairs").await?;
    let path = format!("/experiments/pairs/trials/{number}/tell");
    client.post(&path, r#"{"metrics": {"loss": 0.25}}"#).await?;
    Ok(())
}

/// The number of a trial that was asked for.
pub async fn ask(client: &mut Client, experiment: &str) -> Result<u64, String> {
    let path = format!("/experiments/{experiment}/ask");
    let answer = client.post(&path, r#"{"count": 1}"#).await?;
    let number = answer.split_once(r#""number":"#).and_then(|(_, rest)| {
        rest.split(|letter: char| !letter.is_ascii_digit())
            .next()?
            .parse()
            .ok()
    });
    number.ok_or_else(|| format!("no trial: {answer}"))
}
