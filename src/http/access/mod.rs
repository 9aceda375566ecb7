//! Who may do what. Once there is a token, every request needs one; before that, only this machine's user is answered.

mod origin;
mod pass;
pub mod roles;
pub mod secret;
pub mod session;

pub use pass::Pass;

use super::App;
use super::problem::{Kind, Problem};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use jiff::Timestamp;
use roles::{Allowed, Roles};
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use tune_experiments::store::{Role, Store, StoreError, TokenRecord};

/// How long it may stay unknown that another process has made the first token.
const LOOK_FOR_TOKENS_EVERY: Duration = Duration::from_secs(1);

/// Whose rate requests without a good token use up; no token has that name.
const NOBODY: &str = "";

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Caller {
    /// Somebody on this machine, while there are no tokens.
    Local,
    /// The holder of a token.
    Token {
        /// The token's name.
        name: String,
        /// What it allows.
        role: Role,
    },
}

/// What a page is told of who is asking.
pub struct Visitor {
    /// Whether requests need a token.
    pub tokens: bool,
    /// The name of the caller's token.
    pub name: Option<String>,
    /// What the caller may do; none: nothing.
    pub role: Option<Role>,
}

/// Decides who is let in.
pub struct Access {
    store: Store,
    roles: Roles,
    tokens: Mutex<TokensKnown>,
    looks_on: bool,
    rate: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
}

/// What is known about whether there are tokens: once there has been one, that stays so.
#[derive(Clone, Copy)]
enum TokensKnown {
    NotYet,
    NoneAt(Instant),
    Some,
}

impl Access {
    /// Lets every token make `rate` requests a second. Who only looks on lets nobody change anything.
    pub fn new(store: Store, rate: NonZeroU32, looks_on: bool) -> Self {
        Self {
            store,
            roles: Roles::new(),
            tokens: Mutex::new(TokensKnown::NotYet),
            looks_on,
            rate: DefaultKeyedRateLimiter::keyed(Quota::per_second(rate)),
            clock: DefaultClock::default(),
        }
    }

    /// Whether requests need a token.
    pub async fn has_tokens(&self) -> Result<bool, StoreError> {
        let known = *self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            TokensKnown::Some => return Ok(true),
            TokensKnown::NoneAt(when) if when.elapsed() < LOOK_FOR_TOKENS_EVERY => {
                return Ok(false);
            }
            TokensKnown::NoneAt(_) | TokensKnown::NotYet => {}
        }
        let some = self.store.has_tokens().await?;
        self.note(some);
        Ok(some)
    }

    /// Whether nobody may change anything here.
    pub fn looks_on(&self) -> bool {
        self.looks_on
    }

    /// From now on requests need a token.
    pub fn closed(&self) {
        self.note(true);
    }

    fn note(&self, some: bool) {
        let mut known = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        *known = match (*known, some) {
            (TokensKnown::Some, _) | (_, true) => TokensKnown::Some,
            (_, false) => TokensKnown::NoneAt(Instant::now()),
        };
    }

    /// Who sent a request with these headers.
    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        if !self.has_tokens().await? {
            origin::check(headers)?;
            return Ok(Caller::Local);
        }
        let token = match carried(headers) {
            Some(token) => {
                origin::check_page(headers, false)?;
                token
            }
            None => bearer(headers)?,
        };
        let record = self.token(token).await?;
        Ok(Caller::Token {
            name: record.name,
            role: record.role,
        })
    }

    /// Who sent a request with these headers, also when that is somebody without a token.
    ///
    /// # Errors
    /// Where the request comes from another site, or the store cannot be asked.
    pub async fn visitor(&self, headers: &HeaderMap) -> Result<Visitor, Problem> {
        let tokens = self.has_tokens().await?;
        let (name, role) = match self.caller(headers).await {
            Ok(Caller::Local) => (None, Some(Role::Admin)),
            Ok(Caller::Token { name, role }) => (Some(name), Some(role)),
            Err(problem) if problem.kind() == Kind::Unauthorized => (None, None),
            Err(problem) => return Err(problem),
        };
        let role = role.map(|role| self.at_most(role));
        Ok(Visitor { tokens, name, role })
    }

    /// Somebody who brings a token, to be known by a cookie from now on.
    ///
    /// # Errors
    /// Where the token is not good.
    pub async fn welcome(&self, token: &str) -> Result<Visitor, Problem> {
        if !self.has_tokens().await? {
            let none = Problem::new(Kind::Unauthorized, "the server has no tokens");
            return Err(none.hint("without tokens everybody on this machine may do everything"));
        }
        let record = self.token(token).await;
        let record = record.map_err(|why| match why.kind() {
            Kind::Unauthorized => self.refuse(why),
            _ => why,
        })?;
        Ok(Visitor {
            tokens: true,
            name: Some(record.name),
            role: Some(self.at_most(record.role)),
        })
    }

    /// What is left of a role where nothing can be changed.
    fn at_most(&self, role: Role) -> Role {
        match self.looks_on {
            true => Role::Viewer,
            false => role,
        }
    }

    /// Refuses what comes from a page of another site.
    async fn check_site(&self, headers: &HeaderMap) -> Result<(), Problem> {
        match self.has_tokens().await? {
            true => origin::check_page(headers, false),
            false => origin::check(headers),
        }
    }

    /// The token, looked up each time: one that was revoked or has expired is refused at once.
    async fn token(&self, token: &str) -> Result<TokenRecord, Problem> {
        let hash = secret::hash(token);
        let record = self.store.token_by_hash(&hash).await?;
        let record = record.filter(|record| bool::from(record.hash.ct_eq(&hash)));
        let now = Timestamp::now();
        match record {
            None => Err(unauthorized("the token is unknown, or was revoked")),
            Some(record) if record.expires_at.is_some_and(|end| end <= now) => {
                Err(unauthorized("the token has expired"))
            }
            Some(record) => Ok(record),
        }
    }

    fn allow(
        &self,
        caller: &Caller,
        method: &Method,
        pattern: Option<&str>,
    ) -> Result<(), Problem> {
        let needed = match self.roles.allowed(method, pattern) {
            Some(Allowed::From(needed)) => needed,
            // What somebody forgot to put into the table changes nothing for those who may do less than everything.
            None if pattern.is_some() && !method.is_safe() => Role::Admin,
            Some(Allowed::Everybody | Allowed::Visitors) | None => return Ok(()),
        };
        if self.looks_on && needed > Role::Viewer {
            return Err(only_looks_on());
        }
        let Caller::Token { name, role } = caller else {
            return Ok(());
        };
        if *role >= needed {
            return Ok(());
        }
        Err(Problem::new(
            Kind::Forbidden,
            format!("the token `{name}` is for {}", with_article(*role)),
        )
        .hint(format!("this needs {}", with_article(needed))))
    }

    /// Counts a request of a token.
    fn spend(&self, caller: &Caller) -> Result<(), Problem> {
        match caller {
            Caller::Local => Ok(()),
            Caller::Token { name, .. } => {
                let used_up = || format!("the token `{name}` has used up its rate");
                self.count(name, used_up)
            }
        }
    }

    /// Counts a request without a good token: all of them together have the rate of one token.
    fn refuse(&self, why: Problem) -> Problem {
        let used_up = || "too many requests without a valid token".to_owned();
        self.count(NOBODY, used_up).err().unwrap_or(why)
    }

    fn count(&self, whose: &str, used_up: impl FnOnce() -> String) -> Result<(), Problem> {
        self.rate
            .check_key(&whose.to_owned())
            .map_err(|not_before| {
                let wait = not_before.wait_time_from(self.clock.now());
                Problem::new(Kind::TooManyRequests, used_up()).retry_after(wait.as_secs() + 1)
            })
    }
}

/// Lets a request through, or says why not.
pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match admit(&app, &parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => problem.into_response(),
    }
}

async fn admit(app: &App, request: &Parts) -> Result<(), Problem> {
    let access = &app.access;
    let pattern = request.extensions.get::<MatchedPath>();
    let pattern = pattern.map(MatchedPath::as_str);
    // What is open to everybody also says to everybody which methods it knows.
    match access.roles.allowed(&Method::GET, pattern) {
        Some(Allowed::Everybody) => return Ok(()),
        Some(Allowed::Visitors) => return access.check_site(&request.headers).await,
        Some(Allowed::From(_)) | None => {}
    }
    let caller = access.caller(&request.headers).await;
    let caller = caller.map_err(|why| match why.kind() {
        Kind::Unauthorized => access.refuse(why),
        _ => why,
    })?;
    let changes = !request.method.is_safe();
    if changes && caller != Caller::Local && carried(&request.headers).is_some() {
        origin::check_page(&request.headers, true)?;
    }
    access.spend(&caller)?;
    access.allow(&caller, &request.method, pattern)
}

/// The token of a browser's session. A program that sends its own token is not asked where it comes from.
fn carried(headers: &HeaderMap) -> Option<&str> {
    let own = headers.contains_key(AUTHORIZATION);
    session::token(headers).filter(|_| !own)
}

fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else {
        return Err(unauthorized("the request has no token"));
    };
    let words = value.to_str().ok().and_then(|text| text.split_once(' '));
    match words {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(unauthorized(
            "the header `authorization` is no bearer token",
        )),
    }
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(Kind::Unauthorized, detail)
        .hint("send the header `authorization: Bearer TOKEN`; `tune token create` makes one")
        .ask_for_token()
}

fn only_looks_on() -> Problem {
    let words = "another process works on this store, or it can only be read: here it can be seen, and not changed";
    Problem::new(Kind::Forbidden, words)
        .hint("`tune pause`, `tune cancel` and the other commands reach that process")
}

/// The word for a role.
pub fn word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Editor => "editor",
        Role::Admin => "admin",
    }
}

fn with_article(role: Role) -> &'static str {
    match role {
        Role::Viewer => "a viewer",
        Role::Editor => "an editor",
        Role::Admin => "an admin",
    }
}
