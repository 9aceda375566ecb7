//! `tune serve`: drives many experiments and answers for them over HTTP, until a signal comes.

use super::context::Context;
use super::drive::positive;
use super::setup::shared_setup;
use super::signals;
use crate::error::Failure;
use crate::exit;
use crate::http::{self, App, Limits, Numbers, Parts};
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tune_experiments::controller::Control;
use tune_experiments::service::Service;
use tune_experiments::store::Store;

/// Run experiments for others, over HTTP
///
/// Experiments are submitted, followed and steered through the interface that /api/docs describes. Without tokens only this
/// machine is answered; `tune token create` makes one.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8863")]
    listen: SocketAddr,
    /// At most so many steps at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = positive::<usize>)]
    slots: Option<usize>,
    /// What relative paths of submitted experiments start from [default: the current directory]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Where other servers on the same store reach this one [default: the address it listens at]
    #[arg(long, value_name = "URL")]
    advertise: Option<String>,
    /// How long running steps may go on when the server is asked to end
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    grace: Duration,
    /// Certificate chain, PEM: answer HTTPS only
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The form of the messages on standard error
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// Largest body of a request, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 8 << 20, value_parser = positive::<usize>)]
    max_body: usize,
    /// How long an answer may take to begin
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// At most so many requests at once
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = positive::<usize>)]
    max_requests: usize,
    /// At most so many requests a second with one token
    #[arg(long, value_name = "N", default_value = "5000")]
    rate: NonZeroU32,
}

/// The forms of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// For programs: one JSON object per line
    Json,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = tune_experiments::spec::parse_duration(text);
    parsed.map_err(|what| format!("it {what}; write 30s or 1h30m"))
}

pub async fn run(args: ServeArgs, context: Context) -> Result<u8> {
    log_panics();
    let tls = tls(&args)?;
    let store = context.create_store().await?;
    refuse_open_door(&args, &store).await?;
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen at {}", args.listen))?;
    let address = url(listener.local_addr()?, tls.is_some());
    let numbers = Numbers::new();
    let service = service(&args, &context, &store, &address, &numbers)?;
    let (stop, stopping) = watch::channel(false);
    let (close, closing) = watch::channel(false);
    let app = App::new(Parts {
        store,
        service: service.clone(),
        directory: directory(&args)?,
        limits: limits(&args),
        numbers,
        stopping,
        closing: closing.clone(),
    })?;
    let serving = tokio::spawn(http::serve(listener, tls, http::router(app), closing));
    // Before anybody knows that the server is there.
    let signals = signals::listen()?;
    context.print(&format!("{address}\n"))?;
    let result = work(&service, &stop, args.grace, signals).await;
    close.send_replace(true);
    serving.await.context("the server has failed")?;
    result.map(|()| exit::SUCCEEDED)
}

/// Drives experiments until a signal comes; then no more work is taken, and running steps may go on for `grace`. A second signal
/// stops them at once.
async fn work(
    service: &Service,
    stop: &watch::Sender<bool>,
    grace: Duration,
    (mut control, listening): (watch::Receiver<Control>, JoinHandle<()>),
) -> Result<()> {
    let ended = tokio::select! {
        ended = service.run() => ended.context("experiments cannot be driven any more"),
        _ = control.wait_for(|wanted| *wanted != Control::Run) => Ok(()),
    };
    stop.send_replace(true);
    tracing::info!(
        "the server takes no more work; running steps have {} s",
        grace.as_secs_f64()
    );
    tokio::select! {
        () = service.shutdown(grace) => {}
        _ = control.wait_for(|wanted| *wanted == Control::Kill) => {
            service.shutdown(Duration::ZERO).await;
        }
    }
    listening.abort();
    ended
}

/// Whoever can reach another address than this machine's own must have a token.
async fn refuse_open_door(args: &ServeArgs, store: &Store) -> Result<()> {
    if args.listen.ip().is_loopback() || store.has_tokens().await? {
        return Ok(());
    }
    let failure = Failure::new(format!(
        "{} can be reached by others, and there are no tokens",
        args.listen
    ))
    .hint("`tune token create --role admin --name NAME` makes one; then every request needs one")
    .hint("--listen 127.0.0.1:8863 answers this machine only")
    .code(exit::USAGE);
    Err(failure.into())
}

fn tls(args: &ServeArgs) -> Result<Option<TlsAcceptor>> {
    let files = args.tls_cert.as_deref().zip(args.tls_key.as_deref());
    files
        .map(|(certificate, key)| http::tls(certificate, key))
        .transpose()
}

fn service(
    args: &ServeArgs,
    context: &Context,
    store: &Store,
    address: &str,
    numbers: &Numbers,
) -> Result<Service> {
    let slots = match args.slots {
        Some(slots) => slots,
        None => std::thread::available_parallelism()?.get(),
    };
    let mut setup = shared_setup(context, store.clone(), slots)?;
    setup.address = Some(args.advertise.clone().unwrap_or_else(|| address.to_owned()));
    setup.observer = Arc::new(numbers.clone());
    Ok(Service::new(setup))
}

fn url(address: SocketAddr, tls: bool) -> String {
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://{address}")
}

fn directory(args: &ServeArgs) -> Result<PathBuf> {
    match &args.directory {
        Some(directory) => directory
            .canonicalize()
            .with_context(|| format!("cannot find {}", directory.display())),
        None => std::env::current_dir().context("the current directory is gone"),
    }
}

fn limits(args: &ServeArgs) -> Limits {
    Limits {
        body: args.max_body,
        time: args.timeout,
        requests: args.max_requests,
        rate: args.rate,
    }
}

/// A panic is a line of the log like any other.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(%panic, "the program has a fault");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_a_url() {
        let address = "127.0.0.1:8863".parse().unwrap();
        assert_eq!(url(address, false), "http://127.0.0.1:8863");
        let address = "[::1]:1".parse().unwrap();
        assert_eq!(url(address, true), "https://[::1]:1");
    }
}
