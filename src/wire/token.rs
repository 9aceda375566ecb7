//! Tokens, without what only their holders know.

use super::{schema, whole};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tune_experiments::store::{Role, TokenRecord};
use utoipa::ToSchema;

/// A token as it is listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Its name.
    pub name: String,
    /// What it allows.
    #[schema(value_type = schema::Role)]
    pub role: Role,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it ceases to be good; null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

impl From<TokenRecord> for Token {
    fn from(record: TokenRecord) -> Self {
        Self {
            name: record.name,
            role: record.role,
            created_at: record.created_at,
            expires_at: record.expires_at,
        }
    }
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenWanted {
    /// Unique among those that are not revoked.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it allows.
    #[schema(value_type = schema::Role)]
    pub role: Role,
    /// After how many seconds it ceases to be good; absent: never.
    #[serde(
        default,
        deserialize_with = "whole::some",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false, minimum = 1, maximum = 3153600000u64)]
    pub expires_in: Option<u64>,
}

/// A token that was just made: the only time it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewToken {
    /// The token itself.
    pub token: String,
    /// What is listed of it from now on.
    #[serde(flatten)]
    pub listed: Token,
}
