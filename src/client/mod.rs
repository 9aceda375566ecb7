//! A server's interface as methods: for the command line, which works on a server as it does on a store. Answers become the records of the
//! store again, problems become errors with the server's own hints. What is shown of them is `cli`'s.

mod asking;
mod error;
mod events;
mod experiments;
mod notes;
mod request;
mod sse;
#[cfg(test)]
mod tests;
mod tokens;
mod trials;

pub use error::ClientError;
pub use events::{Events, Piece};
pub use trials::Log;

use anyhow::{Context as _, Result};
use reqwest::Url;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// Where a server is and how it is spoken to.
#[derive(Clone, Debug)]
pub struct Address {
    /// Its URL.
    pub url: Url,
    /// What it lets its holder do there.
    pub token: Option<Token>,
    /// Whose certificates are trusted beside those that the system trusts: a PEM file.
    pub ca_cert: Option<PathBuf>,
}

/// A token, which is never shown.
#[derive(Clone)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// A server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    address: Arc<Address>,
}

impl Client {
    /// The server at that address; nothing is sent yet.
    pub fn new(address: Address) -> Result<Self> {
        // It fails where another part of the program has done it already, which is as well.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .user_agent(concat!("tune/", env!("CARGO_PKG_VERSION")))
            // A server on this machine or in this network is not reached through a proxy by surprise.
            .no_proxy();
        for certificate in certificates(address.ca_cert.as_deref())? {
            http = http.add_root_certificate(certificate);
        }
        Ok(Self {
            http: http.build().context("cannot speak HTTP")?,
            address: Arc::new(address),
        })
    }

    /// Where it is, as the user said it.
    pub fn url(&self) -> &str {
        self.address.url.as_str().trim_end_matches('/')
    }

    /// The address of something below `/api/v1`.
    fn at(&self, path: &[&str]) -> Url {
        let mut url = self.address.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        url
    }
}

/// The certificates of a PEM file, if one is named.
pub fn certificates(file: Option<&Path>) -> Result<Vec<reqwest::Certificate>> {
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let cannot = || format!("cannot read certificates from {}", file.display());
    let text = std::fs::read(file).with_context(cannot)?;
    reqwest::Certificate::from_pem_bundle(&text).with_context(cannot)
}

/// Reads the URL of a server.
pub fn url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| "write a URL, as in http://127.0.0.1:8863".to_owned())
}
