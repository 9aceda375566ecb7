//! `tune note`: what people have to say about an experiment or a trial.

use super::backend::Backend;
use super::context::Context;
use crate::error::Failure;
use crate::exit;
use crate::terminal::harmless;
use anyhow::{Context as _, Result};
use clap::Args;
use std::io::Read;
use tune_experiments::notes::NotesPatch;
use tune_experiments::store::ExperimentRecord;

/// Write a note about an experiment or a trial, or show it
#[derive(Args, Debug)]
pub struct NoteArgs {
    /// Name of the experiment
    name: String,
    /// The note, in place of the one that is there; `-` reads it from standard input, an empty one takes it away
    text: Option<String>,
    /// Write about this trial instead of the experiment
    #[arg(long, value_name = "NUMBER")]
    trial: Option<u64>,
}

pub async fn run(args: NoteArgs, context: Context) -> Result<u8> {
    let (backend, record) = of(&context, &args.name, args.trial).await?;
    let Some(text) = args.text else {
        let notes = backend.notes(&record, args.trial).await?;
        match notes.note.is_empty() {
            true => context.say("no note"),
            false => context.print(&format!("{}\n", harmless::plain(notes.note.trim_end())))?,
        }
        return Ok(exit::SUCCEEDED);
    };
    let patch = NotesPatch {
        note: Some(given(text)?),
        ..NotesPatch::default()
    };
    backend.change_notes(&record, args.trial, patch).await?;
    Ok(exit::SUCCEEDED)
}

fn given(text: String) -> Result<String> {
    if text != "-" {
        return Ok(text);
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.context("cannot read the note from standard input")?;
    Ok(text)
}

/// The experiment that is written about; its trial must be there.
pub async fn of(
    context: &Context,
    name: &str,
    trial: Option<u64>,
) -> Result<(Backend, ExperimentRecord)> {
    let backend = context.backend().await?;
    let record = context.experiment(&backend, name).await?;
    if let Some(number) = trial
        && backend.trial(&record, number).await?.is_none()
    {
        return Err(Failure::new(format!("`{name}` has no trial {number}")).into());
    }
    Ok((backend, record))
}
