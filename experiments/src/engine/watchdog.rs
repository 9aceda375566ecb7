//! Ends the processes of all steps when `tune` has ended, however it ended. A process of its own: it waits for the end of a pipe that
//! only `tune` holds, then kills the groups that `tune` had noted down, and whoever still carries the session's mark.
//!
//! Only a process that both leaves its group and clears its environment can escape, which takes intent.
//!
//! The notes are a table in memory that both processes share: one process group id per slot, zero when the slot is free. So a step costs
//! no message to the watchdog and never wakes it.

use super::session::marked;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Tells the watchdog which session it watches.
const SESSION_VARIABLE: &str = "TUNE_WATCHDOG_SESSION";

/// Bytes of one entry of the table.
const ENTRY: usize = size_of::<u32>();

/// How often processes are looked for that others may have started meanwhile, and the pause between.
const ROUNDS: usize = 500;
const PAUSE: Duration = Duration::from_millis(2);

/// The side of the watchdog that lives in `tune`.
#[derive(Debug)]
pub(super) struct Watchdog {
    command: Vec<String>,
    session: String,
    table: File,
    process: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    /// Its end is the watchdog's sign.
    lifeline: Option<ChildStdin>,
}

impl Watchdog {
    /// A watchdog that will be started by this command.
    pub fn new(command: Vec<String>, session: String) -> io::Result<Self> {
        Ok(Self {
            command,
            session,
            table: new_table()?,
            process: Mutex::new(None),
        })
    }

    /// Starts the watchdog unless it runs.
    pub fn ensure_running(&self) -> io::Result<()> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = process.as_mut()
            && running.child.try_wait()?.is_none()
        {
            return Ok(());
        }
        *process = Some(self.start()?);
        Ok(())
    }

    /// Notes down which process group has the slot.
    pub fn note(&self, slot: u32, group: u32) -> io::Result<()> {
        let offset = u64::from(slot) * ENTRY as u64;
        self.table.write_all_at(&group.to_le_bytes(), offset)
    }

    /// In a process group of its own, so that what the terminal sends to `tune` does not reach it.
    fn start(&self) -> io::Result<Running> {
        let (program, arguments) = self
            .command
            .split_first()
            .ok_or_else(|| io::Error::other("the watchdog's command is empty"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .env(SESSION_VARIABLE, &self.session)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(self.table.try_clone()?)
            .stderr(Stdio::null())
            .spawn()?;
        let lifeline = child.stdin.take();
        Ok(Running { child, lifeline })
    }
}

impl Drop for Watchdog {
    /// Lets the watchdog do its work, and waits for it.
    fn drop(&mut self) {
        let process = self
            .process
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = process {
            drop(running.lifeline.take());
            if let Err(error) = running.child.wait() {
                tracing::warn!(%error, "the watchdog did not end");
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn new_table() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(memfd_create("tune-groups", MemfdFlags::CLOEXEC)?.into())
}

#[cfg(not(target_os = "linux"))]
fn new_table() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("tune-groups-{}", super::session::new_session()));
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

/// The watchdog itself: what the hidden command that [`LocalOptions::watchdog`](super::LocalOptions::watchdog) names must call, and
/// nothing else. Returns when `tune` has ended and nothing of its steps is left.
///
/// # Errors
/// When it was not started by an engine.
pub fn run() -> io::Result<()> {
    let session = std::env::var(SESSION_VARIABLE).map_err(|_| {
        io::Error::other("the watchdog is started by the local engine, not by hand")
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let _guard = runtime.enter();
    let _ignored = ignore_signals()?;
    name_process();
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    for group in noted_groups()? {
        // It may have ended meanwhile.
        let _ = kill_process_group(group, Signal::KILL);
    }
    hunt(&format!("{session}."));
    Ok(())
}

/// Kills until nobody has been found twice in a row: a process that is just being started shows its mark a moment later.
fn hunt(mark: &str) {
    let mut found_nobody = false;
    for _ in 0..ROUNDS {
        let found = kill_marked(mark) > 0;
        if !found && found_nobody {
            break;
        }
        found_nobody = !found;
        std::thread::sleep(PAUSE);
    }
}

/// Returns how many there were.
fn kill_marked(mark: &str) -> usize {
    let processes: Vec<Pid> = marked(mark).collect();
    for process in &processes {
        // It may have ended meanwhile.
        let _ = kill_process(*process, Signal::KILL);
    }
    processes.len()
}

/// Whoever ends `tune` by name or by terminal must not end its watchdog first.
fn ignore_signals() -> io::Result<Vec<tokio::signal::unix::Signal>> {
    [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
        SignalKind::quit(),
    ]
    .into_iter()
    .map(signal)
    .collect()
}

/// `killall -9 tune` shall not find it.
#[cfg(target_os = "linux")]
fn name_process() {
    // Only a name.
    let _ = rustix::thread::set_name(c"watchdog");
}

#[cfg(not(target_os = "linux"))]
fn name_process() {}

fn noted_groups() -> io::Result<Vec<Pid>> {
    let mut table = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let mut bytes = Vec::new();
    table.rewind()?;
    table.read_to_end(&mut bytes)?;
    let (entries, _) = bytes.as_chunks::<ENTRY>();
    let group =
        |entry: &[u8; ENTRY]| Pid::from_raw(i32::try_from(u32::from_le_bytes(*entry)).ok()?);
    Ok(entries.iter().filter_map(group).collect())
}
