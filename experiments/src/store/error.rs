//! What can go wrong with a store, in words that help. The one place that knows the databases' result codes.

use super::{ExperimentId, Location};
use sqlx::postgres::PgDatabaseError;
use std::path::{Path, PathBuf};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is none.
    #[error("there is no store at `{}`", .0.display())]
    NoStore(PathBuf),
    /// The store's path is taken by a file.
    #[error("the store `{}` is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// The store's directory or one of its files cannot be made, read or written.
    #[error("cannot open the store: `{}`", .path.display())]
    Unusable {
        /// The directory or file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// `tune.db` holds something else.
    #[error("`{}` is not a database of tune", .0.display())]
    NotADatabase(PathBuf),
    /// What is stored cannot be understood.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The address of a shared store cannot be understood.
    #[error("`{0}` is not the address of a database")]
    BadAddress(String),
    /// The database server lets nobody in with this address.
    #[error("the database `{location}` does not let us in")]
    Refused {
        /// Its address, without the password.
        location: String,
        /// What it says.
        source: sqlx::Error,
    },
    /// A newer version of tune has changed the schema.
    #[error("this store was written by a newer tune (schema {found}, this one knows {known})")]
    NewerSchema {
        /// The store's schema.
        found: i64,
        /// The newest schema that this binary knows.
        known: i64,
    },
    /// The store has yet to be migrated, but cannot be written.
    #[error(
        "this store was written by an older tune (schema {found}, this one needs {known}) and cannot be written"
    )]
    OlderSchema {
        /// The store's schema.
        found: i64,
        /// The schema that this binary needs.
        known: i64,
    },
    /// A write to a store that was opened for reading only.
    #[error("the store can only be read")]
    ReadOnly,
    /// Another process kept the database locked for too long.
    #[error("another process keeps the store locked")]
    Busy,
    /// No space is left.
    #[error("the disk with the store is full")]
    DiskFull,
    /// An experiment of this name exists.
    #[error("there is already an experiment `{0}`")]
    NameTaken(String),
    /// A token of this name exists.
    #[error("there is already a token `{0}`")]
    TokenExists(String),
    /// Another process has taken the experiment over; nothing was written.
    #[error("another process has taken the experiment over")]
    TakenOver,
    /// The database cannot be reached, for now.
    #[error("the database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// The experiment is gone.
    #[error("there is no experiment with the id {}", .0.0)]
    NoSuchExperiment(ExperimentId),
    /// Another process drives the experiment.
    #[error("the experiment is being run by another process")]
    InUse,
    /// A path that is not UTF-8.
    #[error("the directory `{}` cannot be stored: its name is not valid unicode", .0.display())]
    NotUnicode(PathBuf),
    /// A level must be a number, infinite at most.
    #[error("metric `{0}`: the level is not a number")]
    BadLevel(String),
    /// A record that has no form in the database.
    #[error("cannot be stored: {0}")]
    Unwritable(String),
    /// A trial query that makes no sense.
    #[error("{0}")]
    BadQuery(String),
    /// Anything else the database says.
    #[error("the store's database failed")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoStore(_) => Some("`tune run FILE` makes one; `--store PATH` names another"),
            Self::NotADirectory(_) => Some("name a directory, or a path that does not exist yet"),
            Self::Unusable { .. } => Some("check its permissions, or name another store"),
            Self::NotADatabase(_) => Some("move the file away, or name another store"),
            Self::Damaged(_) => Some("restore `tune.db` from a copy, or start with a new store"),
            Self::BadAddress(_) => {
                Some("write it as `postgres://USER:PASSWORD@HOST:PORT/DATABASE`")
            }
            Self::Refused { .. } => Some("check the user, the password and the database's name"),
            Self::NewerSchema { .. } => Some("use that version"),
            Self::OlderSchema { .. } => {
                Some("make the store writable, or copy it, to bring it up to date")
            }
            Self::ReadOnly => Some("check the permissions of its directory and of `tune.db`"),
            Self::Busy => {
                Some("try again; if it stays so, look for a process that holds `tune.db` open")
            }
            Self::DiskFull => Some("free some space; nothing that was acknowledged is lost"),
            Self::NameTaken(_) => Some("choose another name, or delete that experiment"),
            Self::InUse => Some("wait for that process to end, or stop it"),
            Self::TokenExists(_) => Some("choose another name, or revoke that token"),
            Self::Unavailable(_) => {
                Some("is the database server running, and is the address right?")
            }
            Self::TakenOver => None,
            Self::NotUnicode(_) => Some("rename the directory"),
            Self::NoSuchExperiment(_)
            | Self::Unwritable(_)
            | Self::BadLevel(_)
            | Self::BadQuery(_)
            | Self::Database(_) => None,
        }
    }

    /// The same for one more who waits. What may pass stays what may pass, and nothing else becomes that.
    pub(crate) fn again(&self) -> Self {
        let words = |error: &dyn std::error::Error| {
            sqlx::Error::Io(std::io::Error::other(error.to_string()))
        };
        match self {
            Self::Busy => Self::Busy,
            Self::DiskFull => Self::DiskFull,
            Self::InUse => Self::InUse,
            Self::TakenOver => Self::TakenOver,
            Self::ReadOnly => Self::ReadOnly,
            Self::NoSuchExperiment(id) => Self::NoSuchExperiment(*id),
            Self::Damaged(words) => Self::Damaged(words.clone()),
            Self::Unavailable(source) => Self::Unavailable(words(source)),
            Self::Database(source) => Self::Database(words(source)),
            other => Self::Database(words(other)),
        }
    }

    /// What `source` means for the file or directory at `path`.
    pub(super) fn at(path: &Path, source: std::io::Error) -> Self {
        use std::io::ErrorKind::{NotADirectory, ReadOnlyFilesystem, StorageFull};
        match source.kind() {
            StorageFull => Self::DiskFull,
            NotADirectory => Self::NotADirectory(path.to_owned()),
            ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Unusable {
                path: path.to_owned(),
                source,
            },
        }
    }

    /// What `error` means for the database file at `path`.
    pub(super) fn opening(path: &Path, error: sqlx::Error) -> Self {
        match primary_code(&error) {
            Some(sqlite::NOT_A_DATABASE) => Self::NotADatabase(path.to_owned()),
            Some(sqlite::CANNOT_OPEN | sqlite::NO_PERMISSION) => Self::Unusable {
                path: path.to_owned(),
                source: std::io::Error::other(error),
            },
            _ => error.into(),
        }
    }
}

impl StoreError {
    /// What `error` means when a connection to PostgreSQL was asked for.
    pub(super) fn connecting(location: &Location, error: sqlx::Error) -> Self {
        match postgres_code(&error).as_deref() {
            Some(code) if code.starts_with("28") || code == postgres::NO_SUCH_DATABASE => {
                Self::Refused {
                    location: location.to_string(),
                    source: error,
                }
            }
            _ => match error {
                error @ (sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) => {
                    Self::Unavailable(error)
                }
                other => other.into(),
            },
        }
    }

    /// Whether it is unknown if what was to be written is stored.
    pub(super) fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let Some(code) = postgres_code(&error) {
            return by_postgres_code(&code, error);
        }
        match primary_code(&error) {
            Some(sqlite::BUSY | sqlite::LOCKED) => Self::Busy,
            Some(sqlite::FULL) => Self::DiskFull,
            Some(sqlite::READ_ONLY) => Self::ReadOnly,
            Some(sqlite::CORRUPT | sqlite::NOT_A_DATABASE) => Self::Damaged(error.to_string()),
            _ => match error {
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                    Self::Damaged(error.to_string())
                }
                sqlx::Error::PoolTimedOut => Self::Busy,
                // Only a connection to a server can break.
                sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => {
                    Self::Unavailable(error)
                }
                other => Self::Database(other),
            },
        }
    }
}

fn by_postgres_code(code: &str, error: sqlx::Error) -> StoreError {
    match code {
        postgres::DISK_FULL => StoreError::DiskFull,
        postgres::READ_ONLY => StoreError::ReadOnly,
        postgres::LOCK_NOT_AVAILABLE | postgres::QUERY_CANCELED => StoreError::Busy,
        postgres::TOO_MANY_CONNECTIONS
        | postgres::ADMIN_SHUTDOWN
        | postgres::CRASH_SHUTDOWN
        | postgres::CANNOT_CONNECT_NOW
        | postgres::IDLE_IN_TRANSACTION
        | postgres::DEADLOCK => StoreError::Unavailable(error),
        _ if code.starts_with("08") => StoreError::Unavailable(error),
        _ if code.starts_with("XX") => StoreError::Damaged(error.to_string()),
        _ => StoreError::Database(error),
    }
}

/// SQLSTATE codes (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
mod postgres {
    pub const READ_ONLY: &str = "25006";
    pub const IDLE_IN_TRANSACTION: &str = "25P03";
    pub const NO_SUCH_DATABASE: &str = "3D000";
    pub const DEADLOCK: &str = "40P01";
    pub const DISK_FULL: &str = "53100";
    pub const TOO_MANY_CONNECTIONS: &str = "53300";
    pub const LOCK_NOT_AVAILABLE: &str = "55P03";
    pub const QUERY_CANCELED: &str = "57014";
    pub const ADMIN_SHUTDOWN: &str = "57P01";
    pub const CRASH_SHUTDOWN: &str = "57P02";
    pub const CANNOT_CONNECT_NOW: &str = "57P03";
}

fn postgres_code(error: &sqlx::Error) -> Option<String> {
    let sqlx::Error::Database(cause) = error else {
        return None;
    };
    let error = cause.try_downcast_ref::<PgDatabaseError>()?;
    Some(error.code().to_owned())
}

/// Primary result codes of SQLite (<https://sqlite.org/rescode.html>).
mod sqlite {
    pub const NO_PERMISSION: i32 = 3;
    pub const BUSY: i32 = 5;
    pub const LOCKED: i32 = 6;
    pub const READ_ONLY: i32 = 8;
    pub const CORRUPT: i32 = 11;
    pub const FULL: i32 = 13;
    pub const CANNOT_OPEN: i32 = 14;
    pub const NOT_A_DATABASE: i32 = 26;
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let sqlx::Error::Database(cause) = error else {
        return None;
    };
    let extended: i32 = cause.code()?.parse().ok()?;
    Some(extended & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permanent_fault_is_not_told_again_as_one_that_passes() {
        let damaged = StoreError::Damaged("page 7".to_owned()).again();
        assert!(matches!(damaged, StoreError::Damaged(words) if words == "page 7"));
        let failed = StoreError::Database(sqlx::Error::RowNotFound).again();
        assert!(matches!(failed, StoreError::Database(_)), "{failed:?}");
        let refused = StoreError::Unwritable("x".to_owned()).again();
        assert!(matches!(refused, StoreError::Database(_)), "{refused:?}");
        let away = StoreError::Unavailable(sqlx::Error::PoolTimedOut).again();
        assert!(matches!(away, StoreError::Unavailable(_)), "{away:?}");
    }
}
