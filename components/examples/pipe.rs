//! Components behind a pipe: one JSON document per line in, and for each the last value of every metric out. For comparisons of search
//! algorithms on real models. Artifacts are written into the folder that is given.
//!
//! ```text
//! → {"uses": "preprocess", "with": {"dataset": "diabetes"}}
//! ← {}
//! → {"uses": "cross_validate", "with": {"data": "FOLDER/train", "model": "random_forest"}}
//! ← {"rmse_mean": 57.6, …}
//! ```

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use tune_components::{Output, find};

/// Every line.
#[derive(Deserialize)]
struct Step {
    uses: String,
    with: Map<String, Json>,
}

/// Remembers metrics, and nothing else.
struct Metrics {
    folder: PathBuf,
    metrics: Map<String, Json>,
}

impl Output for Metrics {
    fn artifact_path(&mut self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn metric(&mut self, name: &str, value: f64, _level: Option<f64>) {
        self.metrics.insert(name.to_owned(), json!(value));
    }

    fn value(&mut self, _name: &str, _value: Json) {}

    fn log(&mut self, _line: &str) {}
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("give a folder")?);
    for line in io::stdin().lock().lines() {
        let step: Step = serde_json::from_str(&line?)?;
        let component = find(&step.uses).ok_or("there is no such component")?;
        let mut output = Metrics {
            folder: folder.clone(),
            metrics: Map::new(),
        };
        component.run(&step.with, &mut output)?;
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, &output.metrics)?;
        writeln!(out)?;
        out.flush()?;
    }
    Ok(())
}
