//! An algorithm behind a pipe: one JSON document per line in, and for each question one out. For comparisons with other systems.
//!
//! ```text
//! → {"algorithm": "tpe", "settings": {}, "seed": 1, "parameters": [{"name": "x", "type": "float", "min": 0, "max": 1}]}
//! → {"ask": 1}
//! ← [{"x": 0.41}]
//! → {"tell": 0, "value": 0.2}
//! ```

use serde::Deserialize;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use tune_algorithms::algorithm::{self, Algorithm};
use tune_algorithms::history::{Goal, History, Outcome};
use tune_algorithms::setting::Settings;
use tune_algorithms::space::{Parameter, Space};

/// The first line: what to search, and how. The goal is to minimise.
#[derive(Deserialize)]
struct Search {
    algorithm: String,
    #[serde(default)]
    settings: Settings,
    seed: u64,
    parameters: Vec<Parameter>,
}

/// Every other line.
#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    /// For so many configurations, which become trials.
    Ask { ask: usize },
    /// How the trial of that number ended; without a value it failed.
    Tell { tell: usize, value: Option<f64> },
}

impl Search {
    fn algorithm(self) -> Result<Box<dyn Algorithm>, Box<dyn Error>> {
        let space = Space::new(self.parameters).map_err(|found| format!("{found:?}"))?;
        algorithm::build(&self.algorithm, Arc::new(space), self.seed, &self.settings)
            .map_err(|found| format!("{found:?}").into())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut lines = io::stdin().lock().lines();
    let first = lines.next().ok_or("nothing to read")??;
    let mut algorithm = serde_json::from_str::<Search>(&first)?.algorithm()?;
    let mut history = History::new(Goal::Minimize);
    for line in lines {
        match serde_json::from_str(&line?)? {
            Message::Ask { ask } => {
                let suggested = algorithm.suggest(&history, ask);
                let mut out = io::stdout().lock();
                serde_json::to_writer(&mut out, &suggested)?;
                writeln!(out)?;
                out.flush()?;
                for configuration in suggested {
                    history.create(configuration);
                }
            }
            Message::Tell { tell, value } => {
                history.finish(tell, value.map_or(Outcome::Failed, Outcome::Succeeded));
            }
        }
    }
    Ok(())
}
