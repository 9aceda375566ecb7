//! A store with many trials and metric points: how long the usual questions take, and how much memory the server needs.

use super::Size;
use super::asking::{ask, document};
use super::figures::{line, spread};
use super::http::Client;
use super::place::{Place, Scratch};
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, Instant};
use tune_algorithms::space::{Configuration, Value};
use tune_experiments::state::{TrialReason, TrialState};
use tune_experiments::store::{Changes, MetricRecord, TrialRecord};

/// How often each question is asked.
const TIMES: usize = 200;
/// Trials that are stored together.
const TOGETHER: u64 = 1000;

/// What is asked, and how.
const QUESTIONS: [(&str, &str); 7] = [
    ("list", "/experiments/full/trials"),
    (
        "filter by metric",
        "/experiments/full/trials?metric.loss<=0.01",
    ),
    (
        "filter by parameter",
        "/experiments/full/trials?param.y=7&param.x>=0.5",
    ),
    (
        "sort by metric",
        "/experiments/full/trials?sort=-metric.loss",
    ),
    (
        "sort by parameter",
        "/experiments/full/trials?sort=param.x&state=succeeded",
    ),
    ("best", "/experiments/full/best"),
    ("the experiment", "/experiments/full"),
];

pub async fn measure(place: &Place, size: Size) {
    let empty = place.scratch().await;
    let (mut in_empty, _) = asked(&empty, "empty").await;
    let scratch = place.scratch().await;
    let seeding = Instant::now();
    fill(&scratch, size).await;
    let points = size.trials * size.points;
    line(
        &format!("{} trials, {points} points", size.trials),
        &format!("stored in {:.0} s", seeding.elapsed().as_secs_f64()),
    );
    let server = scratch.serve();
    let mut client = server.client().await;
    for (what, path) in QUESTIONS {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            times.push(timed(&mut client, path).await);
        }
        line(what, &spread(&mut times));
    }
    let mut times = Vec::new();
    for index in 0..TIMES as u64 {
        let number = index * 7919 % size.trials;
        times.push(timed(&mut client, &format!("/experiments/full/trials/{number}")).await);
    }
    line("one trial", &spread(&mut times));
    line("memory after that", &format!("{} MB", server.peak_memory()));
    let first = Instant::now();
    ask(&mut client, "full").await.unwrap();
    line(
        "the first ask, which takes the experiment up",
        &format!("{:.1} s", first.elapsed().as_secs_f64()),
    );
    server.end();
    let (mut in_full, memory) = asked(&scratch, "full").await;
    line("ask, in an empty store", &spread(&mut in_empty));
    line("ask, in a full one", &spread(&mut in_full));
    line("memory after that", &format!("{memory} MB"));
}

/// How long asking takes in a store, one after the other, and the server's memory.
async fn asked(scratch: &Scratch, experiment: &str) -> (Vec<Duration>, u64) {
    let server = scratch.serve();
    let mut client = server.client().await;
    if experiment == "empty" {
        server.submit(&document(experiment)).await;
    }
    ask(&mut client, experiment).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let start = Instant::now();
        ask(&mut client, experiment).await.unwrap();
        times.push(start.elapsed());
    }
    (times, server.peak_memory())
}

async fn timed(client: &mut Client, path: &str) -> Duration {
    let start = Instant::now();
    client.get(path).await.unwrap();
    start.elapsed()
}

/// Puts trials and their points into the store, past the server: it would take an hour.
async fn fill(scratch: &Scratch, size: Size) {
    let server = scratch.serve();
    server.submit(&document("full")).await;
    server.end();
    let store = scratch.open().await;
    let record = store.experiment("full").await.unwrap().unwrap();
    let lock = store.lock(record.id, None).await.unwrap();
    let numbers: Vec<u64> = (0..size.trials).collect();
    for numbers in numbers.chunks(TOGETHER as usize) {
        let changes = Changes {
            trials: numbers.iter().map(|number| trial(*number)).collect(),
            metrics: numbers
                .iter()
                .flat_map(|number| (0..size.points).map(|level| point(*number, level, size)))
                .collect(),
            ..Changes::default()
        };
        store.commit(record.id, changes).await.unwrap();
    }
    lock.release().await.unwrap();
}

/// Somewhere from 0 to 1, different for each number.
fn scattered(number: u64) -> f64 {
    (number as f64 * 0.618_033_988_749_895).fract()
}

fn trial(number: u64) -> TrialRecord {
    let loss = scattered(number);
    let at =
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + number.cast_signed());
    let parameters = [
        ("x".to_owned(), Value::Float(scattered(number * 3))),
        ("y".to_owned(), Value::Int((number % 100 + 1).cast_signed())),
    ];
    TrialRecord {
        number,
        state: TrialState::Succeeded,
        reason: Some(TrialReason::Told),
        explanation: None,
        parameters: Configuration::from_iter(parameters),
        enqueued: false,
        why: None,
        handed_out: 1,
        metrics: IndexMap::from([("loss".to_owned(), loss)]),
        objective: Some(loss),
        created_at: at,
        started_at: Some(at),
        finished_at: Some(at),
        finished_order: Some(number),
    }
}

fn point(number: u64, level: u64, size: Size) -> MetricRecord {
    MetricRecord {
        trial: number,
        step: String::new(),
        name: "loss".to_owned(),
        level: level as f64,
        value: scattered(number) + (size.points - 1 - level) as f64,
        at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + number.cast_signed()),
    }
}
