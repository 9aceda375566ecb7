//! Tokens: made, listed, revoked, by an admin.

use super::experiments::is_segment;
use super::{Client, ClientError};
use crate::wire;
use reqwest::Method;

impl Client {
    /// Makes a token. It is sent once: its answer is the only place where the token is ever shown.
    pub async fn create_token(
        &self,
        wanted: &wire::TokenWanted,
    ) -> Result<wire::NewToken, ClientError> {
        self.post_once(self.at(&["tokens"]), wanted).await
    }

    /// All that have not been revoked, by name.
    pub async fn tokens(&self) -> Result<Vec<wire::Token>, ClientError> {
        let page: wire::Tokens = self.get(self.at(&["tokens"])).await?;
        Ok(page.tokens)
    }

    /// Revokes a token; false when there is none of that name.
    pub async fn revoke_token(&self, name: &str) -> Result<bool, ClientError> {
        if !is_segment(name) {
            return Ok(false);
        }
        let request = self.request(Method::DELETE, self.at(&["tokens", name]));
        match self.patiently(request).await {
            Err(error) if error.status() == Some(404) => Ok(false),
            answered => answered.map(|_| true),
        }
    }
}
