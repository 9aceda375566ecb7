//! The processes of one attempt: its process group, and those that left the group but still carry the attempt's mark.

use super::course::Signal;
use crate::engine::session::signal_marked;
use rustix::process::{
    Pid, Signal as SystemSignal, WaitOptions, kill_process_group, test_kill_process_group, waitpgid,
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
    }

    /// Signals all that carry the attempt's mark, which takes a look at every process of the system.
    pub fn signal_strays(&self, signal: Signal) {
        signal_marked(&self.cookie, system(signal));
    }

    /// Whether the group, whose leader has been waited for, still has members. Its id is not given to another process meanwhile: the
    /// system hands ids out in turn, and this is asked right after the leader's end.
    pub fn is_alive(&self) -> bool {
        if test_kill_process_group(self.id).is_err() {
            return false;
        }
        // Where `tune` is the system's first process, orphans become its children, and nobody else would bury them.
        while let Ok(Some(_)) = waitpgid(self.id, WaitOptions::NOHANG) {}
        test_kill_process_group(self.id).is_ok()
    }
}

fn system(signal: Signal) -> SystemSignal {
    match signal {
        Signal::Terminate => SystemSignal::TERM,
        Signal::Kill => SystemSignal::KILL,
    }
}
