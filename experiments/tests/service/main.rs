//! The service on a real store: what clients and operators are promised, with an engine that does what the tests say.

mod clients;
mod courses;
mod engine;
mod place;
mod sharing;
