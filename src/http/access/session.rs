//! The cookie of a browser: it holds the token, out of reach of scripts, and goes only with requests of this server's own pages.

use super::super::problem::{Kind, Problem};
use axum::http::header::{COOKIE, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};

const NAME: &str = "tune_session";
/// A token is no longer.
const LONGEST: usize = 200;

/// The token that the browser carries.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let mut own = pairs.filter(|(name, _)| *name == NAME);
    own.next().map(|(_, value)| value)
}

/// The header that makes the browser carry it. Over HTTPS, it is never sent without.
pub fn keep(token: &str, headers: &HeaderMap) -> Result<HeaderValue, Problem> {
    let secure = headers.get(ORIGIN).is_some_and(|origin| {
        let scheme = b"https://";
        origin.as_bytes().starts_with(scheme)
    });
    let secure = if secure { "; Secure" } else { "" };
    let plain =
        token.len() <= LONGEST && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let cookie = format!("{NAME}={token}; Path=/; HttpOnly; SameSite=Strict{secure}");
    let cookie = HeaderValue::from_str(&cookie).ok().filter(|_| plain);
    cookie.ok_or_else(|| Problem::new(Kind::BadRequest, "this is not what a token looks like"))
}

/// The header that makes the browser forget it.
pub fn forget() -> HeaderValue {
    HeaderValue::from_static("tune_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: axum::http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        for line in ["tune_session=tune_1", "a=b; tune_session=tune_1; c=d"] {
            assert_eq!(token(&with(COOKIE, line)), Some("tune_1"), "{line}");
        }
        for line in ["a=tune_session", "xtune_session=tune_1", ""] {
            assert_eq!(token(&with(COOKIE, line)), None, "{line}");
        }
    }

    #[test]
    fn over_https_the_cookie_stays_there() {
        let plain = keep("tune_1", &with(ORIGIN, "http://localhost")).unwrap();
        assert!(!plain.to_str().unwrap().contains("Secure"));
        let safe = keep("tune_1", &with(ORIGIN, "https://tune.example")).unwrap();
        assert!(
            safe.to_str()
                .unwrap()
                .ends_with("; HttpOnly; SameSite=Strict; Secure")
        );
    }

    #[test]
    fn nothing_but_a_token_becomes_a_cookie() {
        for token in ["a; Domain=evil.example", "a\r\nb", "\u{e9}"] {
            assert!(keep(token, &HeaderMap::new()).is_err(), "{token:?}");
        }
    }
}
