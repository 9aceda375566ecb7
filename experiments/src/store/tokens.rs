//! Who may use the service: tokens, of which only a hash is kept.

use super::database::{Row, Statement};
use super::rows::{Columns, damaged};
use super::{Store, StoreError, encode};
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

const CREATE: &str = "\
INSERT INTO tokens (name, role, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

macro_rules! select_tokens {
    ($rest:literal) => {
        concat!(
            "SELECT name, role, hash, created_at, expires_at FROM tokens WHERE NOT revoked ",
            $rest
        )
    };
}

impl Store {
    /// Adds a token.
    ///
    /// # Errors
    /// [`StoreError::TokenExists`] when a token of that name is there.
    pub async fn create_token(&self, new: NewToken) -> Result<(), StoreError> {
        let insert = Statement::new(CREATE)
            .bind(new.name.as_str())
            .bind(encode::word(&new.role)?)
            .bind(new.hash.to_vec())
            .bind(encode::micros(new.created_at))
            .bind(new.expires_at.map(encode::micros));
        match self.write(insert).await? {
            0 => Err(StoreError::TokenExists(new.name)),
            _ => Ok(()),
        }
    }

    /// All tokens that have not been revoked, by name; expired ones too.
    pub async fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        self.all(Statement::new(select_tokens!("ORDER BY name")), token)
            .await
    }

    /// The token with that hash, unless it was revoked.
    pub async fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError> {
        let statement = Statement::new(select_tokens!("AND hash = $1"));
        self.one(statement.bind(hash.to_vec()), token).await
    }

    /// Whether there has ever been a token: from then on nobody gets in without one, also when all have been revoked.
    pub async fn has_tokens(&self) -> Result<bool, StoreError> {
        let any = self.one(Statement::new("SELECT 1 FROM tokens LIMIT 1"), |_| Ok(()));
        Ok(any.await?.is_some())
    }

    /// Takes the token of that name away; false when there is none.
    pub async fn revoke_token(&self, name: &str) -> Result<bool, StoreError> {
        let revoke = "UPDATE tokens SET revoked = true WHERE name = $1 AND NOT revoked";
        Ok(self.write(Statement::new(revoke).bind(name)).await? > 0)
    }
}

fn token(row: &Row) -> Result<TokenRecord, StoreError> {
    let mut columns = Columns::of(row);
    Ok(TokenRecord {
        name: columns.take()?,
        role: columns.word()?,
        hash: columns
            .take::<Vec<u8>>()?
            .try_into()
            .map_err(|_| damaged("the hash of a token has another length"))?,
        created_at: columns.time()?,
        expires_at: columns.optional_time()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Kind, at, over_both, store};
    use super::*;

    over_both! {
        tokens_are_found_until_they_are_revoked,
    }

    fn named(name: &str, byte: u8) -> NewToken {
        NewToken {
            name: name.to_owned(),
            role: Role::Editor,
            hash: [byte; 32],
            created_at: at(0),
            expires_at: (byte > 1).then_some(at(9)),
        }
    }

    async fn tokens_are_found_until_they_are_revoked(kind: Kind) {
        let (_place, store) = store(kind).await;
        assert!(!store.has_tokens().await.unwrap());
        store.create_token(named("b", 1)).await.unwrap();
        store.create_token(named("a", 2)).await.unwrap();
        let taken = store.create_token(named("a", 3)).await;
        assert!(matches!(taken, Err(StoreError::TokenExists(name)) if name == "a"));
        let names: Vec<_> = store
            .tokens()
            .await
            .unwrap()
            .into_iter()
            .map(|it| it.name)
            .collect();
        assert_eq!(names, ["a", "b"]);
        let found = store.token_by_hash(&[2; 32]).await.unwrap().unwrap();
        assert_eq!(
            (found.role, found.created_at, found.expires_at),
            (Role::Editor, at(0), Some(at(9)))
        );
        assert_eq!(store.token_by_hash(&[9; 32]).await.unwrap(), None);
        assert!(store.revoke_token("a").await.unwrap());
        assert!(!store.revoke_token("a").await.unwrap());
        assert_eq!(store.token_by_hash(&[2; 32]).await.unwrap(), None);
        store.create_token(named("a", 4)).await.unwrap();
        for name in ["a", "b"] {
            store.revoke_token(name).await.unwrap();
        }
        assert!(store.tokens().await.unwrap().is_empty());
        assert!(store.has_tokens().await.unwrap());
    }
}
