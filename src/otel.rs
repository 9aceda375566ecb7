//! Spans for an OpenTelemetry collector: of experiments, trials, steps and requests, over HTTP, to where the usual variables of
//! OpenTelemetry say. Only with the feature `otel`; without an address in the environment nothing is sent.

use anyhow::{Context as _, Result};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Key, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::pin::Pin;
use std::sync::OnceLock;
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::rustls::crypto::ring;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

/// Any of them says where the collector is.
const ADDRESSES: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// What hands spans on, if the environment says where to.
///
/// # Errors
/// When the address is none, or the system has no room for a thread.
pub fn layer<S>() -> Result<Option<impl Layer<S>>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    if !is_wanted(|name| std::env::var(name).ok()) {
        return Ok(None);
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new()?)
        .build()
        .context("spans cannot be sent to the OpenTelemetry collector")?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource())
        .build();
    let provider = PROVIDER.get_or_init(|| provider);
    let own = Targets::new()
        .with_target("tune", LevelFilter::INFO)
        .with_target("tune_experiments", LevelFilter::INFO);
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("tune"));
    Ok(Some(spans.with_filter(own)))
}

/// Sends what has not been sent yet; a collector that does not answer costs a few seconds, and no more.
pub fn end() {
    if let Some(Err(error)) = PROVIDER.get().map(SdkTracerProvider::shutdown) {
        tracing::warn!(%error, "spans could not be sent");
    }
}

fn is_wanted(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &&str| variable(name).is_some_and(|value| !value.trim().is_empty());
    let off = variable("OTEL_SDK_DISABLED").is_some_and(|it| it.eq_ignore_ascii_case("true"));
    !off && ADDRESSES.iter().any(is_set)
}

/// Who sends the spans: what the environment says, else `tune`.
fn resource() -> Resource {
    let name = Key::from_static_str("service.name");
    let found = Resource::builder().build();
    let is_named = found
        .get(&name)
        .is_some_and(|it| !it.as_str().starts_with("unknown_service"));
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_attribute(version);
    match is_named {
        true => resource.build(),
        false => resource.with_service_name("tune").build(),
    }
}

/// The HTTP client of the whole program, for a library that waits for answers on a thread of its own, outside any runtime.
#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    runtime: Runtime,
}

impl Client {
    fn new() -> Result<Self> {
        // Another part of the program may have chosen it already.
        let _ = ring::default_provider().install_default();
        let mut runtime = Builder::new_multi_thread();
        runtime.worker_threads(1).thread_name("otel").enable_all();
        Ok(Self {
            client: reqwest::Client::builder().build()?,
            runtime: runtime.build()?,
        })
    }
}

impl HttpClient for Client {
    // What the attribute `async_trait` would make of an `async fn`.
    fn send_bytes<'client, 'sending>(
        &'client self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'sending>>
    where
        'client: 'sending,
        Self: 'sending,
    {
        let client = self.client.clone();
        let sent = self
            .runtime
            .spawn(async move { send(&client, request).await });
        Box::pin(async move { sent.await? })
    }
}

async fn send(
    client: &reqwest::Client,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let answer = client.execute(request.try_into()?).await?;
    let mut response = Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        headers.clone_from(answer.headers());
    }
    Ok(response.body(answer.bytes().await?)?)
}

#[cfg(test)]
mod tests {
    use super::is_wanted;

    #[test]
    fn spans_are_sent_only_where_somebody_said_where_to() {
        let wanted = |set: &[(&str, &str)]| {
            is_wanted(|name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let address = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        assert!(wanted(&[address]));
        assert!(wanted(&[(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "http://localhost:4318/v1/traces"
        )]));
        assert!(!wanted(&[]));
        assert!(!wanted(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]));
        assert!(!wanted(&[address, ("OTEL_SDK_DISABLED", "true")]));
    }
}
