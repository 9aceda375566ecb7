//! `tune watchdog`: ends the processes of steps when the `tune` process that started them is gone. Started by the local engine.

use crate::exit;
use anyhow::Result;
use clap::Args;

/// End the processes of steps when the process that started them is gone
#[derive(Args, Debug)]
pub struct WatchdogArgs {}

pub fn run(WatchdogArgs {}: &WatchdogArgs) -> Result<u8> {
    tune_experiments::engine::watchdog::run()?;
    Ok(exit::SUCCEEDED)
}
