//! A statement and what is bound to it, for either database: text with `$1`, `$2` … and values of the few kinds that both have.

use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, SqlStr, Sqlite, query::Query};

/// A value that is bound to a statement; `None` is NULL.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Argument {
    Int(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Bool(Option<bool>),
}

/// A statement with its arguments.
#[derive(Clone, Debug)]
pub(in super::super) struct Statement {
    text: SqlStr,
    arguments: Vec<Argument>,
}

impl Statement {
    pub(in super::super) fn new(text: &'static str) -> Self {
        Self {
            text: text.into_sql_str(),
            arguments: Vec::new(),
        }
    }

    /// A statement that was put together: nothing of what a user wrote may be in its text.
    pub(in super::super) fn built(text: String, arguments: Vec<Argument>) -> Self {
        Self {
            text: AssertSqlSafe(text).into_sql_str(),
            arguments,
        }
    }

    /// Binds the next argument.
    pub(in super::super) fn bind(mut self, argument: impl Into<Argument>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(super) fn sqlite(self) -> Query<'static, Sqlite, SqliteArguments> {
        let query = sqlx::query(self.text);
        self.arguments
            .into_iter()
            .fold(query, |query, argument| match argument {
                Argument::Int(value) => query.bind(value),
                Argument::Real(value) => query.bind(value),
                Argument::Text(value) => query.bind(value),
                Argument::Bytes(value) => query.bind(value),
                Argument::Bool(value) => query.bind(value),
            })
    }

    pub(super) fn postgres(self) -> Query<'static, Postgres, PgArguments> {
        let query = sqlx::query(self.text);
        self.arguments
            .into_iter()
            .fold(query, |query, argument| match argument {
                Argument::Int(value) => query.bind(value),
                Argument::Real(value) => query.bind(value),
                Argument::Text(value) => query.bind(value),
                Argument::Bytes(value) => query.bind(value),
                Argument::Bool(value) => query.bind(value),
            })
    }
}

/// Values and, as NULL, their absence.
macro_rules! arguments {
    ($($type:ty => $kind:ident),*) => {$(
        impl From<$type> for Argument {
            fn from(value: $type) -> Self {
                Self::$kind(Some(value.into()))
            }
        }

        impl From<Option<$type>> for Argument {
            fn from(value: Option<$type>) -> Self {
                Self::$kind(value.map(Into::into))
            }
        }
    )*};
}

arguments!(i64 => Int, u32 => Int, f64 => Real, String => Text, &str => Text, Vec<u8> => Bytes, bool => Bool);
