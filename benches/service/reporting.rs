//! Reports of trials under way, each kept before it is acknowledged: points a second in batches, and reports a second one by one.

use super::Size;
use super::asking::{ask, document};
use super::figures::{line, rate};
use super::http::Client;
use super::place::Place;
use std::fmt::Write;
use std::time::Instant;

/// Points in a batch.
const BATCH: u64 = 100;
/// Clients at once, each with a trial of its own.
const CLIENTS: usize = 16;

pub async fn measure(place: &Place, size: Size) {
    for (points, clients) in [(BATCH, 1), (BATCH, CLIENTS), (1, 1), (1, CLIENTS)] {
        let scratch = place.scratch().await;
        let server = scratch.serve();
        server.submit(&document("reports")).await;
        let start = Instant::now();
        let mut running = Vec::new();
        for _ in 0..clients {
            let client = server.client().await;
            running.push(tokio::spawn(report(client, points, start + size.time)));
        }
        let mut reports = 0;
        for client in running {
            reports += client.await.unwrap();
        }
        let time = start.elapsed();
        line(
            &format!("reports of {points} point(s), clients: {clients}"),
            &format!(
                "{} reports, {} points",
                rate(reports, time),
                rate(reports * points, time)
            ),
        );
    }
}

async fn report(mut client: Client, points: u64, end: Instant) -> u64 {
    let number = ask(&mut client, "reports").await.unwrap();
    let path = format!("/experiments/reports/trials/{number}/metrics");
    let mut reports = 0;
    while Instant::now() < end {
        let levels = reports * points..(reports + 1) * points;
        client.post(&path, &batch(levels)).await.unwrap();
        reports += 1;
    }
    reports
}

fn batch(levels: std::ops::Range<u64>) -> String {
    let mut text = String::from("[");
    for level in levels {
        let comma = if text.len() > 1 { "," } else { "" };
        let value = 1.0 / (level as f64 + 1.0);
        write!(
            text,
            r#"{comma}{{"name":"loss","value":{value},"level":{level}}}"#
        )
        .unwrap();
    }
    text.push(']');
    text
}
