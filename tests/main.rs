//! Tests of the whole program through its binary: one file per subject.

mod cli_commands;
mod cli_help;
mod clients;
mod cluster;
mod crash;
mod examples;
mod harness;
mod http;
mod knowledge;
mod logs;
mod notes;
#[cfg(feature = "otel")]
mod otel;
mod readme;
mod remote;
mod resilience;
mod server;
mod shells;
mod trouble;
mod ui;
