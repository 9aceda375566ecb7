//! What each route asks of a token: the one table of the interface. A route that is not in it does not exist; see the test that walks
//! the description.

use axum::http::Method;
use std::collections::HashMap;
use tune_experiments::store::Role;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Also without a token.
    Everybody,
    /// Also without a token, but not from a page of another site.
    Visitors,
    /// Holders of this role, and of those above it.
    From(Role),
}

use Allowed::{Everybody, From, Visitors};
use Role::{Admin, Editor, Viewer};

/// Every route: method, path as in the description, who may use it. `HEAD` goes with `GET`.
pub const TABLE: &[(Method, &str, Allowed)] = &[
    (Method::GET, "/healthz", Everybody),
    (Method::GET, "/readyz", From(Viewer)),
    (Method::GET, "/metrics", From(Viewer)),
    (Method::GET, "/api/v1/openapi.json", From(Viewer)),
    (Method::GET, "/api/docs", From(Viewer)),
    (Method::GET, "/api/docs/{file}", From(Viewer)),
    (Method::GET, "/api/v1/events", From(Viewer)),
    (Method::GET, "/api/v1/experiments", From(Viewer)),
    (Method::POST, "/api/v1/experiments", From(Editor)),
    (Method::GET, "/api/v1/experiments/{name}", From(Viewer)),
    (Method::PATCH, "/api/v1/experiments/{name}", From(Editor)),
    (Method::DELETE, "/api/v1/experiments/{name}", From(Admin)),
    (
        Method::POST,
        "/api/v1/experiments/{name}/pause",
        From(Editor),
    ),
    (
        Method::POST,
        "/api/v1/experiments/{name}/resume",
        From(Editor),
    ),
    (
        Method::POST,
        "/api/v1/experiments/{name}/cancel",
        From(Editor),
    ),
    (Method::POST, "/api/v1/experiments/{name}/ask", From(Editor)),
    (Method::GET, "/api/v1/experiments/{name}/best", From(Viewer)),
    (
        Method::GET,
        "/api/v1/experiments/{name}/compare",
        From(Viewer),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/events",
        From(Viewer),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/importance",
        From(Viewer),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/export",
        From(Viewer),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/metrics",
        From(Viewer),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/trials",
        From(Viewer),
    ),
    (
        Method::POST,
        "/api/v1/experiments/{name}/trials",
        From(Editor),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/trials/{number}",
        From(Viewer),
    ),
    (
        Method::POST,
        "/api/v1/experiments/{name}/trials/{number}/tell",
        From(Editor),
    ),
    (
        Method::POST,
        "/api/v1/experiments/{name}/trials/{number}/heartbeat",
        From(Editor),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/trials/{number}/metrics",
        From(Viewer),
    ),
    (
        Method::POST,
        "/api/v1/experiments/{name}/trials/{number}/metrics",
        From(Editor),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/trials/{number}/steps/{step}/log",
        From(Viewer),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/trials/{number}/artifacts/{step}/{artifact}",
        From(Viewer),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/points",
        From(Viewer),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/notes",
        From(Viewer),
    ),
    (
        Method::PATCH,
        "/api/v1/experiments/{name}/notes",
        From(Editor),
    ),
    (
        Method::GET,
        "/api/v1/experiments/{name}/trials/{number}/notes",
        From(Viewer),
    ),
    (
        Method::PATCH,
        "/api/v1/experiments/{name}/trials/{number}/notes",
        From(Editor),
    ),
    (Method::GET, "/api/v1/experiments/{name}/grid", From(Viewer)),
    (Method::GET, "/api/v1/schema", From(Viewer)),
    (Method::GET, "/api/v1/session", Visitors),
    (Method::POST, "/api/v1/session", Visitors),
    (Method::DELETE, "/api/v1/session", Visitors),
    (Method::GET, "/api/v1/system", From(Viewer)),
    (Method::GET, "/api/v1/tokens", From(Admin)),
    (Method::POST, "/api/v1/tokens", From(Admin)),
    (Method::DELETE, "/api/v1/tokens/{name}", From(Admin)),
];

/// The table, for looking up.
pub struct Roles {
    by_route: HashMap<(Method, &'static str), Allowed>,
}

impl Roles {
    /// Of [`TABLE`].
    pub fn new() -> Self {
        let rows = TABLE.iter();
        Self {
            by_route: rows
                .map(|(method, path, allowed)| ((method.clone(), *path), *allowed))
                .collect(),
        }
    }

    /// Who may use a route; `None` for what is no route.
    pub fn allowed(&self, method: &Method, pattern: Option<&str>) -> Option<Allowed> {
        let method = match *method {
            Method::HEAD => Method::GET,
            _ => method.clone(),
        };
        self.by_route.get(&(method, pattern?)).copied()
    }
}
