//! The mark by which a process is known to come from a step, wherever it has gone: a variable in its environment that names the session
//! (one run of one engine) and the attempt.

use rustix::process::{Pid, Signal, kill_process};
use std::hash::{BuildHasher, Hasher, RandomState};

/// The variable that every step gets.
pub(super) const VARIABLE: &str = "TUNE_SESSION";

/// A name that no other session has.
pub(super) fn new_session() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("{}-{random:016x}", std::process::id())
}

/// The mark of one attempt of a session.
pub(super) fn cookie(session: &str, attempt: u64) -> String {
    format!("{session}.{attempt}.")
}

/// Sends a signal to every process that carries a mark beginning like this. Returns how many there were.
pub(super) fn signal_marked(mark: &str, signal: Signal) -> usize {
    let processes = marked(mark);
    for process in &processes {
        // It may have ended meanwhile.
        let _ = kill_process(*process, signal);
    }
    processes.len()
}

/// The processes that carry a mark beginning like this. Where the system has no `/proc`, none is found.
fn marked(mark: &str) -> Vec<Pid> {
    let start = format!("{VARIABLE}={mark}");
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let carries = |pid: &Pid| {
        std::fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero()))
            .is_ok_and(|environment| has_entry(&environment, start.as_bytes()))
    };
    let pid = |name: &std::ffi::OsStr| name.to_str()?.parse().ok().and_then(Pid::from_raw);
    entries
        .filter_map(|entry| pid(&entry.ok()?.file_name()))
        .filter(carries)
        .collect()
}

fn has_entry(environment: &[u8], start: &[u8]) -> bool {
    environment
        .split(|byte| *byte == 0)
        .any(|entry| entry.starts_with(start))
}
