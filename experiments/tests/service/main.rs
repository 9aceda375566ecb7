//! The service on a real store: what clients and operators are promised, with an engine that does what the tests say.

#![expect(clippy::unwrap_used, reason = "it is a test")]

mod clients;
mod courses;
mod engine;
mod place;
mod sharing;
