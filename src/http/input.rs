//! What a request says, read with answers that help: parts of the path, the query, the body.

use super::App;
use super::problem::{Kind, Problem};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use http_body_util::LengthLimitError;
use serde::de::{
    DeserializeOwned, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::{Deserialize, Deserializer};
use std::error::Error;
use std::fmt;

/// Parts of the path.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, app).await {
            Ok(Path(value)) => Ok(Self(value)),
            // A number that is none names nothing; it is not the client's grammar that is wrong.
            Err(error) if error.status() == StatusCode::BAD_REQUEST => {
                Err(Problem::new(Kind::BadRequest, error.body_text()))
            }
            Err(error) => Err(super::failures::internal(&error)),
        }
    }
}

/// The query. Unknown parameters are refused where `T` denies unknown fields.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => Err(Problem::new(Kind::BadRequest, error.body_text())),
        }
    }
}

/// For routes that read no query: any parameter is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoQuery {}

/// A JSON body: an object.
pub struct Told<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Told<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes = json_body(request, app).await?;
        from_json::<Flat<false>>(&bytes)?;
        from_json(&bytes).map(Self)
    }
}

/// A JSON body: a list of objects.
pub struct ToldMany<T>(pub Vec<T>);

impl<T: DeserializeOwned> FromRequest<App> for ToldMany<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes = json_body(request, app).await?;
        from_json::<Vec<Flat<false>>>(&bytes)?;
        from_json(&bytes).map(Self)
    }
}

async fn json_body(request: Request, app: &App) -> Result<Bytes, Problem> {
    let (parts, body) = request.into_parts();
    match media_type(&parts.headers)?.as_deref() {
        Some("application/json") => read(&parts.headers, body, app.limits.body).await,
        other => Err(unsupported(other, "application/json")),
    }
}

/// Any JSON but lists in the place of objects: serde takes a list of values for an object with those fields, which nobody means. What is
/// `WITHIN` an object may be a list.
struct Flat<const WITHIN: bool>;

impl<'de, const WITHIN: bool> Deserialize<'de> for Flat<WITHIN> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de, const WITHIN: bool> Visitor<'de> for Flat<WITHIN> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, a text, a number, true, false or null")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        while fields.next_entry::<IgnoredAny, Flat<true>>()?.is_some() {}
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        if !WITHIN {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        while elements.next_element::<Flat<false>>()?.is_some() {}
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

/// A body without meaning: nothing, or an empty object, as some clients send where nothing is to be said.
pub struct Nothing;

impl FromRequest<App> for Nothing {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body, app.limits.body).await?;
        match bytes.trim_ascii() {
            b"" | b"{}" => Ok(Self),
            _ => Err(
                Problem::new(Kind::BadRequest, "nothing is read from a body here")
                    .hint("send none"),
            ),
        }
    }
}

/// The media type of the body, without parameters, in lowercase.
pub fn media_type(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| {
        Problem::new(
            Kind::UnsupportedMediaType,
            "the header `content-type` is no text",
        )
    })?;
    let essence = text.split(';').next().unwrap_or_default();
    Ok(Some(essence.trim().to_ascii_lowercase()))
}

/// A body of another type than is read.
pub fn unsupported(given: Option<&str>, wanted: &str) -> Problem {
    let detail = match given {
        Some(given) => format!("a body of the type `{given}` is not read here"),
        None => "the type of the body is not given".to_owned(),
    };
    Problem::new(Kind::UnsupportedMediaType, detail)
        .hint(format!("send the header `content-type: {wanted}`"))
}

/// The whole body, at most `limit` bytes.
pub async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Problem> {
    if announces_more(headers, limit) {
        return Err(too_large(limit));
    }
    axum::body::to_bytes(body, limit)
        .await
        .map_err(|error| match is_over(&error) {
            true => too_large(limit),
            false => Problem::new(Kind::BadRequest, "the body ended too early"),
        })
}

/// Whether more bytes are on their way, by what is said before.
pub fn announces_more(headers: &HeaderMap, limit: usize) -> bool {
    let announced = headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    announced.is_some_and(|length| length > limit as u64)
}

/// Whether a limit was in the way, this one or a smaller one further out.
fn is_over(error: &axum::Error) -> bool {
    let mut causes = std::iter::successors(Some(error as &(dyn Error + 'static)), |it| {
        Error::source(*it)
    });
    causes.any(<dyn Error>::is::<LengthLimitError>)
}

/// A body of more bytes than are read.
pub fn too_large(limit: usize) -> Problem {
    Problem::new(
        Kind::TooLarge,
        format!("a body has at most {limit} bytes here"),
    )
}

/// JSON, with the place of what is wrong.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "the body is not what is expected here",
            _ => "the body is not JSON",
        };
        Problem::new(Kind::BadRequest, format!("{what}: {error}"))
    })
}
