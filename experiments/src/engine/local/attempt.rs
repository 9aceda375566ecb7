//! Runs one attempt from start to end: keeps its time, reads its output, sends it signals, and collects what it leaves.

use super::Shared;
use super::course::{Cause, Course, Request, Signal};
use super::group::Group;
use super::log::{LONGEST_LOG, Log};
use super::mask::Mask;
use super::output::{Outlet, Output};
use super::places::Places;
use super::results;
use super::start::Prepared;
use super::tail::Tail;
use crate::artifacts::reason;
use crate::engine::session;
use crate::engine::{Ending, Leave, Outcome, Task};
use crate::metrics::LineParser;
use rustix::process::Pid;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

/// How often `$TUNE_METRICS` is looked at while the step runs, and after how long its log can be seen.
const METRICS_INTERVAL: Duration = Duration::from_millis(200);

/// How soon processes left behind, which no longer print, are looked for again; twice as long each time, up to a limit.
const LEFTOVER_INTERVAL: Duration = Duration::from_millis(2);
const LONGEST_LEFTOVER_INTERVAL: Duration = Duration::from_millis(100);

/// An attempt under way.
struct Attempt {
    course: Course,
    group: Group,
    output: Output,
    mask: Mask,
    requests: watch::Receiver<Request>,
    /// When `$TUNE_METRICS` is looked at again.
    next_look: Instant,
}

/// Runs the attempt in its slot. When this returns, none of its processes is left.
pub(super) async fn run(
    shared: &Shared,
    slot: u32,
    task: &Task,
    leave: Leave,
    requests: watch::Receiver<Request>,
    outlet: Outlet,
) -> Ending {
    let ended = |outcome| Ending {
        outcome,
        ..Ending::default()
    };
    let places = match Places::of(task) {
        Ok(places) => places,
        Err(error) => return ended(Outcome::NotStarted(reason(&error))),
    };
    let prepared = prepare(shared, task, &places);
    let may_start = leave.await.is_ok();
    if !may_start || *requests.borrow() != Request::Run {
        return ended(Outcome::Stopped);
    }
    let begun = match prepared {
        Ok(prepared) => begin(shared, slot, task, &places, prepared, requests, outlet).await,
        Err(outcome) => Err(outcome),
    };
    let (mut child, mut attempt) = match begun {
        Ok(begun) => begun,
        Err(outcome) => return ended(outcome),
    };
    let status = attempt.run_to_exit(&mut child).await;
    attempt.end_leftovers().await;
    shared.release_group(slot);
    attempt.output.finish().await;
    shared.checkpoints.close(places.checkpoint().to_owned());
    let mut ending = match status {
        Ok(status) => attempt.conclude(status, shared, task, &places).await,
        Err(error) => ended(Outcome::NotStarted(format!(
            "lost sight of the process: {}",
            reason(&error)
        ))),
    };
    if !task.secrets.is_empty() {
        places.remove_unmasked();
    }
    attempt.hand_over_log(&mut ending);
    // With anything that it has left stays what tells that it was here.
    if ending.log.is_some() && places.are_empty() {
        places.give_back(task, &shared.spares);
    }
    ending
}

/// All that can be done before there is leave to start.
fn prepare(shared: &Shared, task: &Task, places: &Places) -> Result<Prepared, Outcome> {
    shared.watch_over().map_err(|error| {
        Outcome::Refused(format!(
            "the watchdog could not be started: {}",
            reason(&error)
        ))
    })?;
    let cookie = session::cookie(&shared.session, shared.next_number());
    Prepared::new(task, places, shared, cookie)
}

async fn begin(
    shared: &Shared,
    slot: u32,
    task: &Task,
    places: &Places,
    prepared: Prepared,
    requests: watch::Receiver<Request>,
    outlet: Outlet,
) -> Result<(Child, Attempt), Outcome> {
    let (prepared, started) = prepared.start().await;
    let mut child = started.map_err(|error| prepared.not_started(task, &error))?;
    let course = Course::new(Instant::now(), task.timeout, shared.grace);
    let id = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    let unseen = || Outcome::NotStarted("the process ended before it was seen".to_owned());
    let leader = id.ok_or_else(unseen)?;
    shared.note_group(slot, leader);
    let output = Output::new(
        &mut child,
        Log::new(places.log(), LONGEST_LOG),
        Tail::new(places.metrics(), prepared.mask.stream()),
        LineParser::new(&task.objective),
        &prepared.mask,
        outlet,
    );
    let attempt = Attempt {
        course,
        group: Group::new(leader, prepared.cookie),
        output,
        mask: prepared.mask,
        requests,
        next_look: Instant::now() + METRICS_INTERVAL,
    };
    Ok((child, attempt))
}

impl Attempt {
    /// Until the step's own process has ended.
    async fn run_to_exit(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        loop {
            let deadline = self.course.deadline();
            let wake = deadline.map_or(self.next_look, |deadline| deadline.min(self.next_look));
            tokio::select! {
                status = child.wait() => {
                    self.course.exited(Instant::now());
                    return status;
                }
                () = self.output.progress(), if self.output.is_busy() => {}
                Ok(()) = self.requests.changed() => self.obey_request(),
                () = sleep_until(wake) => {
                    let now = Instant::now();
                    if deadline.is_some_and(|deadline| deadline <= now) {
                        self.obey_clock();
                    }
                    if self.next_look <= now {
                        self.output.show_log();
                        let more = self.output.poll_metrics_file();
                        self.next_look = if more { now } else { now + METRICS_INTERVAL };
                    }
                }
            }
        }
    }

    /// Until nobody prints and nobody of the process group is left. While the receiver of updates is slow, nobody is hurried.
    async fn end_leftovers(&mut self) {
        let mut interval = LEFTOVER_INTERVAL;
        while !self.course.is_over() && (self.output.is_open() || self.group.is_alive().await) {
            if self.course.is_draining() && !self.output.is_open() {
                self.obey_clock();
            }
            let deadline = self.course.deadline().filter(|_| !self.output.is_blocked());
            tokio::select! {
                () = self.output.progress(), if self.output.is_busy() => self.course.printed(Instant::now()),
                Ok(()) = self.requests.changed() => self.obey_request(),
                () = sleep_until_some(deadline) => self.obey_clock(),
                () = sleep_until(self.next_look), if self.output.holds_log() => self.output.show_log(),
                () = sleep(interval), if !self.output.is_open() => {
                    interval = LONGEST_LEFTOVER_INTERVAL.min(interval * 2);
                }
            }
        }
    }

    fn obey_request(&mut self) {
        let request = *self.requests.borrow_and_update();
        let signal = self.course.requested(request, Instant::now());
        self.send(signal);
    }

    fn obey_clock(&mut self) {
        let signal = self.course.elapsed(Instant::now());
        self.send(signal);
    }

    /// Once the step has ended, those that left the group are looked for only when there must be some: someone holds its pipes.
    fn send(&self, signal: Option<Signal>) {
        let Some(signal) = signal else { return };
        self.group.signal(signal);
        if !self.course.has_exited() || self.output.is_open() {
            self.group.signal_strays(signal);
        }
    }

    async fn conclude(
        &self,
        status: ExitStatus,
        shared: &Shared,
        task: &Task,
        places: &Places,
    ) -> Ending {
        let mut ending = Ending {
            near_misses: self.output.near_misses(),
            ..Ending::default()
        };
        match outcome(status, self.course.cause()) {
            Outcome::Succeeded => {
                let collected = results::collect(task, places, &shared.artifacts, &self.mask);
                match collected.await {
                    Ok(results) => {
                        ending.values = results.values;
                        ending.stored_values = results.stored_values;
                        ending.artifacts = results.artifacts;
                    }
                    Err(words) => ending.outcome = Outcome::BadOutput(words),
                }
            }
            other => ending.outcome = other,
        }
        ending
    }

    fn hand_over_log(&mut self, ending: &mut Ending) {
        if ending.outcome == Outcome::Succeeded {
            ending.log = self.output.take_log();
        } else {
            self.output.show_log();
            ending.last_lines = self.output.last_lines();
        }
    }
}

/// Never, when there is no deadline.
async fn sleep_until_some(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn outcome(status: ExitStatus, cause: Option<Cause>) -> Outcome {
    match (cause, status.code()) {
        (Some(Cause::Stopped), _) => Outcome::Stopped,
        (Some(Cause::TimedOut), _) => Outcome::TimedOut,
        (None, Some(0)) => Outcome::Succeeded,
        (None, Some(code)) => Outcome::Exited(code),
        (None, None) => Outcome::Signalled(status.signal().unwrap_or_default()),
    }
}
