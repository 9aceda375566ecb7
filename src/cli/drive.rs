//! Drives an experiment and shows it meanwhile: what `tune run` and `tune resume` have in common.

use super::backend::Backend;
use super::browser;
use super::context::Context;
use super::follow::{Follower, Since};
use super::looking::{self, Looking};
use super::outcome::conclude;
use super::setup::setup;
use super::signals;
use super::thread;
use super::ui;
use crate::error::Failure;
use crate::exit;
use crate::terminal::result;
use anyhow::Result;
use clap::Args;
use std::net::TcpListener;
use std::str::FromStr;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tune_experiments::controller::{self, DriveError};
use tune_experiments::spec::Experiment;
use tune_experiments::store::{ExperimentRecord, Store, StoreError};

/// How long a page that is open has to learn of the end.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// How to run, and how to show it.
#[derive(Args, Debug)]
pub struct DriveArgs {
    /// At most so many processes at once [default: as many as the experiment can use]
    #[arg(long, value_name = "N", value_parser = positive::<usize>)]
    processes: Option<usize>,
    /// Print what becomes of the experiment, its trials and steps as JSON lines
    #[arg(long)]
    pub json: bool,
    /// Show it in the browser meanwhile, at this port [default: a free one]
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    pub ui: Option<u16>,
}

impl DriveArgs {
    /// How many processes a server runs, and where its dashboard is, is its own business.
    pub fn refuse_for_server(&self) -> Result<()> {
        let failure = if self.processes.is_some() {
            Failure::new("--processes has no meaning at a server")
                .hint("`tune serve --slots N` says how many steps it runs at once")
        } else if self.ui.is_some_and(|port| port != 0) {
            Failure::new("a server's dashboard is where the server is: a port has no meaning")
                .hint("--ui alone opens it")
        } else {
            return Ok(());
        };
        Err(failure.code(exit::USAGE).into())
    }

    /// Opens the dashboard of the server, if that is wanted.
    pub fn show_at(&self, context: &Context, name: &str) {
        if let (Some(_), Some(server)) = (self.ui, context.server_url()) {
            browser::open(&format!("{server}{}", ui::page(Some(name))));
        }
    }

    /// Where the dashboard is going to be, if one is wanted: to be known before anything is stored, as the port may be taken.
    pub fn door(&self) -> Result<Option<TcpListener>> {
        self.ui.map(looking::door).transpose()
    }

    /// Serves the dashboard meanwhile.
    fn look_on(context: &Context, name: &str, door: TcpListener) -> Result<Looking> {
        let (looking, page) = (Looking::begin(context, door)?, ui::page(Some(name)));
        context.say(&format!(
            "the dashboard is at {}{page} while this runs; `{} ui` opens it afterwards",
            looking.url, context.tune
        ));
        looking.open(&page);
        Ok(looking)
    }

    /// Says where the dashboard is of an experiment in which nothing happens any more, if that is wanted.
    pub fn say_where(&self, context: &Context, name: &str) {
        if self.ui.is_some() {
            let (tune, name) = (&context.tune, result::shell_word(name));
            context.say(&format!("`{tune} ui {name}` opens its dashboard"));
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
    let driven = match backend {
        Backend::Store(store) => store.has_living_driver(record.id).await?,
        Backend::Server(_) => backend.is_driven(record).await?,
    };
    match driven {
        true => Err(in_use(&context.tune, &record.name).into()),
        false => Ok(()),
    }
}

/// Drives the experiment to its end, or until a signal comes, with a dashboard behind the door. The answer is the exit code.
pub async fn drive(
    context: &Context,
    store: Store,
    record: ExperimentRecord,
    experiment: Experiment,
    args: &DriveArgs,
    door: Option<TcpListener>,
) -> Result<u8> {
    let (control, listening) = signals::listen()?;
    let _presence = store.attend().await?;
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
    let look_on = |door| DriveArgs::look_on(context, &record.name, door);
    let looking = door.map(look_on).transpose()?;
    let (end, until) = oneshot::channel();
    // A reader that does not read, or a terminal that is held, must hold up nothing but the display.
    let display = display.follow(control.clone(), until);
    let shown = thread::of_its_own("display", || display)?;
    let driven = Box::pin(controller::drive(&setup, record.id, control, &progress)).await;
    // When the display has ended already, nobody has to be told.
    let _ = end.send(());
    // The display first: what it still has to show belongs above the result.
    if let Err(error) = shown.await.unwrap_or(Ok(())) {
        context.say(&format!("the display failed: {error:#}"));
    }
    listening.abort();
    signals::leave_at_once()?;
    if let Some(looking) = looking {
        tokio::time::sleep(LAST_LOOK).await;
        if let Err(error) = looking.end().await {
            context.say(&format!("the dashboard failed: {error:#}"));
        }
    }
    driven.map_err(|error| refused(error, &context.tune, &record.name))?;
    let record = context.experiment(&backend, &record.name).await?;
    conclude(context, &backend, &record, &experiment, args.json).await
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
