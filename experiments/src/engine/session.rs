//! The mark by which a process is known to come from a step, wherever it has gone: a variable in its environment that names the session
//! (one run of one engine) and the attempt.

use rustix::process::Pid;
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

/// The processes that carry a mark beginning like this. Where the system has no `/proc`, none is found.
pub(super) fn marked(mark: &str) -> impl Iterator<Item = Pid> {
    let start = format!("{VARIABLE}={mark}");
    processes().filter(move |process| {
        let environment = std::fs::read(format!("/proc/{}/environ", process.as_raw_nonzero()));
        environment.is_ok_and(|environment| has_entry(&environment, start.as_bytes()))
    })
}

fn has_entry(environment: &[u8], start: &[u8]) -> bool {
    environment
        .split(|byte| *byte == 0)
        .any(|entry| entry.starts_with(start))
}

/// All processes of the system.
pub(super) fn processes() -> impl Iterator<Item = Pid> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    #[test]
    fn only_processes_with_the_mark_are_found() {
        let session = new_session();
        // Its environment can be seen only once it truly runs: when it has given back what it was given.
        let start = |value: String| {
            let mut command = Command::new("cat");
            command.env(VARIABLE, value);
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = command.spawn().unwrap();
            child.stdin.as_mut().unwrap().write_all(b"x").unwrap();
            let mut echo = [0];
            child
                .stdout
                .as_mut()
                .unwrap()
                .read_exact(&mut echo)
                .unwrap();
            child
        };
        let mut ours = start(cookie(&session, 1));
        let mut others = start(cookie(&session, 12));
        let found: Vec<u32> = marked(&cookie(&session, 1))
            .map(|process| process.as_raw_nonzero().get().cast_unsigned())
            .collect();
        assert_eq!(found, [ours.id()]);
        assert_eq!(marked(&format!("{session}.")).count(), 2);
        for child in [&mut ours, &mut others] {
            drop(child.stdin.take());
            child.wait().unwrap();
        }
        assert_eq!(marked(&session).count(), 0);
    }
}
