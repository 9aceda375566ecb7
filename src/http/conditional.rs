//! Answers that need not be sent again: what is polled carries an `ETag`, and a client that has it is told so.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::fmt::Display;

/// A tag that names a version of what an address shows. Weak: the same in another encoding is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// Of an address whose answer is a function of these.
    pub fn of(parts: &[&dyn Display]) -> Self {
        let words: Vec<String> = parts.iter().map(ToString::to_string).collect();
        Self(format!("W/\"{}\"", words.join("-")))
    }

    /// Of an answer.
    pub fn of_body(body: &[u8]) -> Self {
        let hash = blake3::hash(body).to_hex();
        Self::of(&[&&hash[..32]])
    }

    /// Whether the client has this version.
    pub fn is_known(&self, headers: &HeaderMap) -> bool {
        let given = headers.get_all(IF_NONE_MATCH).iter();
        let mut tags = given
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim);
        let opaque = |tag: &str| tag.trim_start_matches("W/").to_owned();
        tags.any(|tag| tag == "*" || opaque(tag) == opaque(&self.0))
    }

    /// What a client that has this version is told.
    pub fn not_modified(&self) -> Response {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        self.mark(&mut response);
        response
    }

    /// Names the version that an answer is.
    pub fn mark(&self, response: &mut Response) {
        let headers = response.headers_mut();
        // Made of ASCII by the two constructors.
        if let Ok(tag) = HeaderValue::from_str(&self.0) {
            headers.insert(ETAG, tag);
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
}

/// The answer, marked as this version.
pub fn tagged(tag: &Tag, body: &impl Serialize) -> Response {
    let mut response = json(body);
    tag.mark(&mut response);
    response
}

/// The answer, or that the client has it: for what no number of an event stands for.
pub fn hashed(headers: &HeaderMap, body: &impl Serialize) -> Response {
    let bytes = to_bytes(body);
    let tag = Tag::of_body(&bytes);
    if tag.is_known(headers) {
        return tag.not_modified();
    }
    let mut response = with_type(bytes);
    tag.mark(&mut response);
    response
}

/// A JSON answer.
pub fn json(body: &impl Serialize) -> Response {
    with_type(to_bytes(body))
}

fn to_bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("answers are plain data with names as keys")
}

fn with_type(bytes: Vec<u8>) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, json)], bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_known_version_is_recognised_in_every_form() {
        let tag = Tag::of(&[&7, &"x"]);
        for known in ["W/\"7-x\"", "\"7-x\"", "\"a\", W/\"7-x\"", "*"] {
            assert!(tag.is_known(&asks(known)), "{known}");
        }
        assert!(!tag.is_known(&asks("\"7-y\"")));
        assert!(!tag.is_known(&HeaderMap::new()));
    }

    #[test]
    fn an_answer_that_is_the_same_is_not_sent_again() {
        let first = hashed(&HeaderMap::new(), &[1, 2]);
        let tag = first.headers()[ETAG].clone();
        let again = HeaderMap::from_iter([(IF_NONE_MATCH, tag)]);
        assert_eq!(hashed(&again, &[1, 2]).status(), 304);
        assert_eq!(hashed(&again, &[1, 3]).status(), 200);
    }
}
