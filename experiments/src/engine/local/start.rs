//! Starts the process of an attempt: its directory, its environment, and, when it cannot be started, why.

use super::Shared;
use super::mask::Mask;
use super::places::Places;
use super::secrets::Secrets;
use crate::artifacts::reason;
use crate::engine::session;
use crate::engine::{Outcome, Task};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// The variables that a step inherits from `tune`. All else might hold secrets and must be named in the experiment file.
const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "CUDA_HOME",
    "CUDA_VISIBLE_DEVICES",
    "XDG_CACHE_HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
];

/// The part of `tune`'s own environment that steps get.
pub(super) fn inherited_environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(is_inherited))
        .collect()
}

fn is_inherited(name: &str) -> bool {
    name.starts_with("LC_") || INHERITED.contains(&name)
}

/// The soft limit of open files, below the hard limit of this process.
pub(super) fn soft_limit(files: u64) -> Rlimit {
    Rlimit {
        current: Some(files),
        ..getrlimit(Resource::Nofile)
    }
}

/// A process that is ready to be started.
pub(super) struct Prepared {
    command: Command,
    program: PathBuf,
    open_files: Option<Rlimit>,
    /// The mark that it and its descendants carry.
    pub cookie: String,
    /// What keeps its secrets out of all that is kept of it.
    pub mask: Mask,
}

impl Prepared {
    /// Makes the attempt's files and finds its program.
    ///
    /// # Errors
    /// Why it cannot be started.
    pub fn new(
        task: &Task,
        places: &Places,
        shared: &Shared,
        cookie: String,
    ) -> Result<Self, Outcome> {
        let inherited = &shared.inherited;
        places
            .prepare(task, &shared.checkpoints, &shared.spares)
            .map_err(|error| unprepared(places, &error))?;
        let secrets = Secrets::look_up(&task.secrets).map_err(Outcome::NotStarted)?;
        let (program, directory) = locate(task, inherited).map_err(Outcome::NotStarted)?;
        let mut command = command(task, &program, &directory);
        command
            .as_std_mut()
            .envs(inherited.iter().map(|(name, value)| (name, value)))
            .env("TUNE_OUTPUT", places.output())
            .env("TUNE_METRICS", places.metrics())
            .env("TUNE_ARTIFACTS", places.artifacts())
            .env("TUNE_CHECKPOINT_DIR", places.checkpoint())
            .envs(&task.env)
            .envs(secrets.variables())
            .env(session::VARIABLE, &cookie);
        Ok(Self {
            command,
            program,
            open_files: shared.open_files,
            cookie,
            mask: secrets.mask(),
        })
    }

    /// Starts the process, in a process group of its own. On a thread of its own, because that stands still until the new process has
    /// begun: a third of a short step's time, in which others end and start.
    pub async fn start(mut self) -> (Self, io::Result<Child>) {
        let starting = tokio::task::spawn_blocking(move || {
            let started = self.command.spawn();
            if let (Ok(child), Some(limit)) = (&started, self.open_files) {
                limit_files(child, limit);
            }
            (self, started)
        });
        starting
            .await
            .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    /// Why it did not start.
    pub fn not_started(&self, task: &Task, error: &io::Error) -> Outcome {
        let words = explain(error, &task.command[0], &self.program, task);
        match is_shortage(error) {
            true => Outcome::Refused(words),
            false => Outcome::NotStarted(words),
        }
    }
}

/// When the process has begun: before, only the slow way of starting one could. It takes a microsecond or two, in which the program is
/// still being loaded.
#[cfg(target_os = "linux")]
fn limit_files(child: &Child, limit: Rlimit) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(id) = id.and_then(rustix::process::Pid::from_raw) {
        // It may have ended already, or be another user's.
        let _ = rustix::process::prlimit(Some(id), Resource::Nofile, limit);
    }
}

/// Only Linux lets a process set the limits of another.
#[cfg(not(target_os = "linux"))]
fn limit_files(_: &Child, _: Rlimit) {}

fn unprepared(places: &Places, error: &io::Error) -> Outcome {
    let files = places.files_at().display();
    Outcome::Refused(format!("could not prepare {files}.*: {}", reason(error)))
}

/// The program in full, and where it runs.
fn locate(task: &Task, inherited: &[(OsString, OsString)]) -> Result<(PathBuf, PathBuf), String> {
    let Some(name) = task.command.first() else {
        return Err("the command is empty".to_owned());
    };
    let path = search_path(task, inherited);
    let directory = std::path::absolute(&task.working_directory).map_err(|error| reason(&error))?;
    Ok((find(name, &path, &directory)?, directory))
}

/// Whether the machine lacks something now that it may have later: processes, open files, memory, space.
fn is_shortage(error: &io::Error) -> bool {
    let shortages = [
        Errno::AGAIN,
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOMEM,
        Errno::NOSPC,
        Errno::DQUOT,
    ];
    Errno::from_io_error(error).is_some_and(|errno| shortages.contains(&errno))
}

/// The command without its environment. No `pre_exec`, and the program's path in full: only so the standard library spawns without copying
/// this process.
fn command(task: &Task, program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    std::os::unix::process::CommandExt::arg0(command.as_std_mut(), &task.command[0]);
    command
        .env_clear()
        .args(&task.command[1..])
        .current_dir(directory)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn search_path(task: &Task, inherited: &[(OsString, OsString)]) -> OsString {
    let own = task.env.get("PATH").map(OsString::from);
    let tunes = || {
        inherited
            .iter()
            .find(|(name, _)| name == "PATH")
            .map(|(_, value)| value.clone())
    };
    own.or_else(tunes)
        .unwrap_or_else(|| OsString::from("/usr/local/bin:/usr/bin:/bin"))
}

/// The full path of a program, found as a shell would find it.
fn find(name: &str, path: &OsStr, working_directory: &Path) -> Result<PathBuf, String> {
    if name.contains('/') {
        return Ok(working_directory.join(name));
    }
    let mut not_executable = None;
    for directory in std::env::split_paths(path) {
        let candidate = working_directory.join(directory).join(name);
        match fs::metadata(&candidate) {
            Ok(metadata) if !metadata.is_file() => {}
            Ok(metadata) if metadata.permissions().mode() & 0o111 != 0 => return Ok(candidate),
            Ok(_) => not_executable = Some(candidate),
            Err(_) => {}
        }
    }
    if let Some(candidate) = not_executable {
        return Err(not_allowed(&candidate));
    }
    if working_directory.join(name).is_file() {
        return Err(format!(
            "program `{name}` is not in PATH ({}); there is one in the working directory: write `./{name}`",
            path.display()
        ));
    }
    Err(format!(
        "program `{name}` is not in PATH ({}); is it installed, and is the name right?",
        path.display()
    ))
}

fn explain(error: &io::Error, name: &str, program: &Path, task: &Task) -> String {
    let directory = &task.working_directory;
    if !directory.is_dir() {
        let what = if directory.exists() {
            "is not a directory"
        } else {
            "does not exist"
        };
        let directory = directory.display();
        return format!(
            "`{name}` was not started: the working directory {directory} {what} on the machine that runs the steps"
        );
    }
    let shown = program.display();
    match error.kind() {
        io::ErrorKind::NotFound if program.exists() => format!(
            "`{shown}` was not started: the interpreter that its first line names does not exist"
        ),
        io::ErrorKind::NotFound => format!("program `{shown}` does not exist"),
        io::ErrorKind::PermissionDenied => not_allowed(program),
        io::ErrorKind::ExecutableFileBusy => {
            format!("`{shown}` was not started: another process is still writing it")
        }
        io::ErrorKind::ArgumentListTooLong => format!(
            "`{shown}` was not started: its arguments and environment are too long for the system; hand large values on as files"
        ),
        _ if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => format!(
            "`{shown}` was not started: it is not a program that the system can run; a script needs a first line such as `#!/bin/sh`"
        ),
        _ => format!("`{shown}` was not started: {}", reason(error)),
    }
}

fn not_allowed(program: &Path) -> String {
    let shown = program.display();
    if program.is_dir() {
        return format!("`{shown}` is a directory, not a program");
    }
    format!("`{shown}` may not be executed; if it is a program, `chmod +x {shown}` allows it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_server_are_not_inherited() {
        for name in [
            "TUNE_TOKEN",
            "TUNE_STORE",
            "TUNE_SERVER",
            "DATABASE_URL",
            "PGPASSWORD",
            "PGHOST",
            "HF_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "SSH_AUTH_SOCK",
        ] {
            assert!(!is_inherited(name), "{name}");
        }
        assert!(is_inherited("PATH") && is_inherited("LC_ALL"));
    }
}
