//! `tune report`: metrics of a trial while it is being evaluated.

use super::context::Context;
use super::format::pretty;
use super::in_process;
use crate::exit;
use crate::wire;
use anyhow::Result;
use clap::Args;
use tune_experiments::metrics::ClientReport;
use tune_experiments::spec::LEVEL_NAMES;

/// Report metrics of a trial that is being evaluated
///
/// Its lease begins anew. The answer, as JSON, says whether the trial should stop: tell its result then. Without metrics it only
/// says that the trial is still being evaluated.
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// Name of the experiment
    name: String,
    /// Number of the trial
    number: u64,
    /// Metrics, as in loss=0.3; level, epoch, step or iteration says where in training they belong
    #[arg(value_name = "METRIC=VALUE", value_parser = reported)]
    metrics: Vec<Reported>,
}

/// A metric and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: wire::Number,
}

/// Reads `loss=0.3`.
pub fn reported(text: &str) -> Result<Reported, String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.trim().is_empty())
        .ok_or("write METRIC=VALUE, as in loss=0.3")?;
    let value = value
        .trim()
        .parse()
        .map_err(|_| format!("`{value}` is no number"))?;
    Ok(Reported {
        name: name.trim().to_owned(),
        value: wire::Number(value),
    })
}

pub async fn run(args: ReportArgs, context: Context) -> Result<u8> {
    let reports = at_one_level(&args.metrics);
    let stop = match context.client()? {
        Some(client) => client.report(&args.name, args.number, &reports).await?,
        None => in_store(&args, &context, reports).await?,
    };
    context.print(&pretty(&stop)?)?;
    Ok(exit::SUCCEEDED)
}

/// The metrics, each at the level that one of them names.
fn at_one_level(reported: &[Reported]) -> Vec<wire::MetricReport> {
    let is_level = |of: &&Reported| LEVEL_NAMES.contains(&of.name.as_str());
    let level = LEVEL_NAMES.iter().find_map(|name| {
        let given = reported.iter().find(|given| given.name == *name)?;
        Some(given.value.0).filter(|level| level.is_finite())
    });
    let metrics = reported.iter().filter(|given| !is_level(given));
    let report = |given: &Reported| wire::MetricReport {
        name: given.name.clone(),
        value: given.value,
        level,
    };
    metrics.map(report).collect()
}

async fn in_store(
    args: &ReportArgs,
    context: &Context,
    reports: Vec<wire::MetricReport>,
) -> Result<wire::Stop> {
    let (store, id) = context.stored(&args.name).await?;
    let reports: Vec<ClientReport> = reports.into_iter().map(Into::into).collect();
    let work = async |service: &tune_experiments::service::Service| match reports.is_empty() {
        true => service.heartbeat(id, args.number).await,
        false => service.report(id, args.number, reports.clone()).await,
    };
    Ok(in_process::call(context, store, work).await?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_belongs_to_all_metrics_beside_it() {
        let words = ["loss=0.3", "epoch=4", "f1=-inf"];
        let words: Vec<Reported> = words.iter().map(|word| reported(word).unwrap()).collect();
        let reports = at_one_level(&words);
        assert_eq!(reports.len(), 2);
        assert_eq!(reports[0].level, Some(4.0));
        assert_eq!(reports[1].value, wire::Number(f64::NEG_INFINITY));
        assert_eq!(at_one_level(&words[..1])[0].level, None);
    }

    #[test]
    fn what_is_no_metric_is_refused() {
        for text in ["loss", "=3", "loss=", "loss=high"] {
            assert!(reported(text).is_err(), "{text}");
        }
    }
}
