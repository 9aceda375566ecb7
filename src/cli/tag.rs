//! `tune tag`: words by which experiments and trials are found.

use super::context::Context;
use super::note::of;
use crate::exit;
use anyhow::Result;
use clap::Args;
use tune_experiments::notes::{NotesPatch, TAG_RULE, is_tag};

/// Tag an experiment or a trial, or show its tags
///
/// `tune list --tag TAG` and `tune trials NAME --tag TAG` find what has a tag. Tags that an experiment has from the beginning stand in its
/// file.
#[derive(Args, Debug)]
pub struct TagArgs {
    /// Name of the experiment
    name: String,
    /// Tags to add
    #[arg(value_name = "TAG", value_parser = word)]
    add: Vec<String>,
    /// A tag to take away; may be repeated
    #[arg(short, long, value_name = "TAG", value_parser = word)]
    remove: Vec<String>,
    /// Tag this trial instead of the experiment
    #[arg(long, value_name = "NUMBER")]
    trial: Option<u64>,
}

/// One tag, as an argument.
pub fn word(given: &str) -> Result<String, &'static str> {
    match is_tag(given) {
        true => Ok(given.to_owned()),
        false => Err(TAG_RULE),
    }
}

pub async fn run(args: TagArgs, context: Context) -> Result<u8> {
    let (backend, record) = of(&context, &args.name, args.trial).await?;
    let patch = NotesPatch {
        add: args.add,
        remove: args.remove,
        ..NotesPatch::default()
    };
    let notes = match patch == NotesPatch::default() {
        true => backend.notes(&record, args.trial).await?,
        false => backend.change_notes(&record, args.trial, patch).await?,
    };
    match notes.tags.is_empty() {
        true => context.say("no tags"),
        false => context.print(&format!("{}\n", notes.tags.join(" ")))?,
    }
    Ok(exit::SUCCEEDED)
}
