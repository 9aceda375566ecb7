//! What a client is told when its request was not done: a problem document (RFC 9457) with a stable type, the same everywhere, from a
//! mistyped path to a store that is away.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tune_experiments::spec::{Difference, SpecError};

use crate::wire;

/// The media type of problem documents.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The kinds of problems. Their types never change; titles may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The body, a parameter of the path or of the query is not what the description says.
    BadRequest,
    /// No token, or none that is known.
    Unauthorized,
    /// The token allows less.
    Forbidden,
    /// Without tokens: a request that does not come from this machine's user.
    ForeignRequest,
    /// There is nothing at that address.
    NotFound,
    /// The address exists, but not with that method.
    MethodNotAllowed,
    /// The name belongs to an experiment that says something else.
    NameTaken,
    /// It contradicts what is.
    Conflict,
    /// The body is larger than what is read.
    TooLarge,
    /// The body is of a type that is not understood.
    UnsupportedMediaType,
    /// The experiment document has problems; each is listed.
    InvalidExperiment,
    /// Well formed, but it makes no sense for this experiment.
    Invalid,
    /// The token's rate, or the number of requests at once, is used up.
    TooManyRequests,
    /// Something inside failed.
    Internal,
    /// Another process drives the experiment and cannot be reached.
    DriverUnavailable,
    /// The store cannot be reached, for now.
    StoreUnavailable,
    /// The server is about to end.
    ShuttingDown,
    /// It took too long.
    Timeout,
}

impl Kind {
    /// Every kind: the page lists them.
    #[cfg(test)]
    pub const ALL: [Self; 18] = [
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::ForeignRequest,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NameTaken,
        Self::Conflict,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidExperiment,
        Self::Invalid,
        Self::TooManyRequests,
        Self::Internal,
        Self::DriverUnavailable,
        Self::StoreUnavailable,
        Self::ShuttingDown,
        Self::Timeout,
    ];

    /// The last part of its type, its status, its title.
    fn row(self) -> (&'static str, StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::BadRequest => ("bad-request", S::BAD_REQUEST, "the request is malformed"),
            Self::Unauthorized => ("unauthorized", S::UNAUTHORIZED, "a valid token is needed"),
            Self::Forbidden => ("forbidden", S::FORBIDDEN, "the token does not allow this"),
            Self::ForeignRequest => (
                "foreign-request",
                S::FORBIDDEN,
                "the request comes from another site",
            ),
            Self::NotFound => ("not-found", S::NOT_FOUND, "there is nothing here"),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                S::METHOD_NOT_ALLOWED,
                "this cannot be done here",
            ),
            Self::NameTaken => ("name-taken", S::CONFLICT, "the name is taken"),
            Self::Conflict => ("conflict", S::CONFLICT, "it contradicts what is"),
            Self::TooLarge => ("too-large", S::PAYLOAD_TOO_LARGE, "the body is too large"),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                S::UNSUPPORTED_MEDIA_TYPE,
                "the body is of another type than is read here",
            ),
            Self::InvalidExperiment => (
                "invalid-experiment",
                S::UNPROCESSABLE_ENTITY,
                "the experiment has problems",
            ),
            Self::Invalid => ("invalid", S::UNPROCESSABLE_ENTITY, "it makes no sense here"),
            Self::TooManyRequests => (
                "too-many-requests",
                S::TOO_MANY_REQUESTS,
                "too many requests",
            ),
            Self::Internal => ("internal", S::INTERNAL_SERVER_ERROR, "something failed"),
            Self::DriverUnavailable => (
                "driver-unavailable",
                S::SERVICE_UNAVAILABLE,
                "the process that drives the experiment cannot be reached",
            ),
            Self::StoreUnavailable => (
                "store-unavailable",
                S::SERVICE_UNAVAILABLE,
                "the store cannot be reached",
            ),
            Self::ShuttingDown => (
                "shutting-down",
                S::SERVICE_UNAVAILABLE,
                "the server is shutting down",
            ),
            Self::Timeout => ("timeout", S::SERVICE_UNAVAILABLE, "it took too long"),
        }
    }

    /// Its type: a stable address, relative to the server.
    pub fn address(self) -> String {
        format!("/problems/{}", self.row().0)
    }

    /// Its status.
    pub fn status(self) -> StatusCode {
        self.row().1
    }
}

/// A problem on its way to the client.
#[derive(Clone, Debug)]
pub struct Problem {
    // Behind a pointer: it is the rare case of many results.
    inner: Box<Inner>,
}

/// See [`Problem`].
#[derive(Clone, Debug)]
struct Inner {
    kind: Kind,
    detail: String,
    hints: Vec<String>,
    problems: Vec<wire::FileProblem>,
    differences: Vec<wire::Difference>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of that kind; `detail` says what was wrong with this request.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let inner = Inner {
            kind,
            detail: detail.into(),
            hints: Vec::new(),
            problems: Vec::new(),
            differences: Vec::new(),
            headers: Vec::new(),
        };
        Self {
            inner: Box::new(inner),
        }
    }

    /// What the client can do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.inner.hints.push(hint.into());
        self
    }

    /// When it is worth trying again, in seconds.
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(RETRY_AFTER, &seconds.to_string())
    }

    /// How a token is to be sent.
    pub fn ask_for_token(self) -> Self {
        self.header(WWW_AUTHENTICATE, "Bearer realm=\"tune\"")
    }

    fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.inner.headers.push((name, value));
        }
        self
    }

    /// Everything that is wrong with a submitted document.
    pub fn invalid_experiment(error: &SpecError) -> Self {
        let mut problem = Self::new(Kind::InvalidExperiment, error.to_string());
        let problems = error.problems.iter();
        problem.inner.problems = problems.map(wire::FileProblem::from).collect();
        problem
    }

    /// The name belongs to an experiment that says something else; in what they differ.
    pub fn different(name: &str, differences: Vec<Difference>) -> Self {
        let detail = format!("experiment `{name}` exists and is another one");
        let mut problem = Self::new(Kind::NameTaken, detail);
        let differences = differences.into_iter();
        problem.inner.differences = differences.map(wire::Difference::from).collect();
        problem
    }

    /// The same, of another kind.
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.inner.kind = kind;
        self
    }

    /// There is nothing of that kind and name.
    pub fn missing(what: &str, name: &str) -> Self {
        Self::new(Kind::NotFound, format!("there is no {what} `{name}`"))
    }

    /// What kind it is.
    pub fn kind(&self) -> Kind {
        self.inner.kind
    }

    fn document(&self) -> wire::Problem {
        let (_, status, title) = self.inner.kind.row();
        wire::Problem {
            kind: self.inner.kind.address(),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: Some(self.inner.detail.clone()),
            hints: self.inner.hints.clone(),
            problems: self.inner.problems.clone(),
            differences: self.inner.differences.clone(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // A document of texts and numbers always has a JSON form.
        let body = serde_json::to_vec(&self.document()).unwrap_or_default();
        let mut response = (self.inner.kind.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.extend(self.inner.headers);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn the_page_lists_every_kind() {
        let page = include_str!("../../docs/http.md");
        for kind in Kind::ALL {
            let row = format!("| `{}` | {} |", kind.address(), kind.status().as_u16());
            assert!(page.contains(&row), "{row}");
        }
    }
}
