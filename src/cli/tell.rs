//! `tune tell`: how a trial ended.

use super::context::Context;
use super::in_process;
use super::report::{Reported, reported};
use crate::error::Failure;
use crate::exit;
use crate::wire;
use anyhow::Result;
use clap::Args;
use indexmap::IndexMap;
use tune_experiments::service::Told;
use tune_experiments::store::TrialRecord;

/// Tell how a trial ended
///
/// The same result again is no error: whoever is not sure whether it was taken tells it again.
#[derive(Args, Debug)]
pub struct TellArgs {
    /// Name of the experiment
    name: String,
    /// Number of the trial
    number: u64,
    /// Its last metrics, as in accuracy=0.9; may be left out when the objective was reported before
    #[arg(value_name = "METRIC=VALUE", value_parser = reported)]
    metrics: Vec<Reported>,
    /// It failed; in your words, why
    #[arg(long, value_name = "REASON", conflicts_with = "metrics")]
    failed: Option<String>,
}

pub async fn run(args: TellArgs, context: Context) -> Result<u8> {
    let tell = tell(&args)?;
    let trial = match context.client()? {
        Some(client) => client.tell(&args.name, args.number, &tell).await?,
        None => in_store(&args, &context, tell).await?,
    };
    context.say(&format!("trial {}: {}", trial.number, trial.state));
    Ok(exit::SUCCEEDED)
}

fn tell(args: &TellArgs) -> Result<wire::Tell> {
    if let Some(reason) = &args.failed {
        return Ok(wire::Tell::failed(reason));
    }
    let mut metrics = IndexMap::new();
    for Reported { name, value } in &args.metrics {
        if metrics.insert(name.clone(), *value).is_some() {
            let failure = Failure::new(format!("`{name}` is told twice")).code(exit::USAGE);
            return Err(failure.into());
        }
    }
    Ok(match metrics.is_empty() {
        true => wire::Tell {
            state: Some(wire::TellState::Succeeded),
            ..wire::Tell::default()
        },
        false => wire::Tell::succeeded(metrics),
    })
}

async fn in_store(args: &TellArgs, context: &Context, tell: wire::Tell) -> Result<TrialRecord> {
    let (store, id) = context.stored(&args.name).await?;
    let told = match tell.read().map_err(Failure::new)? {
        wire::Told::Failed(reason) => Told::Failed(reason),
        wire::Told::Succeeded(reports) => {
            Told::Succeeded(reports.into_iter().map(Into::into).collect())
        }
    };
    let work = async |service: &tune_experiments::service::Service| {
        service.tell(id, args.number, told.clone()).await
    };
    in_process::call(context, store, work).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: TellArgs,
    }

    fn read(words: &[&str]) -> TellArgs {
        Line::parse_from(["tell", "mine", "3"].iter().chain(words)).args
    }

    #[test]
    fn metrics_or_a_failure_are_told() {
        let told = tell(&read(&["loss=NaN", "f1=1e-3"])).unwrap();
        let metrics = told.metrics.unwrap();
        assert!(metrics["loss"].0.is_nan());
        assert_eq!(metrics["f1"], wire::Number(1e-3));
        let told = tell(&read(&["--failed", "no memory"])).unwrap();
        assert_eq!(told, wire::Tell::failed("no memory"));
        let told = tell(&read(&[])).unwrap();
        assert_eq!(told.state, Some(wire::TellState::Succeeded));
        assert!(tell(&read(&["loss=1", "loss=2"])).is_err());
    }
}
