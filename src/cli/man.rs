//! `tune man`: the manual page.

use super::context::Context;
use crate::exit;
use anyhow::Result;
use clap::Args;

/// Print the manual page
///
/// To read it: tune man | man -l -
#[derive(Args, Debug)]
pub struct ManArgs {}

pub fn run(ManArgs {}: &ManArgs, context: &Context) -> Result<u8> {
    let mut command = super::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for subcommand in command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        page.extend(b".SH \"TUNE ");
        page.extend(subcommand.get_name().to_uppercase().bytes());
        page.extend(b"\"\n");
        let man = clap_mangen::Man::new(subcommand.clone());
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    context.print(&String::from_utf8_lossy(&page))?;
    Ok(exit::SUCCEEDED)
}
