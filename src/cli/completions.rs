//! `tune completions`: completions for a shell.

use super::context::Context;
use crate::exit;
use anyhow::Result;
use clap::Args;
use clap_complete::Shell;

/// Print completions for a shell
///
/// For bash: tune completions bash > ~/.local/share/bash-completion/completions/tune
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub fn run(args: &CompletionsArgs, context: &Context) -> Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "tune", &mut text);
    context.print(&String::from_utf8_lossy(&text))?;
    Ok(exit::SUCCEEDED)
}
