//! Signals while an experiment runs: the first stops it gently, the second kills its steps, the third ends the process at once.

use crate::exit;
use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tune_experiments::controller::Control;

/// What the user is told after the first signal.
pub const STOPPING: &str = "stopping: running steps end first; press Ctrl-C again to kill them";
/// What the user is told after the second signal.
pub const KILLING: &str = "killing the running steps; they run again when the experiment goes on";

/// The signals that ask the process to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

/// Turns signals into what is wanted of the loop, from now on. Ends with its handle.
pub fn listen() -> Result<(watch::Receiver<Control>, tokio::task::JoinHandle<()>)> {
    let (sender, receiver) = watch::channel(Control::Run);
    let mut signals = Signals::new()?;
    let listening = tokio::spawn(async move {
        for wanted in [Control::Drain, Control::Kill] {
            signals.next().await;
            sender.send_replace(wanted);
        }
        signals.next().await;
        leave();
    });
    Ok((receiver, listening))
}

/// From now on a signal ends the process at once: nothing is under way that it could damage.
pub fn leave_at_once() -> Result<()> {
    let mut signals = Signals::new()?;
    tokio::spawn(async move {
        signals.next().await;
        leave();
    });
    Ok(())
}

#[expect(
    clippy::exit,
    reason = "the user means now; the watchdog ends the processes of the steps"
)]
fn leave() {
    std::process::exit(i32::from(exit::INTERRUPTED));
}
