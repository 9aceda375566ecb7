//! Signals while an experiment runs: the first stops it gently, the second kills its steps, the third ends the process at once.
//! What whoever started the process has ignored, as `nohup` does, stays ignored.

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
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

impl Signals {
    fn new() -> Result<Self> {
        // Linux tells it here; elsewhere nothing counts as ignored.
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        let unless_ignored = |kind: SignalKind| {
            let is_ignored = ignored >> (kind.as_raw_value() - 1) & 1 == 1;
            (!is_ignored).then(|| signal(kind)).transpose()
        };
        Ok(Self {
            interrupt: unless_ignored(SignalKind::interrupt())?,
            terminate: unless_ignored(SignalKind::terminate())?,
            hangup: unless_ignored(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            () = received(&mut self.interrupt) => {}
            () = received(&mut self.terminate) => {}
            () = received(&mut self.hangup) => {}
        }
    }
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// The set of ignored signals in `/proc/PID/status`: signal n is bit n - 1.
fn ignored(status: &str) -> u64 {
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok())
        .unwrap_or(0)
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

/// Until so much is wanted. What came is not handed on: whoever held it would keep the next signal, which is taken in on the same thread,
/// waiting for ever.
pub async fn wanted(control: &mut watch::Receiver<Control>, least: Control) {
    // Without a sender nothing more can come: whoever listened has ended.
    let _ = control.wait_for(|wanted| *wanted >= least).await;
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

#[cfg(test)]
mod tests {
    use super::{ignored, wanted};
    use tokio::sync::watch;
    use tune_experiments::controller::Control;

    #[tokio::test]
    async fn the_next_signal_is_taken_in_while_the_last_is_answered() {
        let (sender, mut control) = watch::channel(Control::Drain);
        tokio::select! {
            () = wanted(&mut control, Control::Drain) => {
                sender.send_replace(Control::Kill);
            }
        }
        assert_eq!(*control.borrow(), Control::Kill);
    }

    #[test]
    fn the_ignored_signals_are_read() {
        let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert_eq!(ignored(status), 0x1001);
        assert_eq!(ignored("no such line"), 0);
    }
}
