//! Experiment files: read from disk or standard input, and their problems shown.

use super::context::Context;
use super::run::FileArgs;
use crate::components::BuiltIn;
use crate::error::{Failure, InvalidFile};
use anyhow::{Context as _, Result};
use miette::{GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use tune_experiments::spec::{self, MAX_BYTES, Source, SpecError, Submission};

/// The text of the file, or of standard input for `-`. The inner error is about what the file holds.
pub fn read(file: &Path) -> Result<Result<Source, SpecError>> {
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to see that it is too large.
    let limit = MAX_BYTES as u64 + 1;
    let name = if file.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .take(limit)
            .read_to_end(&mut bytes)
            .context("cannot read standard input")?;
        "<stdin>".to_owned()
    } else {
        std::fs::File::open(file)
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .map_err(|error| unreadable(file, &error))?;
        file.display().to_string()
    };
    Ok(Source::from_bytes(name, bytes))
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    let failure = Failure::new(format!("cannot read {}: {error}", file.display()));
    let is_name = file.extension().is_none() && file.components().count() == 1;
    match error.kind() {
        ErrorKind::NotFound if is_name => failure.hint(format!(
            "a file is needed here; `tune resume {}` goes on with an experiment by its name",
            file.display()
        )),
        ErrorKind::NotFound => failure.hint("`tune init FILE` writes an experiment to start from"),
        _ => failure,
    }
}

/// What an experiment file says, with the options that set its keys; its problems are shown.
pub fn checked(args: &FileArgs, context: &Context) -> Result<Submission> {
    let components = BuiltIn::new()?;
    let read =
        read(&args.file)?.and_then(|source| spec::read(&source, &args.overrides(), &components));
    Ok(read.map_err(|error| {
        show(&error, context);
        InvalidFile
    })?)
}

/// Shows the problems on standard error, each with its lines.
pub fn show(error: &SpecError, context: &Context) {
    let style = &context.error_style;
    let theme = GraphicalTheme {
        characters: match style.unicode {
            true => ThemeCharacters::unicode(),
            false => ThemeCharacters::ascii(),
        },
        styles: match style.colors {
            true => ThemeStyles::ansi(),
            false => ThemeStyles::none(),
        },
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width.unwrap_or(100));
    let mut text = String::new();
    if handler.render_report(&mut text, error).is_err() {
        // Rendering into memory only fails where the positions do; the message alone still helps.
        text = error.to_string();
    }
    // The exit code tells it too, should nobody read this.
    let _ = writeln!(std::io::stderr(), "{text}");
}
