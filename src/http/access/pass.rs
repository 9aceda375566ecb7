//! What let a stream in, looked at again and again as long as the stream lasts: a token that is revoked or expires ends it.

use super::super::App;
use super::super::problem::Kind;
use axum::http::HeaderMap;
use std::time::{Duration, Instant};

/// The headers of the request that began a stream.
pub struct Pass {
    app: App,
    headers: HeaderMap,
    every: Duration,
    looked: Instant,
}

impl Pass {
    /// Of a request that has just been let in; it is looked at once in `every`.
    pub fn new(app: &App, headers: &HeaderMap, every: Duration) -> Self {
        Self {
            app: app.clone(),
            headers: headers.clone(),
            every,
            looked: Instant::now(),
        }
    }

    /// Whether the stream may go on. While the store cannot be asked, it may.
    pub async fn holds(&mut self) -> bool {
        if self.looked.elapsed() < self.every {
            return true;
        }
        self.looked = Instant::now();
        let caller = self.app.access.caller(&self.headers).await;
        let refused = [Kind::Unauthorized, Kind::ForeignRequest];
        !caller.is_err_and(|problem| refused.contains(&problem.kind()))
    }
}
