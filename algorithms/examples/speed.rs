//! How long a suggestion takes after so many finished trials: `speed ALGORITHM [DIMENSIONS]` prints medians in milliseconds.

#![expect(
    clippy::disallowed_methods,
    reason = "time is what this is about; the crate itself knows no clock"
)]

use serde_json::json;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;
use tune_algorithms::algorithm;
use tune_algorithms::history::{Goal, History, Outcome};
use tune_algorithms::setting::Settings;
use tune_algorithms::space::{Configuration, Parameter, Space, Value};

/// The median of so many suggestions is printed.
const SUGGESTIONS: usize = 21;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("tpe", String::as_str);
    let dimensions = arguments.get(1).map_or(Ok(10), |text| text.parse())?;
    let space = Arc::new(floats(dimensions)?);
    let mut search =
        algorithm::build(name, space, 1, &Settings::new()).map_err(|found| format!("{found:?}"))?;
    let mut history = History::new(Goal::Minimize);
    for trials in [100, 500, 1_000, 10_000] {
        let mut times = Vec::new();
        while history.trials().len() < trials {
            let start = Instant::now();
            let suggested = search.suggest(&history, 1);
            times.push(start.elapsed().as_secs_f64() * 1e3);
            for configuration in suggested {
                let value = bowl(&configuration);
                let number = history.create(configuration);
                history.finish(number, Outcome::Succeeded(value));
            }
        }
        let mut last = times.split_off(times.len() - SUGGESTIONS);
        last.sort_by(f64::total_cmp);
        println!(
            "{name} {dimensions} floats, {trials} trials: {:.4} ms",
            last[SUGGESTIONS / 2]
        );
    }
    Ok(())
}

fn floats(dimensions: usize) -> Result<Space, Box<dyn Error>> {
    let float = |i| json!({"name": format!("x{i}"), "type": "float", "min": -5, "max": 5});
    let parameters: Vec<Parameter> = serde_json::from_value((0..dimensions).map(float).collect())?;
    Space::new(parameters).map_err(|found| format!("{found:?}").into())
}

fn bowl(configuration: &Configuration) -> f64 {
    let numbers = configuration
        .iter()
        .filter_map(|(_, value)| Value::as_f64(value));
    numbers.map(|x| (x - 1.0) * (x - 1.0)).sum()
}
