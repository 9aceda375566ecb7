//! What early stopping spares and what it costs, in virtual time on learning curves: `stopping [STOPPER] [SETTINGS] [SEEDS] [ALGORITHM …]`
//! prints, for each kind of curves and each algorithm, the median final loss without and with the stopper, how much worse it is on average
//! (± the standard error), and which share of the work was done.

#[expect(clippy::unwrap_used, reason = "helpers of tests are tests")]
#[path = "../tests/conformance/curves.rs"]
mod curves;

use std::error::Error;
use std::num::ParseIntError;
use std::ops::Range;
use tune_algorithms::history::Goal;
use tune_algorithms::setting::Settings;
use tune_algorithms::stopper;

/// So many seeds, or from one up to another.
fn range(text: &str) -> Result<Range<u64>, ParseIntError> {
    let (first, end) = text.split_once("..").unwrap_or(("0", text));
    Ok(first.parse()?..end.parse()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("asha", String::as_str);
    let settings: Settings = serde_json::from_str(arguments.get(1).map_or("{}", String::as_str))?;
    let seeds = arguments.get(2).map_or(Ok(0..50), |text| range(text))?;
    let algorithms: Vec<&str> = match arguments.get(3..) {
        Some(given) if !given.is_empty() => given.iter().map(String::as_str).collect(),
        _ => vec!["random", "tpe", "gp", "cmaes"],
    };
    let make = || stopper::build(name, Goal::Minimize, &curves::models(), &settings);
    make().map_err(|found| format!("{found:?}"))?;
    for kind in curves::ALL {
        for algorithm in &algorithms {
            let stopper =
                || make().unwrap_or_else(|found| unreachable!("made before, and now {found:?}"));
            let found = curves::Comparison::new(algorithm, seeds.clone(), kind, &stopper);
            let ((without, with), (worse, error)) = (found.medians(), found.cost());
            println!(
                "{:9} {algorithm:7} {without:.4} {with:.4}  {worse:+.4} ± {error:.4}  {:3.0} %",
                kind.name,
                100.0 * found.share
            );
        }
    }
    Ok(())
}
