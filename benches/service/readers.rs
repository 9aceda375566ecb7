//! A thousand readers of one experiment's events: whether each sees all of them, and how much slower the experiment is for it.

use super::figures::line;
use super::http::Client;
use super::place::Place;
use super::server::Server;
use std::time::{Duration, Instant};
use tokio::io::AsyncBufReadExt;
use tokio::task::JoinHandle;

const READERS: usize = 1000;

/// Short steps, and many of them: much to tell.
const DOCUMENT: &str = r#"{"name": "told", "objective": {"metric": "loss", "goal": "minimize"}, "algorithm": "random", "max_trials": 300,
    "parallel_trials": 2, "parameters": {"x": {"type": "float", "min": 0, "max": 1}}, "pipeline": {"measure": {"run": "sleep 0.03; echo loss=1"}}}"#;

pub async fn measure(place: &Place) {
    let (alone, _) = run(place, 0).await;
    let (read, seen) = run(place, READERS).await;
    let slower = (read.as_secs_f64() / alone.as_secs_f64() - 1.0) * 100.0;
    line(
        &format!("an experiment with {READERS} readers"),
        &format!(
            "{:.1} s, alone {:.1} s: {slower:.0}% slower; {seen}",
            read.as_secs_f64(),
            alone.as_secs_f64()
        ),
    );
}

/// How long the experiment took, and what its readers saw.
async fn run(place: &Place, readers: usize) -> (Duration, String) {
    let scratch = place.scratch().await;
    let server = scratch.serve();
    // Readers are there first: they read the store's events, of which there is only this experiment's.
    let mut running = Vec::new();
    for _ in 0..readers {
        let client = server.client().await;
        running.push(tokio::spawn(read(client)));
    }
    let start = Instant::now();
    server.submit(DOCUMENT).await;
    wait_for_end(&server).await;
    let time = start.elapsed();
    (time, compare(&server, running).await)
}

async fn wait_for_end(server: &Server) {
    let mut client = server.client().await;
    loop {
        let shown = client.get("/experiments/told").await.unwrap();
        if !shown.contains(r#""finished_at":null"#) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The numbers of the events that a reader saw, until one tells of the experiment's end.
async fn read(client: Client) -> Vec<i64> {
    let mut stream = client.stream("/events").await.unwrap();
    let (mut numbers, mut line) = (Vec::new(), String::new());
    loop {
        line.clear();
        let length = stream.read_line(&mut line).await.unwrap_or_default();
        if let Some(number) = line.strip_prefix("id: ") {
            numbers.push(number.trim_end().parse().unwrap());
        }
        let is_end = line.contains(r#""kind":"experiment""#) && line.contains("succeeded");
        if length == 0 || is_end {
            return numbers;
        }
    }
}

async fn compare(server: &Server, readers: Vec<JoinHandle<Vec<i64>>>) -> String {
    let stored = stored(server).await.unwrap();
    let (count, mut complete) = (readers.len(), 0);
    for reader in readers {
        let numbers = reader.await.unwrap();
        let in_order = numbers.is_sorted_by(|a, b| a < b);
        complete += usize::from(in_order && numbers.len() == stored);
    }
    format!("{complete} of {count} saw each of {stored} events once")
}

/// How many events there are in the store.
async fn stored(server: &Server) -> std::io::Result<usize> {
    let client = server.client().await;
    let mut stream = client.stream("/events?follow=false").await?;
    let (mut events, mut line) = (0, String::new());
    // The last piece of an answer in pieces is an empty one.
    while stream.read_line(&mut line).await? > 0 && line != "0\r\n" {
        events += usize::from(line.starts_with("id: "));
        line.clear();
    }
    Ok(events)
}
