//! What `tune serve` bears, measured through its real interface in one run:
//!
//! ```sh
//! cargo bench --bench service                        # SQLite
//! tests/postgres.sh cargo bench --bench service      # and PostgreSQL
//! cargo bench --bench service -- ask report          # some of it: ask, report, readers, full, others
//! cargo bench --bench service -- --tenth             # a tenth of the time and of the data
//! ```
//!
//! Optuna and MLflow are measured beside it where Python (`$PYTHON`, or `python3`) has them.

#![expect(clippy::unwrap_used, reason = "a measurement that fails ends there")]

mod asking;
mod figures;
mod full;
mod http;
mod place;
mod readers;
mod reporting;
mod server;

use place::Place;
use std::process::Command;
use std::time::Duration;

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    /// How long one figure is measured.
    time: Duration,
    /// How many trials a full store has.
    trials: u64,
    /// How many metric points each of these has.
    points: u64,
}

const WHOLE: Size = Size {
    time: Duration::from_secs(10),
    trials: 100_000,
    points: 100,
};
const TENTH: Size = Size {
    time: Duration::from_secs(1),
    trials: 10_000,
    points: 100,
};

/// All in one thread: what the clients take is taken from the server.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let size = match arguments.iter().any(|argument| argument == "--tenth") {
        true => TENTH,
        false => WHOLE,
    };
    let chosen: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let wants = |name: &str| chosen.is_empty() || chosen.iter().any(|chosen| *chosen == name);
    for place in Place::all().await {
        println!("\n{}", place.name());
        if wants("ask") {
            asking::measure(&place, size).await;
        }
        if wants("report") {
            reporting::measure(&place, size).await;
        }
        if wants("readers") {
            readers::measure(&place).await;
        }
        if wants("full") {
            full::measure(&place, size).await;
        }
    }
    if wants("others") {
        others();
    }
}

/// Other systems do the same, each in its own way.
fn others() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/service/others.py");
    println!("\nothers");
    let status = Command::new(python).arg(script).status();
    if !status.is_ok_and(|status| status.success()) {
        println!("  they could not be measured");
    }
}
