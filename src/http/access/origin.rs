//! Without tokens, the only protection is the loopback address: a web page must not be able to use the browser of somebody on this machine
//! to reach it, neither by a name that it made resolve to 127.0.0.1 nor by a request across sites.

use super::super::problem::{Kind, Problem};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName};
use std::net::{Ipv4Addr, Ipv6Addr};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what did not come for this server under a name of this machine, or comes from a page of another origin.
pub fn check(headers: &HeaderMap) -> Result<(), Problem> {
    let host = one(headers, &HOST)?.ok_or_else(|| foreign("the request names no host"))?;
    if !is_loopback(host) {
        return Err(foreign(&format!("the host `{host}` is not this machine")));
    }
    if let Some(origin) = one(headers, &ORIGIN)?
        && !is_own(origin, host)
    {
        return Err(foreign(&format!("the origin `{origin}` is another site")));
    }
    match one(headers, &FETCH_SITE)? {
        None | Some("same-origin" | "none") => Ok(()),
        Some(site) => Err(foreign(&format!("it was made by a page that is {site}"))),
    }
}

/// Refuses what a page of another site asks for with the cookie of this one.
///
/// Browsers tell the origin of everything that changes something; what does not say it came from a page of this server is refused then.
pub fn check_page(headers: &HeaderMap, changes: bool) -> Result<(), Problem> {
    let host = one(headers, &HOST)?.ok_or_else(|| stranger("the request names no host"))?;
    let site = one(headers, &FETCH_SITE)?;
    if let Some(site) = site.filter(|site| !["same-origin", "none"].contains(site)) {
        return Err(stranger(&format!("it was made by a page that is {site}")));
    }
    match one(headers, &ORIGIN)? {
        Some(origin) if is_own(origin, host) => Ok(()),
        Some(origin) => Err(stranger(&format!("the origin `{origin}` is another site"))),
        None if changes && site.is_none() => {
            Err(stranger("the request does not say from where it comes"))
        }
        None => Ok(()),
    }
}

/// The header's value, given once at most.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let (value, more) = (values.next(), values.next());
    if more.is_some() {
        return Err(foreign(&format!("the header `{name}` is given twice")));
    }
    let text = value.map(|value| value.to_str());
    text.transpose()
        .map_err(|_| foreign(&format!("the header `{name}` is no text")))
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|it| it.is_loopback())
        || name.parse::<Ipv6Addr>().is_ok_and(|it| it.is_loopback())
}

/// The port counts too: another program on this machine is another site.
fn is_own(origin: &str, host: &str) -> bool {
    let authority = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

fn foreign(detail: &str) -> Problem {
    Problem::new(Kind::ForeignRequest, detail)
        .hint("without tokens only programs and pages of this machine are answered; `tune token create` makes a token")
}

fn stranger(detail: &str) -> Problem {
    Problem::new(Kind::ForeignRequest, detail).hint(
        "a session is good for pages of this server; programs send the header `authorization: Bearer TOKEN`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn allowed(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        check(&map).is_ok()
    }

    #[test]
    fn this_machine_has_several_names() {
        for host in [
            "localhost:8863",
            "127.0.0.1:8863",
            "[::1]:9000",
            "LOCALHOST",
            "127.3.2.1",
        ] {
            assert!(allowed(&[("host", host)]), "{host}");
        }
    }

    #[test]
    fn a_name_that_was_made_to_mean_this_machine_is_refused() {
        for host in [
            "evil.example:8863",
            "localhost.evil.example",
            "10.0.0.1",
            "0.0.0.0:8863",
            "a@b",
            "",
        ] {
            assert!(!allowed(&[("host", host)]), "{host}");
        }
        assert!(!allowed(&[]));
        assert!(!allowed(&[("host", "localhost"), ("host", "evil.example")]));
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let host = ("host", "localhost:8863");
        assert!(allowed(&[host, ("origin", "http://localhost:8863")]));
        for origin in [
            "http://evil.example",
            "http://localhost:3000",
            "null",
            "localhost:8863",
        ] {
            assert!(!allowed(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(allowed(&[host, ("sec-fetch-site", "none")]));
        assert!(!allowed(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(!allowed(&[host, ("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn a_cookie_is_good_for_own_pages_only() {
        let asked = |headers: &[(&'static str, &'static str)], changes| {
            let headers = headers.iter().map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            });
            check_page(&headers.collect(), changes).is_ok()
        };
        let host = ("host", "tune.example");
        let own = ("origin", "https://tune.example");
        assert!(asked(&[host], false) && asked(&[host, own], true));
        assert!(asked(&[host, ("sec-fetch-site", "same-origin")], true));
        assert!(!asked(&[host], true), "it says nothing");
        for foreign in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(!asked(&[host, foreign], false), "{foreign:?}");
            assert!(!asked(&[host, foreign], true), "{foreign:?}");
        }
    }
}
