//! The dashboard: the files that `dashboard/` is built into, which are part of this program. They are the same for everybody and hold
//! nothing of anybody: what the pages show, they ask of the interface like any other client.

use super::App;
use super::conditional::Tag;
use super::problem::Problem;
use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// The files by name; the build of the dashboard writes this list beside them.
const FILES: &[(&str, &[u8])] = include!("../../dashboard/dist/files.in");
const INDEX: &str = "index.html";
/// Where the pages are: the page itself reads the rest of the address.
const PAGES: [&str; 7] = [
    "/",
    "/new",
    "/compare",
    "/system",
    "/login",
    "/experiments",
    "/experiments/{*page}",
];
/// The name of a file changes with what it holds.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// Scripts, requests and pictures of this server only; styles may be written by those scripts. What artifacts hold is shown in a frame that
/// can do nothing.
const OWN_ONLY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
     frame-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The pages and their files.
pub fn routes() -> Router<App> {
    let pages = PAGES.iter();
    pages
        .fold(Router::new(), |router, page| router.route(page, get(index)))
        .route("/assets/{file}", get(asset))
}

async fn index(headers: HeaderMap) -> Response {
    match file(INDEX) {
        Some(bytes) => {
            let tag = Tag::of_body(bytes);
            answer(&headers, &tag, "text/html; charset=utf-8", ASK_AGAIN, bytes)
        }
        None => Problem::missing("file", INDEX).into_response(),
    }
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match file(&format!("assets/{name}")) {
        Some(bytes) => answer(
            &headers,
            &Tag::of(&[&name]),
            media_type(&name),
            FOR_EVER,
            bytes,
        ),
        None => Problem::missing("file", &name).into_response(),
    }
}

fn file(name: &str) -> Option<&'static [u8]> {
    let mut all = FILES.iter();
    all.find(|(known, _)| *known == name)
        .map(|(_, bytes)| *bytes)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn answer(
    headers: &HeaderMap,
    tag: &Tag,
    media_type: &'static str,
    keep: HeaderValue,
    bytes: &'static [u8],
) -> Response {
    let mut response = if tag.is_known(headers) {
        tag.not_modified()
    } else {
        let media_type = HeaderValue::from_static(media_type);
        ([(CONTENT_TYPE, media_type)], bytes).into_response()
    };
    tag.mark(&mut response);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, keep);
    headers.insert(CONTENT_SECURITY_POLICY, OWN_ONLY);
    response
}

#[cfg(test)]
mod tests {
    use super::super::tests::Server;

    /// The files that the page names.
    fn named(page: &str) -> Vec<String> {
        let parts = page.split('"');
        let files = parts.filter(|part| part.starts_with("/assets/"));
        files.map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn every_page_is_the_same_and_its_files_are_there_for_ever() {
        let server = Server::new().await;
        super::super::tests::token(&server, "me").await;
        for page in [
            "/",
            "/experiments",
            "/experiments/iris/trials/7",
            "/compare",
            "/login",
        ] {
            let answer = server.get(page).await.fine();
            assert_eq!(answer.headers["cache-control"], "no-cache", "{page}");
            let policy = answer.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("script-src 'self';"), "{policy}");
            let files = named(&answer.text());
            assert!(files.len() >= 2, "{files:?}");
            for file in files {
                let answer = server.get(&file).await.fine();
                let keep = answer.headers["cache-control"].to_str().unwrap();
                assert!(keep.contains("immutable"), "{file}: {keep}");
            }
        }
    }

    #[tokio::test]
    async fn a_page_that_the_browser_has_is_not_sent_again() {
        let server = Server::new().await;
        let tag = server.get("/").await.headers["etag"].clone();
        let known = [("if-none-match", tag.to_str().unwrap())];
        assert_eq!(server.get_with("/", &known).await.status, 304);
        let missing = server.get("/assets/none.js").await;
        missing.is_problem(404, "not-found");
        let through = server.get("/assets/..%2findex.html").await;
        through.is_problem(404, "not-found");
    }
}
