//! `tune serve`: drives many experiments and answers for them over HTTP, until a signal comes.

use super::context::Context;
use super::drive::positive;
use super::setup::{allow_connections, shared_setup};
use super::signals;
use crate::error::Failure;
use crate::exit;
use crate::http::{self, App, Limits, Numbers, Parts};
use anyhow::{Context as _, Result};
use clap::{Args, FromArgMatches as _, ValueEnum};
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
    /// Where other servers on the same store reach this one [default: the address it listens at]; --ca-cert says whose certificates are
    /// trusted at them
    #[arg(long, value_name = "URL")]
    advertise: Option<String>,
    /// How long running steps may go on when the server is asked to end; those that do are asked to stop 5 s before that (or at half of a
    /// shorter time), and killed then
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
    /// At most so many connections to PostgreSQL, besides a few for what must not wait [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    connections: Option<u32>,
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

impl ServeArgs {
    /// Those of `tune serve` alone.
    pub fn usual() -> Result<Self> {
        Self::read(&[])
    }

    /// The same, at that port; 0 takes a free one.
    pub fn at_port(port: u16) -> Result<Self> {
        Self::read(&["--listen", &format!("127.0.0.1:{port}")])
    }

    fn read(words: &[&str]) -> Result<Self> {
        let command = Self::augment_args(clap::Command::new("serve"));
        let words = ["serve"].iter().chain(words);
        Ok(Self::from_arg_matches(
            &command.try_get_matches_from(words)?,
        )?)
    }

    /// What clients may ask.
    pub fn limits(&self) -> Limits {
        Limits {
            body: self.max_body,
            time: self.timeout,
            requests: self.max_requests,
            rate: self.rate,
        }
    }
}

pub async fn run(args: ServeArgs, context: Context) -> Result<u8> {
    serve(args, context, said).await
}

/// Says where the server is, for people and programs.
pub fn said(context: &Context, url: &str) -> Result<()> {
    context.print(&format!("{url}\n"))
}

/// Serves until a signal comes; `ready` is told where, once it is there.
pub async fn serve(
    args: ServeArgs,
    context: Context,
    ready: impl FnOnce(&Context, &str) -> Result<()>,
) -> Result<u8> {
    log_panics();
    let tls = tls(&args)?;
    refuse_server(&context)?;
    let store = context.create_store_with(args.connections).await?;
    let _presence = store.attend().await?;
    refuse_open_door(&args, &store).await?;
    refuse_nowhere(&args, &store)?;
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen at {}", args.listen))?;
    let bound = listener.local_addr()?;
    let url = address(bound, tls.is_some());
    let reached_at = args
        .advertise
        .clone()
        .or_else(|| reachable(bound, tls.is_some()));
    let numbers = Numbers::new();
    let slots = slots(&args)?;
    let service = service(slots, &context, &store, reached_at, &numbers)?;
    let (stop, stopping) = watch::channel(false);
    let (close, closing) = watch::channel(false);
    let app = App::new(Parts {
        store,
        service: service.clone(),
        directory: directory(&args)?,
        limits: args.limits(),
        ca_cert: context.ca_cert.clone(),
        numbers,
        looks_on: false,
        stopping,
        closing: closing.clone(),
    })?;
    let most = allow_connections(slots);
    let router = http::router(app.clone());
    let serving = tokio::spawn(http::serve(listener, tls, router, most, closing));
    // Before anybody knows that the server is there.
    let signals = signals::listen()?;
    ready(&context, &url)?;
    tokio::spawn(http::read_ahead(app));
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
        () = signals::wanted(&mut control, Control::Drain) => Ok(()),
    };
    stop.send_replace(true);
    tracing::info!(
        "the server takes no more work; running steps have {} s",
        grace.as_secs_f64()
    );
    tokio::select! {
        () = service.shutdown(grace) => {}
        () = signals::wanted(&mut control, Control::Kill) => {
            service.shutdown(Duration::ZERO).await;
        }
    }
    listening.abort();
    ended
}

/// It works on a store itself.
fn refuse_server(context: &Context) -> Result<()> {
    let Some(server) = context.server_url() else {
        return Ok(());
    };
    let failure = Failure::new(format!("a server needs a store of its own, not {server}"))
        .hint("leave out --server, or unset TUNE_SERVER; --store says where the store is")
        .code(exit::USAGE);
    Err(failure.into())
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

/// Servers that share a store pass requests on to each other: each must say where it is.
fn refuse_nowhere(args: &ServeArgs, store: &Store) -> Result<()> {
    if args.advertise.is_some() || !args.listen.ip().is_unspecified() || !store.is_shared() {
        return Ok(());
    }
    let failure = Failure::new(format!(
        "other servers on the same store cannot reach this one at {}",
        args.listen
    ))
    .hint("--advertise URL says where they can, as in --advertise http://HOST:8863")
    .code(exit::USAGE);
    Err(failure.into())
}

/// Where others reach a server that listens there; none for one that listens everywhere, which is the address of no machine.
fn reachable(bound: SocketAddr, tls: bool) -> Option<String> {
    (!bound.ip().is_unspecified()).then(|| address(bound, tls))
}

fn tls(args: &ServeArgs) -> Result<Option<TlsAcceptor>> {
    let files = args.tls_cert.as_deref().zip(args.tls_key.as_deref());
    files
        .map(|(certificate, key)| http::tls(certificate, key))
        .transpose()
}

fn slots(args: &ServeArgs) -> Result<usize> {
    Ok(match args.slots {
        Some(slots) => slots,
        None => std::thread::available_parallelism()?.get(),
    })
}

fn service(
    slots: usize,
    context: &Context,
    store: &Store,
    address: Option<String>,
    numbers: &Numbers,
) -> Result<Service> {
    let mut setup = shared_setup(context, store.clone(), slots)?;
    setup.address = address;
    setup.observer = Arc::new(numbers.clone());
    Ok(Service::new(setup))
}

/// What is at that address, as a URL.
pub fn address(bound: SocketAddr, tls: bool) -> String {
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://{bound}")
}

fn directory(args: &ServeArgs) -> Result<PathBuf> {
    match &args.directory {
        Some(directory) => directory
            .canonicalize()
            .with_context(|| format!("cannot find {}", directory.display())),
        None => std::env::current_dir().context("the current directory is gone"),
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
        let bound = "127.0.0.1:8863".parse().unwrap();
        assert_eq!(address(bound, false), "http://127.0.0.1:8863");
        let bound = "[::1]:1".parse().unwrap();
        assert_eq!(address(bound, true), "https://[::1]:1");
    }

    #[test]
    fn the_usual_arguments_are_those_of_the_command_line() {
        assert_eq!(ServeArgs::usual().unwrap().listen.port(), 8863);
        let other = ServeArgs::at_port(1234).unwrap().listen;
        assert_eq!(other.to_string(), "127.0.0.1:1234");
    }

    #[test]
    fn a_server_that_listens_everywhere_is_nowhere_in_particular() {
        for everywhere in ["0.0.0.0:8863", "[::]:8863"] {
            assert_eq!(reachable(everywhere.parse().unwrap(), false), None);
        }
        let one = "10.0.0.1:8863".parse().unwrap();
        assert_eq!(reachable(one, true).unwrap(), "https://10.0.0.1:8863");
    }
}
