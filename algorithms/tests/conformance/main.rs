//! What every algorithm must do, whichever it is: each test runs all of `ALGORITHMS` on many spaces.
//! What only one of them does is tested beside its code.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod contract;
#[expect(dead_code, reason = "the example `stopping` shows more of it")]
mod curves;
mod endings;
mod expected;
mod hardship;
mod learning;
mod prior;
mod rules;
mod search;
mod space_properties;
mod spaces;
mod stopping;
