//! Drives an experiment and shows it meanwhile: what `tune run` and `tune resume` have in common.

use super::backend::Backend;
use super::context::Context;
use super::follow::{Follower, Since};
use super::outcome::conclude;
use super::setup::setup;
use super::signals;
use crate::error::Failure;
use crate::exit;
use crate::terminal::result;
use anyhow::Result;
use clap::Args;
use std::str::FromStr;
use tokio::sync::{oneshot, watch};
use tune_experiments::controller::{self, DriveError};
use tune_experiments::spec::Experiment;
use tune_experiments::store::{ExperimentRecord, Store, StoreError};

/// How to run, and how to show it.
#[derive(Args, Debug)]
pub struct DriveArgs {
    /// At most so many processes at once [default: as many as the experiment can use]
    #[arg(long, value_name = "N", value_parser = positive::<usize>)]
    processes: Option<usize>,
    /// Print what becomes of the experiment, its trials and steps as JSON lines
    #[arg(long)]
    pub json: bool,
}

impl DriveArgs {
    /// How many processes a server runs is its own business.
    pub fn refuse_for_server(&self) -> Result<()> {
        match self.processes {
            None => Ok(()),
            Some(_) => Err(Failure::new("--processes has no meaning at a server")
                .hint("`tune serve --slots N` says how many steps it runs at once")
                .code(exit::USAGE)
                .into()),
        }
    }
}

/// A whole number that is at least 1.
pub fn positive<N: FromStr + PartialOrd + Default>(text: &str) -> Result<N, String> {
    match text.parse() {
        Ok(number) if number > N::default() => Ok(number),
        _ => Err("a whole number from 1 on is needed".to_owned()),
    }
}

/// Fails when another process drives the experiment.
pub async fn refuse_if_driven(
    context: &Context,
    backend: &Backend,
    record: &ExperimentRecord,
) -> Result<()> {
    match backend.is_driven(record).await? {
        true => Err(in_use(&context.tune, &record.name).into()),
        false => Ok(()),
    }
}

/// Drives the experiment to its end, or until a signal comes. The answer is the exit code.
pub async fn drive(
    context: &Context,
    store: Store,
    record: ExperimentRecord,
    experiment: Experiment,
    args: &DriveArgs,
) -> Result<u8> {
    let (control, listening) = signals::listen()?;
    let (progress, seen) = watch::channel(0);
    let setup = setup(context, store.clone(), &experiment, args.processes)?;
    let backend = Backend::Store(store);
    let follower = Follower::new(
        backend.clone(),
        record.clone(),
        experiment.clone(),
        Since::Now,
        Some(seen),
        context,
        args.json,
    );
    let display = follower.await?;
    let (end, until) = oneshot::channel();
    let shown = on_a_thread_of_its_own(display.follow(control.clone(), until))?;
    let driven = Box::pin(controller::drive(&setup, record.id, control, &progress)).await;
    // When the display has ended already, nobody has to be told.
    let _ = end.send(());
    // The display first: what it still has to show belongs above the result.
    if let Err(error) = shown.await.unwrap_or(Ok(())) {
        context.say(&format!("the display failed: {error:#}"));
    }
    listening.abort();
    signals::leave_at_once()?;
    driven.map_err(|error| refused(error, &context.tune, &record.name))?;
    let record = context.experiment(&backend, &record.name).await?;
    conclude(context, &backend, &record, &experiment, args.json).await
}

/// Runs the display: a reader that does not read, or a terminal that is held, must hold up nothing but the display.
fn on_a_thread_of_its_own(
    display: impl Future<Output = Result<()>> + Send + 'static,
) -> Result<oneshot::Receiver<Result<()>>> {
    let (done, ended) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("display".to_owned())
        .spawn(move || {
            // Nobody waits any more when the user has left.
            let _ = done.send(runtime.block_on(display));
        })?;
    Ok(ended)
}

fn refused(error: DriveError, tune: &str, name: &str) -> anyhow::Error {
    match error {
        DriveError::Store(StoreError::InUse) => in_use(tune, name).into(),
        error => error.into(),
    }
}

fn in_use(tune: &str, name: &str) -> Failure {
    Failure::new(format!("`{name}` is being run by another process")).hint(format!(
        "`{tune} show {}` shows how far it is",
        result::shell_word(name)
    ))
}
