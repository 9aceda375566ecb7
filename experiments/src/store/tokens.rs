//! Who may use the service: tokens, of which only a hash is kept.

use super::{Store, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the holder of a token may do, from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Read everything.
    Viewer,
    /// Also submit, change, and evaluate.
    Editor,
    /// Also delete, and manage tokens.
    Admin,
}

/// A token to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewToken {
    /// Unique among those that are not revoked.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// BLAKE3 of the token.
    pub hash: [u8; 32],
    /// When.
    pub created_at: Timestamp,
    /// When it ceases to be good; `None`: never.
    pub expires_at: Option<Timestamp>,
}

/// A token as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenRecord {
    /// Its name.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// BLAKE3 of the token.
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ceases to be good; `None`: never.
    pub expires_at: Option<Timestamp>,
}

impl Store {
    /// Adds a token.
    ///
    /// # Errors
    /// [`StoreError::TokenExists`] when a token of that name is there.
    pub async fn create_token(&self, new: NewToken) -> Result<(), StoreError> {
        let _ = new;
        todo!()
    }

    /// All tokens that have not been revoked, by name; expired ones too.
    pub async fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        todo!()
    }

    /// The token with that hash, unless it was revoked.
    pub async fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError> {
        let _ = hash;
        todo!()
    }

    /// Whether there has ever been a token: from then on nobody gets in without one, also when all have been revoked.
    pub async fn has_tokens(&self) -> Result<bool, StoreError> {
        todo!()
    }

    /// Takes the token of that name away; false when there is none.
    pub async fn revoke_token(&self, name: &str) -> Result<bool, StoreError> {
        let _ = name;
        todo!()
    }
}
