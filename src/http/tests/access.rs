//! Who may do what: every route of the description, with every kind of caller.

use super::super::access::roles::{Allowed, TABLE};
use super::super::access::secret;
use super::super::description::described;
use super::{Answer, Server, request};
use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::num::NonZeroU32;
use tune_experiments::store::{NewToken, Role};

pub async fn token(server: &Server, name: &str, role: Role, expires_in: Option<i64>) -> String {
    let token = secret::generate().unwrap();
    let now = Timestamp::now();
    let end =
        expires_in.map(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).unwrap());
    let new = NewToken {
        name: name.to_owned(),
        role,
        hash: secret::hash(&token),
        created_at: now.checked_sub(SignedDuration::from_hours(1)).unwrap(),
        expires_at: end,
    };
    server.store.create_token(new).await.unwrap();
    token
}

/// What is answered also to those without a token.
fn is_open(path: &str) -> bool {
    ["/healthz", "/api/v1/session"].contains(&path)
}

/// Asks a route with something in each of its places, and a body that means nothing.
async fn ask(server: &Server, method: &Method, path: &str, token: Option<&str>) -> Answer {
    let path = path.replace("{number}", "7");
    let path = path.replace(['{', '}'], "");
    let path = if path.ends_with("/events") {
        format!("{path}?follow=false")
    } else {
        path
    };
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    server
        .send(request(method.clone(), &path, &headers, "!"))
        .await
}

#[tokio::test]
async fn without_a_token_nothing_is_answered_once_there_is_one() {
    let server = Server::new().await;
    token(&server, "me", Role::Admin, None).await;
    for (method, path) in described() {
        let answer = ask(&server, &method, &path, None).await;
        if is_open(&path) {
            assert!(![401, 403].contains(&answer.status.as_u16()), "{path}");
        } else {
            answer.is_problem(401, "unauthorized");
            assert!(
                answer.headers["www-authenticate"]
                    .to_str()
                    .unwrap()
                    .starts_with("Bearer")
            );
        }
    }
    for (method, path) in [
        (Method::GET, "/nowhere"),
        (Method::PUT, "/api/v1/experiments"),
        (Method::HEAD, "/readyz"),
    ] {
        assert_eq!(
            ask(&server, &method, path, None).await.status,
            401,
            "{path}"
        );
    }
}

#[tokio::test]
async fn tokens_that_are_no_longer_good_are_refused_everywhere() {
    let server = Server::new().await;
    let expired = token(&server, "expired", Role::Admin, Some(-1)).await;
    let revoked = token(&server, "revoked", Role::Admin, None).await;
    let good = token(&server, "good", Role::Admin, Some(3600)).await;
    assert_ne!(
        ask(&server, &Method::GET, "/readyz", Some(&revoked))
            .await
            .status,
        401
    );
    assert!(server.store.revoke_token("revoked").await.unwrap());
    let cut = &good[..good.len() - 1];
    for (method, path) in described().into_iter().filter(|(_, path)| !is_open(path)) {
        for bad in [&expired, &revoked, cut, "", "tune_", "x y"] {
            ask(&server, &method, &path, Some(bad))
                .await
                .is_problem(401, "unauthorized");
        }
    }
    let basic = [("authorization", "Basic eDp5")];
    server
        .get_with("/readyz", &basic)
        .await
        .is_problem(401, "unauthorized");
    let good = format!("Bearer {good}");
    let twice = [
        ("authorization", good.as_str()),
        ("authorization", good.as_str()),
    ];
    server
        .get_with("/readyz", &twice)
        .await
        .is_problem(401, "unauthorized");
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says() {
    let server = Server::new().await;
    for role in [Role::Viewer, Role::Editor, Role::Admin] {
        let name = format!("{role:?}");
        let token = token(&server, &name, role, None).await;
        for (method, path, allowed) in TABLE {
            let answer = ask(&server, method, path, Some(&token)).await;
            let may = match allowed {
                Allowed::Everybody | Allowed::Visitors => true,
                Allowed::From(needed) => role >= *needed,
            };
            if may {
                assert!(
                    ![401, 403].contains(&answer.status.as_u16()),
                    "{role:?} {method} {path}"
                );
            } else {
                answer.is_problem(403, "forbidden");
            }
        }
    }
}

#[tokio::test]
async fn a_viewer_can_change_nothing() {
    let server = Server::new().await;
    let viewer = token(&server, "viewer", Role::Viewer, None).await;
    for (method, path) in described()
        .into_iter()
        .filter(|(method, path)| !method.is_safe() && !is_open(path))
    {
        ask(&server, &method, &path, Some(&viewer))
            .await
            .is_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn a_method_that_no_route_knows_is_refused_to_all_but_admins() {
    let server = Server::new().await;
    for (role, status) in [(Role::Viewer, 403), (Role::Editor, 403), (Role::Admin, 405)] {
        let token = token(&server, &format!("{role:?}"), role, None).await;
        let answer = ask(&server, &Method::PUT, "/api/v1/experiments", Some(&token)).await;
        assert_eq!(answer.status, status, "{role:?}");
    }
}

#[tokio::test]
async fn without_tokens_only_this_machine_is_answered() {
    let server = Server::new().await;
    for (method, path) in described()
        .into_iter()
        .filter(|(_, path)| path != "/healthz")
    {
        let path = path.replace("{number}", "7").replace(['{', '}'], "");
        for foreign in [
            ("host", "evil.example:8863"),
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let request = request(method.clone(), &path, &[foreign], "");
            server
                .send(request)
                .await
                .is_problem(403, "foreign-request");
        }
    }
    let own = [
        ("origin", "http://localhost:8863"),
        ("sec-fetch-site", "same-origin"),
    ];
    server.get_with("/api/v1/experiments", &own).await.fine();
}

#[tokio::test]
async fn a_token_is_made_shown_once_and_revoked() {
    let server = Server::new().await;
    let made = server
        .post(
            "/api/v1/tokens",
            &json!({"name": "me", "role": "admin", "expires_in": 60}),
        )
        .await
        .fine();
    assert_eq!(made.status, 201);
    let made = made.json();
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let me = [("authorization", bearer.as_str())];
    server
        .get("/api/v1/tokens")
        .await
        .is_problem(401, "unauthorized");
    let listed = server.get_with("/api/v1/tokens", &me).await.fine().text();
    assert!(
        listed.contains("\"me\"") && !listed.contains("token\":"),
        "{listed}"
    );
    let json = [me[0], ("content-type", "application/json")];
    for (body, status, kind) in [
        (json!({"name": "me", "role": "viewer"}), 409, "conflict"),
        (json!({"name": "a b", "role": "viewer"}), 422, "invalid"),
        (json!({"name": "x", "role": "owner"}), 400, "bad-request"),
        (
            json!({"name": "x", "role": "viewer", "expires_in": 0}),
            422,
            "invalid",
        ),
    ] {
        let request = request(Method::POST, "/api/v1/tokens", &json, &body.to_string());
        server.send(request).await.is_problem(status, kind);
    }
    let gone = request(Method::DELETE, "/api/v1/tokens/me", &me, "");
    assert_eq!(server.send(gone).await.status, 204);
    // There has been a token: the door stays closed.
    server.get("/readyz").await.is_problem(401, "unauthorized");
    server
        .get_with("/readyz", &me)
        .await
        .is_problem(401, "unauthorized");
}

#[tokio::test]
async fn a_token_has_its_rate() {
    let server = Server::with(|limits| limits.rate = NonZeroU32::MIN).await;
    let token = token(&server, "me", Role::Viewer, None).await;
    let other = self::token(&server, "other", Role::Viewer, None).await;
    ask(&server, &Method::GET, "/readyz", Some(&token))
        .await
        .fine();
    let answer = ask(&server, &Method::GET, "/readyz", Some(&token)).await;
    answer.is_problem(429, "too-many-requests");
    assert_eq!(answer.headers["retry-after"], "1");
    ask(&server, &Method::GET, "/readyz", Some(&other))
        .await
        .fine();
}

#[tokio::test]
async fn refusals_use_up_the_rate_too() {
    let server = Server::with(|limits| limits.rate = NonZeroU32::MIN).await;
    let token = token(&server, "me", Role::Viewer, None).await;
    for (bearer, status) in [(Some("wrong"), 401), (None, 429)] {
        let answer = ask(&server, &Method::GET, "/readyz", bearer).await;
        assert_eq!(answer.status, status);
    }
    for status in [403, 429] {
        let answer = ask(&server, &Method::GET, "/api/v1/tokens", Some(&token)).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn a_browser_keeps_a_token_that_no_other_site_can_use() {
    let server = Server::new().await;
    let open = server.get("/api/v1/session").await.fine().json();
    assert_eq!(
        (&open["tokens"], &open["role"]),
        (&json!(false), &json!("admin"))
    );
    let token = token(&server, "me", Role::Editor, None).await;
    server.app.access.closed();
    let stranger = server.get("/api/v1/session").await.fine().json();
    assert_eq!(
        (&stranger["role"], &stranger["last_event"]),
        (&json!(null), &json!(null))
    );
    let long = json!({ "token": "t".repeat(5000) });
    let refused = server.post("/api/v1/session", &long).await;
    refused.is_problem(413, "too-large");
    for bad in ["", "tune_1", "a; b"] {
        let body = json!({ "token": bad });
        let answer = server.post("/api/v1/session", &body).await;
        answer.is_problem(401, "unauthorized");
    }
    let begun = server
        .post("/api/v1/session", &json!({ "token": token }))
        .await
        .fine();
    assert_eq!(begun.json()["name"], "me");
    let cookie = begun.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let known = [("cookie", cookie)];
    let session = server
        .get_with("/api/v1/session", &known)
        .await
        .fine()
        .json();
    assert_eq!(
        (&session["name"], &session["role"]),
        (&json!("me"), &json!("editor"))
    );
    server.get_with("/api/v1/experiments", &known).await.fine();
    let path = "/api/v1/experiments/none/pause";
    for (origin, status) in [
        (("origin", "http://localhost:8863"), 404),
        (("origin", "http://evil.example"), 403),
        (("sec-fetch-site", "same-site"), 403),
        (("accept", "*/*"), 403),
    ] {
        let request = request(Method::POST, path, &[("cookie", cookie), origin], "");
        assert_eq!(server.send(request).await.status, status, "{origin:?}");
    }
    let left = server
        .send(request(Method::DELETE, "/api/v1/session", &known, ""))
        .await;
    assert!(
        left.headers["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert!(server.store.revoke_token("me").await.unwrap());
    let gone = server.get_with("/api/v1/experiments", &known).await;
    gone.is_problem(401, "unauthorized");
}
