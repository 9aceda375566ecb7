//! `tune watch`: follows an experiment from another terminal or machine.

use super::backend::Backend;
use super::context::Context;
use super::follow::{Follower, Since};
use super::outcome::conclude;
use super::signals;
use crate::exit;
use crate::terminal::result::shell_word;
use anyhow::Result;
use clap::Args;
use tokio::sync::oneshot;
use tune_experiments::controller::Control;
use tune_experiments::spec::Experiment;
use tune_experiments::store::ExperimentRecord;

/// Follow an experiment until it ends
///
/// It ends with the same exit codes as `tune run`. Ctrl-C ends the watching, not the experiment.
#[derive(Args, Debug)]
pub struct WatchArgs {
    /// Name of the experiment
    name: String,
    /// Print what becomes of the experiment, its trials and steps as JSON lines
    #[arg(long)]
    json: bool,
}

pub async fn run(args: WatchArgs, context: Context) -> Result<u8> {
    let backend = context.backend().await?;
    let record = context.experiment(&backend, &args.name).await?;
    let experiment = context.spec(&record)?;
    if record.state.is_finished() {
        return conclude(&context, &backend, &record, &experiment, args.json).await;
    }
    let since = Since::Now;
    Box::pin(watch(
        &context,
        &backend,
        record,
        &experiment,
        since,
        args.json,
    ))
    .await
}

/// Shows the experiment until it ends or a signal comes. The answer is the exit code.
pub async fn watch(
    context: &Context,
    backend: &Backend,
    record: ExperimentRecord,
    experiment: &Experiment,
    since: Since,
    json: bool,
) -> Result<u8> {
    let (mut control, listening) = signals::listen()?;
    let follower = Follower::new(
        backend.clone(),
        record.clone(),
        experiment.clone(),
        since,
        None,
        context,
        json,
    );
    let follower = follower.await?;
    if since == Since::Now {
        // It may have ended before the first event that is followed, and nothing would ever tell.
        let now = context.experiment(backend, &record.name).await?;
        if now.state.is_finished() {
            listening.abort();
            signals::leave_at_once()?;
            return conclude(context, backend, &now, experiment, json).await;
        }
    }
    // It never hears that the user wants the experiment to stop: the user only wants to leave.
    let (_running, unchanged) = tokio::sync::watch::channel(Control::Run);
    let (leave, left) = oneshot::channel();
    let mut following = std::pin::pin!(follower.follow(unchanged, left));
    let has_ended = tokio::select! {
        ended = &mut following => {
            ended?;
            true
        }
        () = signals::wanted(&mut control, Control::Drain) => {
            // It clears the terminal first; a display that has ended already needs no word.
            let _ = leave.send(());
            following.await?;
            false
        }
    };
    listening.abort();
    signals::leave_at_once()?;
    let record = context.experiment(backend, &record.name).await?;
    if has_ended || record.state.is_finished() {
        return conclude(context, backend, &record, experiment, json).await;
    }
    context.say(&detached(&context.tune, &record));
    Ok(exit::INTERRUPTED)
}

fn detached(tune: &str, record: &ExperimentRecord) -> String {
    let word = shell_word(&record.name);
    format!(
        "`{}` goes on without you; `{tune} watch {word}` follows it again, `{tune} cancel {word}` ends it",
        record.name
    )
}
