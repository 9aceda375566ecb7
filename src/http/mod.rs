//! The HTTP service: everything the command line can do, for programs and people elsewhere.
//!
//! A request passes, from the outside in: `observe` (its number, log, headers), `limits` (time, crowd), `access` (who may do what),
//! `forward` (to the process that drives the experiment, when that is another one), and the handler in `routes`, which reads it with
//! `input`, asks the service or the store, and answers with the types of `wire`. Whatever goes wrong is told as a `problem`. `feed` brings
//! live events, `description` is the interface as OpenAPI, made of the same code that routes.

pub mod access;
mod conditional;
mod dashboard;
mod description;
mod failures;
mod feed;
mod filter;
mod forward;
mod input;
mod limits;
mod listen;
mod numbers;
mod observe;
mod outlines;
mod patient;
mod problem;
mod reference;
mod routes;
mod signs;
mod specs;
#[cfg(test)]
mod tests;

pub use limits::Limits;
pub use listen::{serve, tls};
pub use numbers::Numbers;
pub use routes::{check_token_name, read_ahead};

use crate::components::BuiltIn;
use access::Access;
use anyhow::Result;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use feed::Feed;
use forward::Forwarder;
use outlines::Outlines;
use problem::{Kind, Problem};
use specs::Specs;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tune_experiments::controller::Layout;
use tune_experiments::service::Service;
use tune_experiments::store::Store;

/// What the server is made of.
pub struct Parts {
    /// Where everything is remembered.
    pub store: Store,
    /// Who drives experiments.
    pub service: Service,
    /// What relative paths of submitted experiments start from.
    pub directory: PathBuf,
    /// What clients may ask.
    pub limits: Limits,
    /// Whose certificates are trusted at other servers on the same store, beside those that the system trusts: a PEM file.
    pub ca_cert: Option<PathBuf>,
    /// What is counted.
    pub numbers: Numbers,
    /// Whether another process works on the store, and this one only shows it.
    pub looks_on: bool,
    /// True once no more work is taken.
    pub stopping: watch::Receiver<bool>,
    /// True once connections are to end.
    pub closing: watch::Receiver<bool>,
}

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

/// See [`App`].
pub struct Inner {
    store: Store,
    service: Service,
    components: BuiltIn,
    layout: Layout,
    directory: PathBuf,
    access: Access,
    feed: Feed,
    outlines: Arc<Outlines>,
    specs: Specs,
    numbers: Numbers,
    limits: Limits,
    places: Semaphore,
    logins: Semaphore,
    forwarder: Forwarder,
    stopping: watch::Receiver<bool>,
    closing: watch::Receiver<bool>,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl App {
    /// Ready to answer.
    pub fn new(parts: Parts) -> Result<Self> {
        let numbers = parts.numbers;
        let news = parts.service.news();
        let inner = Inner {
            components: BuiltIn::new()?,
            layout: Layout::new(parts.store.root())?,
            directory: parts.directory,
            access: Access::new(parts.store.clone(), parts.limits.rate, parts.looks_on),
            feed: Feed::new(parts.store.clone(), news, numbers.clone()),
            outlines: Arc::default(),
            specs: Specs::default(),
            numbers,
            places: Semaphore::new(parts.limits.requests),
            logins: Semaphore::new(limits::LOGINS),
            forwarder: Forwarder::new(parts.limits.time, parts.ca_cert.as_deref())?,
            limits: parts.limits,
            store: parts.store,
            service: parts.service,
            stopping: parts.stopping,
            closing: parts.closing,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}

/// All routes, with everything around them.
pub fn router(app: App) -> Router {
    let (router, _) = description::routes().split_for_parts();
    let with = |app: &App| app.clone();
    router
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(with(&app), forward::forward))
        .layer(from_fn_with_state(with(&app), access::guard))
        // What holds no secret needs no token: a browser must be able to ask for one.
        .merge(dashboard::routes())
        .layer(from_fn_with_state(with(&app), limits::limit))
        .layer(CatchPanicLayer::custom(observe::panicked))
        // More effort would take longer than it saves, also over a slow line.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(axum::middleware::from_fn(observe::harmless))
        .layer(from_fn_with_state(with(&app), observe::observe))
        .with_state(app)
}

async fn nothing_here() -> Response {
    Problem::new(Kind::NotFound, "there is nothing at this address")
        .hint("/api/docs lists what there is")
        .into_response()
}

async fn not_allowed() -> Response {
    Problem::new(
        Kind::MethodNotAllowed,
        "this address does not know that method",
    )
    .hint("the header `allow` names those that it knows")
    .into_response()
}
