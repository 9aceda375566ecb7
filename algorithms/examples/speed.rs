//! How long a suggestion takes after so many finished trials: `speed ALGORITHM [DIMENSIONS [TRIALS]]` prints milliseconds. The trials are
//! random ones; the first suggestion after them is made by an instance that knows nothing yet, as after a restart.

#![expect(
    clippy::disallowed_methods,
    reason = "time is what this is about; the crate itself knows no clock"
)]

use serde_json::json;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;
use tune_algorithms::algorithm::{self, Algorithm};
use tune_algorithms::history::{Goal, History, Outcome};
use tune_algorithms::setting::Settings;
use tune_algorithms::space::{Configuration, Parameter, Space, Value};

/// So many suggestions are timed.
const SUGGESTIONS: usize = 21;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("tpe", String::as_str);
    let dimensions = arguments.get(1).map_or(Ok(10), |text| text.parse())?;
    let given = arguments.get(2).map(|text| text.parse()).transpose()?;
    let space = Arc::new(floats(dimensions)?);
    for trials in given.map_or(vec![100, 250, 500, 1_000, 10_000], |trials| vec![trials]) {
        let mut history = History::new(Goal::Minimize);
        let mut random = build("random", &space)?;
        while history.trials().len() < trials {
            advance(random.as_mut(), &mut history);
        }
        let mut search = build(name, &space)?;
        let mut times: Vec<f64> = (0..SUGGESTIONS)
            .map(|_| {
                let start = Instant::now();
                advance(search.as_mut(), &mut history);
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        let first = times.remove(0);
        times.sort_by(f64::total_cmp);
        let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
        println!(
            "{name} {dimensions} floats, {trials} trials: median {median:.4} ms, most {most:.4} ms, first {first:.4} ms"
        );
    }
    Ok(())
}

fn build(name: &str, space: &Arc<Space>) -> Result<Box<dyn Algorithm>, Box<dyn Error>> {
    let built = algorithm::build(name, Arc::clone(space), 1, &Settings::new());
    built.map_err(|found| format!("{found:?}").into())
}

/// One more trial.
fn advance(search: &mut dyn Algorithm, history: &mut History) {
    for configuration in search.suggest(history, 1) {
        let value = bowl(&configuration);
        let number = history.create(configuration);
        history.finish(number, Outcome::Succeeded(value));
    }
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
