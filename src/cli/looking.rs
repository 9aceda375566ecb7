//! The dashboard of a store on which somebody else works, another part of this process or another process: it shows everything and changes
//! nothing.

use super::browser;
use super::context::Context;
use super::serve::{ServeArgs, address};
use super::setup::{allow_connections, without_processes};
use super::thread;
use crate::http::{self, App, Numbers, Parts};
use anyhow::{Context as _, Result};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use tokio::sync::{oneshot, watch};
use tune_experiments::service::Service;
use tune_experiments::store::{Location, Store};

/// A dashboard that is served meanwhile, to this machine only.
pub struct Looking {
    /// Where it is.
    pub url: String,
    /// The port of that address.
    pub port: u16,
    close: watch::Sender<bool>,
    ended: oneshot::Receiver<Result<()>>,
}

impl Looking {
    /// Serves it on a thread of its own, to those who come to the [`door`].
    pub fn begin(context: &Context, listener: TcpListener) -> Result<Self> {
        listener.set_nonblocking(true)?;
        let bound = listener.local_addr()?;
        let url = address(bound, false);
        let (close, closing) = watch::channel(false);
        let (location, files) = (context.location.clone(), context.directory.clone());
        let serving = move || serve(listener, location, files, closing);
        let ended = thread::of_its_own("dashboard", serving)?;
        Ok(Self {
            url,
            port: bound.port(),
            close,
            ended,
        })
    }

    /// Shows the page, where there is a browser.
    pub fn open(&self, page: &str) {
        browser::open(&format!("{}{page}", self.url));
    }

    /// Connections end.
    pub async fn end(self) -> Result<()> {
        self.close.send_replace(true);
        self.ended.await.context("the dashboard has failed")?
    }
}

/// Where it is going to be served; port 0 takes a free one.
pub fn door(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("cannot listen at port {port}"))
}

async fn serve(
    listener: TcpListener,
    location: Location,
    files: PathBuf,
    closing: watch::Receiver<bool>,
) -> Result<()> {
    // With connections of its own, which belong to this thread.
    let store = Store::connect(&location, &files, false).await?;
    let app = App::new(Parts {
        service: Service::new(without_processes(&files, store.clone())?),
        store,
        directory: files,
        limits: ServeArgs::usual()?.limits(),
        ca_cert: None,
        numbers: Numbers::new(),
        looks_on: true,
        stopping: closing.clone(),
        closing: closing.clone(),
    })?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    http::serve(
        listener,
        None,
        http::router(app),
        allow_connections(0),
        closing,
    )
    .await;
    Ok(())
}
