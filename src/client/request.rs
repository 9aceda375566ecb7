//! One request and its answer: sent again where that is safe and the server asks for patience, and read as what it should be.

use super::{Client, ClientError};
use crate::wire::Problem;
use reqwest::header::RETRY_AFTER;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 6;
/// And how often to a server that does not answer.
const UNANSWERED: u32 = 3;
/// No longer pause than this between two of them, whatever the server says.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long an answer may take, unless it is a stream.
const ANSWER: Duration = Duration::from_secs(60);
/// The media type of JSON.
const JSON: &str = "application/json";

impl Client {
    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.http.request(method, url);
        match &self.address.token {
            Some(token) => request.bearer_auth(&token.0),
            None => request,
        }
    }

    /// Reads something.
    pub(super) async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, ClientError> {
        let request = self.request(Method::GET, url).timeout(ANSWER);
        self.read(self.patiently(request).await?).await
    }

    /// Reads something that may not be there.
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        url: Url,
    ) -> Result<Option<T>, ClientError> {
        match self.get(url).await {
            Err(error) if error.status() == Some(404) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Has something done that is the same when it is done twice.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        url: Url,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let request = self.with_json(self.request(Method::POST, url), body);
        self.read(self.patiently(request).await?).await
    }

    /// Has something done that must not be done twice.
    pub(super) async fn post_once<T: DeserializeOwned>(
        &self,
        url: Url,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let request = self.with_json(self.request(Method::POST, url), body);
        let answered = self.once(request).await?;
        self.read(self.accept(answered).await?).await
    }

    /// Has something done that needs no words.
    pub(super) async fn order<T: DeserializeOwned>(&self, url: Url) -> Result<T, ClientError> {
        let request = self.request(Method::POST, url).timeout(ANSWER);
        self.read(self.patiently(request).await?).await
    }

    pub(super) fn with_json(
        &self,
        request: RequestBuilder,
        body: &impl Serialize,
    ) -> RequestBuilder {
        request.timeout(ANSWER).json(body)
    }

    /// Sends it, and again while the server cannot answer now, or for a moment when there is no answer at all.
    pub(super) async fn patiently(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let mut attempt = 1;
        loop {
            let Some(again) = request.try_clone() else {
                return self.accept(self.once(request).await?).await;
            };
            let sent = again.send().await;
            let pause = match &sent {
                Ok(response) => pause(response, attempt).filter(|_| attempt < ATTEMPTS),
                // Whoever has waited for an answer for a minute has waited enough.
                Err(error) if error.is_timeout() => None,
                Err(_) => (attempt < UNANSWERED).then(|| usual(attempt)),
            };
            match (pause, sent) {
                (Some(pause), _) => tokio::time::sleep(pause).await,
                (None, Ok(response)) => return self.accept(response).await,
                (None, Err(error)) => return Err(self.unreachable(error)),
            }
            attempt += 1;
        }
    }

    async fn once(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        request
            .send()
            .await
            .map_err(|error| self.unreachable(error))
    }

    /// The answer, unless it is a problem.
    async fn accept(&self, response: Response) -> Result<Response, ClientError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = response
            .bytes()
            .await
            .map_err(|error| self.unreachable(error))?;
        match serde_json::from_slice::<Problem>(&text) {
            Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
            Err(_) => Err(self.strange(format!("it says {status}"))),
        }
    }

    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        response: Response,
    ) -> Result<T, ClientError> {
        let kind = response.headers().get(reqwest::header::CONTENT_TYPE);
        if !kind.is_some_and(|kind| kind.as_bytes().starts_with(JSON.as_bytes())) {
            return Err(self.strange("its answer is no JSON".to_owned()));
        }
        let text = response
            .bytes()
            .await
            .map_err(|error| self.unreachable(error))?;
        serde_json::from_slice(&text)
            .map_err(|error| self.strange(format!("its answer has another form: {error}")))
    }

    pub(super) fn unreachable(&self, source: reqwest::Error) -> ClientError {
        ClientError::Unreachable {
            server: self.url().to_owned(),
            source: source.without_url(),
        }
    }

    fn strange(&self, what: String) -> ClientError {
        ClientError::Strange {
            server: self.url().to_owned(),
            what,
        }
    }
}

/// How long to wait before asking again, if the answer says that it is worth it.
fn pause(response: &Response, attempt: u32) -> Option<Duration> {
    let worth = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::BAD_GATEWAY,
    ];
    let wanted = response.headers().get(RETRY_AFTER);
    let wanted = wanted.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    let wanted = wanted.map(Duration::from_secs);
    worth
        .contains(&response.status())
        .then(|| wanted.unwrap_or_else(|| usual(attempt)).min(LONGEST_PAUSE))
}

/// The pause after an attempt, where the server does not say.
fn usual(attempt: u32) -> Duration {
    Duration::from_millis(100 << attempt.min(6))
}
