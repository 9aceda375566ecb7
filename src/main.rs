//! The program `tune`: parses the command line, does what it says, and ends with a documented exit code.

mod cli;
mod client;
mod columns;
mod comparison;
mod components;
mod error;
mod exit;
mod http;
mod importance;
#[cfg(feature = "otel")]
mod otel;
mod terminal;
mod wire;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let code = cli::run(cli::parse()).unwrap_or_else(|error| {
        let (text, code) = error::report(&error);
        let text = terminal::harmless::painted(&text, false);
        // If standard error is gone too there is nobody left to tell.
        let _ = std::io::stderr().write_all(text.as_bytes());
        code
    });
    #[cfg(feature = "otel")]
    otel::end();
    ExitCode::from(code)
}
