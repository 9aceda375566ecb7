//! `tune ui`: the dashboard of a store, or of a server, in the browser.

use super::browser;
use super::context::Context;
use super::looking::{Looking, door};
use super::serve::{self, ServeArgs};
use super::signals;
use crate::exit;
use anyhow::Result;
use clap::Args;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;
use tune_experiments::controller::Control;
use tune_experiments::store::{Presence, Store, StoreError};

/// All signs but those of which names of experiments are made.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

const LOOKS_ON: &str =
    "another process works on this store: everything can be seen, nothing changed";
const ONLY_READS: &str = "the store can only be read: everything can be seen, nothing changed";
const TAKES_OVER: &str =
    "no other process works on this store any more: experiments can be begun and steered";

/// How soon it is noticed that another process has ended.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Open the dashboard in the browser
///
/// Until Ctrl-C, experiments can be seen, begun and steered there, as at `tune serve`; what was running when its process died goes on.
/// While another process works on the store (in PostgreSQL: runs experiments of it), everything can be seen and nothing changed until it
/// ends. With --server, opens that server's.
#[derive(Args, Debug)]
pub struct UiArgs {
    /// The experiment to show [default: all]
    name: Option<String>,
    /// The port to serve it at; only this machine is answered [default: a free one]
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 0,
        hide_default_value = true
    )]
    port: u16,
}

pub async fn run(args: UiArgs, context: Context) -> Result<u8> {
    let page = page(args.name.as_deref());
    if let Some(server) = context.server_url() {
        let url = format!("{server}{page}");
        context.print(&format!("{url}\n"))?;
        browser::open(&url);
        return Ok(exit::SUCCEEDED);
    }
    let store = context.store().await?;
    if let Some(name) = &args.name {
        context.stored(name).await?;
    }
    if store.is_read_only() {
        let never = std::future::pending();
        look_on(&args, &page, ONLY_READS, never, &context).await?;
        return Ok(exit::SUCCEEDED);
    }
    if let Some(_presence) = store.attend_alone().await? {
        let args = ServeArgs::at_port(args.port)?;
        drop(store);
        let open = |context: &Context, url: &str| {
            serve::said(context, url)?;
            browser::open(&format!("{url}{page}"));
            Ok(())
        };
        return serve::serve(args, context, open).await;
    }
    match look_on(&args, &page, LOOKS_ON, alone(&store), &context).await? {
        None => Ok(exit::SUCCEEDED),
        // At the same address: pages that are open find the new server there, and that more can be done.
        Some((port, _presence)) => {
            drop(store);
            let say = |context: &Context, _: &str| {
                context.say(TAKES_OVER);
                Ok(())
            };
            serve::serve(ServeArgs::at_port(port)?, context, say).await
        }
    }
}

/// Where an experiment is shown; all of them without a name.
pub fn page(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("/experiments/{}", utf8_percent_encode(name, ESCAPED)),
        None => "/".to_owned(),
    }
}

/// Shows what is in the store, until a signal comes or this process works on it `alone`: then the port is told.
async fn look_on(
    args: &UiArgs,
    page: &str,
    why: &str,
    alone: impl Future<Output = Result<Presence>>,
    context: &Context,
) -> Result<Option<(u16, Presence)>> {
    let (mut control, listening) = signals::listen()?;
    let looking = Looking::begin(context, door(args.port)?)?;
    context.print(&format!("{}\n", looking.url))?;
    context.say(why);
    looking.open(page);
    let taken = tokio::select! {
        () = signals::wanted(&mut control, Control::Drain) => None,
        presence = alone => Some((looking.port, presence?)),
    };
    looking.end().await?;
    listening.abort();
    Ok(taken)
}

/// Until no other process works on the store. Nobody tells of it: a process may end without a word.
async fn alone(store: &Store) -> Result<Presence> {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match store.attend_alone().await {
            Ok(Some(presence)) => return Ok(presence),
            // A database that is away for a moment comes back, and with it whoever drives.
            Ok(None) | Err(StoreError::Unavailable(_) | StoreError::Busy) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
