//! The processes of one attempt: its process group, and those that left the group but still carry the attempt's mark.

use super::course::Signal;
use crate::engine::session::marked;
#[cfg(target_os = "linux")]
use crate::engine::session::processes;
use rustix::process::{
    Pid, Signal as SystemSignal, WaitOptions, getpgid, kill_process, kill_process_group,
    test_kill_process_group, waitpgid,
};

/// The processes of one attempt.
pub(super) struct Group {
    id: Pid,
    cookie: String,
}

impl Group {
    /// The group that this process leads.
    pub fn new(leader: Pid, cookie: String) -> Self {
        Self { id: leader, cookie }
    }

    /// Signals the group.
    pub fn signal(&self, signal: Signal) {
        // That nobody is left is no error.
        let _ = kill_process_group(self.id, system(signal));
        if signal == Signal::Terminate {
            // Who is suspended would not hear it.
            let _ = kill_process_group(self.id, SystemSignal::CONT);
        }
    }

    /// Signals those that carry the attempt's mark but have left the group, which takes a look at every process of the system.
    pub fn signal_strays(&self, signal: Signal) {
        for process in marked(&self.cookie) {
            if getpgid(Some(process)) != Ok(self.id) {
                // It may have ended meanwhile.
                let _ = kill_process(process, system(signal));
            }
        }
    }

    /// Whether the group, whose leader has been waited for, still has members that live. Its id is not given to another process
    /// meanwhile: the system hands ids out in turn, and this is asked right after the leader's end. As a rule nobody is left, which is
    /// known at once; to look at every process of the system takes a thread that may block.
    pub async fn is_alive(&self) -> bool {
        let group = self.id;
        if test_kill_process_group(group).is_err() {
            return false;
        }
        // Broken off: nobody has seen its end.
        tokio::task::spawn_blocking(move || has_living_member(group))
            .await
            .unwrap_or(true)
    }
}

/// Members that have ended but were not waited for do not count: their new parent may never do it, as in many containers. Where `tune`
/// itself is that parent, they are waited for here.
#[cfg(target_os = "linux")]
fn has_living_member(group: Pid) -> bool {
    while let Ok(Some(_)) = waitpgid(group, WaitOptions::NOHANG) {}
    let group = group.as_raw_nonzero().to_string();
    let lives = |process: Pid| {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).ok()?;
        // Of `PID (NAME) STATE PARENT GROUP …`, where a name may hold anything.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let state = fields.next()?;
        let _parent = fields.next()?;
        Some(fields.next()? == group && !matches!(state, "Z" | "X"))
    };
    processes().any(|process| lives(process).unwrap_or(false))
}

#[cfg(not(target_os = "linux"))]
fn has_living_member(group: Pid) -> bool {
    while let Ok(Some(_)) = waitpgid(group, WaitOptions::NOHANG) {}
    test_kill_process_group(group).is_ok()
}

fn system(signal: Signal) -> SystemSignal {
    match signal {
        Signal::Terminate => SystemSignal::TERM,
        Signal::Kill => SystemSignal::KILL,
    }
}
