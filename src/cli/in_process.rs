//! A service for one call: what a server would do, done by this process on a store that no server drives. Processes that do so at the same
//! time take turns.

use super::context::Context;
use super::setup::without_processes;
use crate::error::Failure;
use anyhow::Result;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tune_experiments::service::{Service, ServiceError};
use tune_experiments::store::Store;

/// How long to wait for others that are at it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two attempts; they differ from process to process, so that none is always too late.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Does something that needs the experiment to be driven, and lets go of it.
pub async fn call<T>(
    context: &Context,
    store: Store,
    work: impl AsyncFn(&Service) -> Result<T, ServiceError>,
) -> Result<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        let service = Service::new(without_processes(&context.directory, store.clone())?);
        let result = work(&service).await;
        service.shutdown(Duration::ZERO).await;
        match result {
            Err(ServiceError::DrivenElsewhere(None)) if Instant::now() < until => {
                sleep(pause()).await;
            }
            Err(error) => return Err(refused(error)),
            Ok(done) => return Ok(done),
        }
    }
}

fn pause() -> Duration {
    let mut byte = [0];
    // Without random numbers the pause is the same each time, and still a pause.
    let _ = getrandom::fill(&mut byte);
    let share = u32::from(byte[0]) + 1;
    SHORTEST_PAUSE + (LONGEST_PAUSE - SHORTEST_PAUSE) * share / 256
}

fn refused(error: ServiceError) -> anyhow::Error {
    match error {
        ServiceError::DrivenElsewhere(Some(address)) => {
            Failure::new("a server drives the experiment")
                .hint(format!("ask it: --server {address}"))
                .into()
        }
        error => error.into(),
    }
}
