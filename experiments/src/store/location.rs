//! Where a store's database is, as the user says it. A password in it is never shown.

use super::StoreError;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use std::fmt;
use std::path::PathBuf;

/// How many connections to PostgreSQL a process opens at most, unless it says otherwise; those for leases and commits come on top.
const CONNECTIONS: u32 = 10;

/// A directory, or the address of a PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub struct Location {
    text: String,
    connections: u32,
}

impl Location {
    /// `postgres://…` and `postgresql://…` are addresses, anything else is a directory.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            text,
            connections: CONNECTIONS,
        }
    }

    /// How many connections to PostgreSQL may be open at once, besides some for leases and commits; without meaning for a directory.
    #[must_use]
    pub fn with_connections(self, connections: u32) -> Self {
        Self {
            connections: connections.max(2),
            ..self
        }
    }

    /// Whether it is a PostgreSQL database.
    pub fn is_postgres(&self) -> bool {
        matches!(self.scheme(), Some("postgres" | "postgresql"))
    }

    /// The scheme of an address that is of no store.
    pub fn unknown_scheme(&self) -> Option<&str> {
        self.scheme().filter(|_| !self.is_postgres())
    }

    fn scheme(&self) -> Option<&str> {
        let (scheme, _) = self.text.split_once("://")?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
        (is_scheme && scheme.chars().all(is_word)).then_some(scheme)
    }

    pub(super) fn directory(&self) -> PathBuf {
        PathBuf::from(&self.text)
    }

    pub(super) fn connections(&self) -> u32 {
        self.connections
    }

    /// How to connect to PostgreSQL.
    pub(super) fn postgres(&self) -> Result<PgConnectOptions, StoreError> {
        let options: Result<PgConnectOptions, _> = self.text.parse();
        match options {
            Ok(options) => Ok(options.disable_statement_logging()),
            // The parser's own words may repeat the address, with its password.
            Err(_) => Err(StoreError::BadAddress(self.to_string())),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_postgres() {
            f.write_str(&without_password(&self.text))
        } else {
            f.write_str(&self.text)
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

/// The address without its options, one of which may be a password, and without the one before the host.
fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return without_options(address).to_owned();
    };
    // A password may have any of the signs that end an address: everything up to the last `@` may be part of it.
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split([':', '/', '?', '#']).next().unwrap_or_default();
            format!("{scheme}://{user}@{}", without_options(host))
        }
        None => format!("{scheme}://{}", without_options(rest)),
    }
}

fn without_options(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (address, shown) in [
            ("postgres://db/tune", "postgres://db/tune"),
            ("postgres://ann@db:5433/tune", "postgres://ann@db:5433/tune"),
            (
                "postgresql://ann:se@c:ret@db/tune",
                "postgresql://ann@db/tune",
            ),
            (
                "postgres://db/tune?user=ann&password=secret",
                "postgres://db/tune",
            ),
            ("postgres://ann:secret", "postgres://ann:secret"),
            ("postgres://ann:se?c#re/t@db/tune", "postgres://ann@db/tune"),
            ("postgres://ann:se?c@ret@db?a=b", "postgres://ann@db"),
        ] {
            let location = Location::new(address);
            assert!(location.is_postgres());
            assert_eq!(location.to_string(), shown);
            assert_eq!(format!("{location:?}"), format!("Location({shown})"));
        }
    }

    #[test]
    fn anything_else_is_a_directory() {
        for text in ["", ".tune", "/a/postgres", "postgres:/x", "mysql://x"] {
            let location = Location::new(text);
            assert!(!location.is_postgres());
            assert_eq!(location.directory(), PathBuf::from(text));
            assert_eq!(location.to_string(), text);
        }
    }

    #[test]
    fn other_addresses_are_of_no_store() {
        for (text, scheme) in [
            ("mysql://ann:secret@db/x", Some("mysql")),
            ("file:///a", Some("file")),
            ("postgres://db/x", None),
            ("a/b://c", None),
            ("://", None),
            (".tune", None),
        ] {
            assert_eq!(Location::new(text).unknown_scheme(), scheme, "{text}");
        }
    }

    #[test]
    fn an_address_that_cannot_be_read_is_refused_without_its_password() {
        let refused = Location::new("postgres://ann:secret@db:port/tune").postgres();
        let error = refused.unwrap_err().to_string();
        assert_eq!(
            error,
            "`postgres://ann@db:port/tune` is not the address of a database"
        );
    }
}
