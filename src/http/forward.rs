//! Requests for an experiment that another process on the same store drives: they are passed on to that process, with the client's
//! credentials, and its answer is handed back.

use super::App;
use super::access::session;
use super::failures::{Elsewhere, driver_unavailable};
use super::input::read;
use crate::client::certificates;
use anyhow::Result;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::path::Path;
use std::time::Duration;
use tokio_rustls::rustls::crypto::ring;

/// Marks a request that has been passed on: it is not passed on again.
const FORWARDED: HeaderName = HeaderName::from_static("x-tune-forwarded");

/// What of a request is passed on.
const REQUEST_HEADERS: [HeaderName; 5] = [
    ACCEPT,
    AUTHORIZATION,
    CONTENT_TYPE,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("x-request-id"),
];
/// And of an answer.
const RESPONSE_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, LOCATION, RETRY_AFTER];

/// A process that does not answer is gone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Passes requests on.
pub struct Forwarder {
    client: reqwest::Client,
}

impl Forwarder {
    /// Gives up on a process that does not answer in `time`; trusts the certificates of `ca_cert` too.
    pub fn new(time: Duration, ca_cert: Option<&Path>) -> Result<Self> {
        // Another part of the program may have chosen it already.
        let _ = ring::default_provider().install_default();
        let mut client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(time)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        for certificate in certificates(ca_cert)? {
            client = client.add_root_certificate(certificate);
        }
        Ok(Self {
            client: client.build()?,
        })
    }

    async fn pass_on(
        &self,
        address: &str,
        parts: Parts,
        body: Bytes,
    ) -> Result<Response, reqwest::Error> {
        let path = parts.uri.path_and_query().map_or("/", |it| it.as_str());
        let url = format!("{}{path}", address.trim_end_matches('/'));
        let mut headers = chosen(&parts.headers, &REQUEST_HEADERS);
        if !headers.contains_key(AUTHORIZATION) {
            headers.extend(credentials(&parts.headers));
        }
        headers.insert(FORWARDED, HeaderValue::from_static("1"));
        let answer = self
            .client
            .request(parts.method, url)
            .headers(headers)
            .body(body)
            .send()
            .await?;
        let (status, headers) = (answer.status(), chosen(answer.headers(), &RESPONSE_HEADERS));
        Ok((status, headers, answer.bytes().await?).into_response())
    }
}

/// Only requests that change something need the driver.
pub async fn forward(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = match read(&parts.headers, body, app.limits.body).await {
        Ok(body) => body,
        Err(problem) => return problem.into_response(),
    };
    let copy = Request::from_parts(parts.clone(), Body::from(body.clone()));
    let mut response = next.run(copy).await;
    match Elsewhere::take(response.extensions_mut()) {
        Some(Elsewhere(Some(address))) if !parts.headers.contains_key(FORWARDED) => {
            let answer = app.forwarder.pass_on(&address, parts, body).await;
            answer.unwrap_or_else(|error| {
                tracing::info!(%error, address, "the driver of an experiment cannot be reached");
                driver_unavailable().into_response()
            })
        }
        _ => response,
    }
}

/// The token that a browser carries. Its cookie would mean nothing to the other process, which is another host to it; that the request
/// comes from this server's own pages has been looked at here.
fn credentials(headers: &HeaderMap) -> Option<(HeaderName, HeaderValue)> {
    let token = session::token(headers)?;
    let bearer = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    Some((AUTHORIZATION, bearer))
}

fn chosen(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let found = names
        .iter()
        .filter_map(|name| Some((name.clone(), headers.get(name)?.clone())));
    found.collect()
}
