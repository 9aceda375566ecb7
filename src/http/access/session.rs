//! The cookie of a browser: it holds the token, out of reach of scripts, and goes only with requests of this server's own pages.

use super::super::problem::{Kind, Problem};
use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue};

/// Browsers keep cookies apart by the name of the machine alone: the port makes this server's another one than that of its neighbour.
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
    let expected = name(headers);
    let mut own = pairs.filter(|(name, _)| *name == expected);
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
    let name = name(headers);
    let cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict{secure}");
    let cookie = HeaderValue::from_str(&cookie).ok().filter(|_| plain);
    cookie.ok_or_else(|| Problem::new(Kind::BadRequest, "this is not what a token looks like"))
}

/// The header that makes the browser forget it.
pub fn forget(headers: &HeaderMap) -> Option<HeaderValue> {
    let name = name(headers);
    let cookie = format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    HeaderValue::from_str(&cookie).ok()
}

/// The cookie of this server, as the browser calls it.
fn name(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    match host.and_then(|host| host.port_u16()) {
        Some(port) => format!("{NAME}_{port}"),
        None => NAME.to_owned(),
    }
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
    fn neighbours_on_a_machine_have_cookies_of_their_own() {
        let mut headers = with(HOST, "localhost:8863");
        let kept = keep("tune_1", &headers).unwrap();
        let kept = kept.to_str().unwrap();
        assert!(kept.starts_with("tune_session_8863=tune_1;"), "{kept}");
        let other = HeaderValue::from_static("tune_session_1=tune_2; tune_session_8863=tune_1");
        headers.insert(COOKIE, other);
        assert_eq!(token(&headers), Some("tune_1"));
        headers.insert(HOST, HeaderValue::from_static("localhost:8864"));
        assert_eq!(token(&headers), None);
        let forgotten = forget(&headers).unwrap();
        assert!(
            forgotten
                .to_str()
                .unwrap()
                .starts_with("tune_session_8864=;")
        );
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
