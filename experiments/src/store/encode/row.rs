//! Rows that are about to be written, in the form in which each database takes many of them at once: SQLite as a list of lists in JSON,
//! PostgreSQL as an array for each column, which it need not take apart again.

use super::Real;
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::postgres::{PgArguments, PgHasArrayType};
use sqlx::{Encode, Postgres, Type, query::Query};
use std::borrow::Cow;

/// A query of PostgreSQL's that is being put together.
pub(in super::super) type Filling<'q> = Query<'q, Postgres, PgArguments>;

/// A row of a table; in JSON a list of its columns.
pub(in super::super) trait Row: Serialize + Sized {
    /// Binds one array for each column, in their order.
    fn bind_columns<'q>(rows: &'q [Self], query: Filling<'q>) -> Filling<'q>;
}

/// A value in a column of an array.
pub(super) trait Cell {
    type Element<'a>: for<'q> Encode<'q, Postgres> + Type<Postgres> + PgHasArrayType
    where
        Self: 'a;

    /// `None` is NULL.
    fn element(&self) -> Option<Self::Element<'_>>;
}

/// Kinds of cells, each with the type as which PostgreSQL takes it and the way there.
macro_rules! cells {
    ($($type:ty as $element:ty: |$cell:ident| $value:expr;)*) => {$(
        impl Cell for $type {
            type Element<'a> = $element where Self: 'a;

            fn element(&self) -> Option<Self::Element<'_>> {
                let $cell = self;
                $value
            }
        }
    )*};
}

cells! {
    i64 as i64: |number| Some(*number);
    bool as bool: |truth| Some(*truth);
    Real as f64: |real| Some(real.0 + 0.0).filter(|real| !real.is_nan());
    &'static str as &'a str: |word| Some(word);
    Cow<'_, str> as &'a str: |text| Some(text);
    Box<RawValue> as &'a str: |json| Some(json.get());
}

impl<T: Cell> Cell for Option<T> {
    type Element<'a>
        = T::Element<'a>
    where
        Self: 'a;

    fn element(&self) -> Option<Self::Element<'_>> {
        self.as_ref().and_then(Cell::element)
    }
}

/// Defines a row by its columns.
macro_rules! row {
    ($(#[$meta:meta])* $name:ident $(<$life:lifetime>)? { $($column:ident: $type:ty),+ $(,)? }) => {
        $(#[$meta])*
        pub(in super::super) struct $name $(<$life>)? { $($column: $type),+ }

        impl $(<$life>)? serde::Serialize for $name $(<$life>)? {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ($(&self.$column,)+).serialize(serializer)
            }
        }

        impl $(<$life>)? Row for $name $(<$life>)? {
            fn bind_columns<'q>(rows: &'q [Self], query: Filling<'q>) -> Filling<'q> {
                $(let query = query.bind(rows.iter().map(|row| row.$column.element()).collect::<Vec<_>>());)+
                query
            }
        }
    };
}
pub(super) use row;
