//! The course of an attempt: which signal its processes get, and when. Decides only; whoever runs the attempt keeps the time and sends
//! the signals.

use std::time::Duration;
use tokio::time::Instant;

/// How long the pipes may stay silent, though open, once the step's own process has ended.
const QUIET: Duration = Duration::from_millis(200);

/// How long output of processes left behind is read at the most.
const DRAIN: Duration = Duration::from_secs(2);

/// How long processes left behind get between the polite and the final signal, and to vanish after that.
const LEFTOVER_GRACE: Duration = Duration::from_millis(200);

/// What is asked of an attempt, in order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Request {
    Run,
    Stop,
    Kill,
}

/// Why the engine ends an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Stopped,
    TimedOut,
}

/// What the attempt's processes are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Terminate,
    Kill,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Running,
    /// The step's own process has ended by itself; others may still print.
    Draining {
        limit: Instant,
    },
    Terminated,
    Killed,
    Over,
}

/// Where an attempt stands.
#[derive(Debug)]
pub(super) struct Course {
    stage: Stage,
    exited: bool,
    cause: Option<Cause>,
    deadline: Option<Instant>,
    grace: Duration,
}

impl Course {
    /// It begins now.
    pub fn new(now: Instant, timeout: Option<Duration>, grace: Duration) -> Self {
        Self {
            stage: Stage::Running,
            exited: false,
            cause: None,
            deadline: timeout.and_then(|timeout| now.checked_add(timeout)),
            grace,
        }
    }

    /// When [`Course::elapsed`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Why the engine ended it, if it did.
    pub fn cause(&self) -> Option<Cause> {
        self.cause
    }

    /// Whether the step's own process has ended.
    pub fn has_exited(&self) -> bool {
        self.exited
    }

    /// Whether only processes left behind are waited for, politely.
    pub fn is_draining(&self) -> bool {
        matches!(self.stage, Stage::Draining { .. })
    }

    /// Whether nothing more can be done about processes left behind.
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Somebody asks for its end.
    pub fn requested(&mut self, request: Request, now: Instant) -> Option<Signal> {
        if request > Request::Run && !self.exited {
            self.cause.get_or_insert(Cause::Stopped);
        }
        match (request, self.stage) {
            (Request::Stop, Stage::Running) => Some(self.terminate(now, self.grace)),
            (Request::Kill, Stage::Running | Stage::Draining { .. } | Stage::Terminated) => {
                Some(self.kill(now))
            }
            _ => None,
        }
    }

    /// The deadline has passed.
    pub fn elapsed(&mut self, now: Instant) -> Option<Signal> {
        match self.stage {
            Stage::Running => {
                self.cause = Some(Cause::TimedOut);
                Some(self.terminate(now, self.grace))
            }
            Stage::Draining { .. } => Some(self.terminate(now, LEFTOVER_GRACE)),
            Stage::Terminated => Some(self.kill(now)),
            Stage::Killed | Stage::Over => {
                self.stage = Stage::Over;
                self.deadline = None;
                None
            }
        }
    }

    /// The step's own process has ended. Those it left behind keep what remains of a grace period that has begun.
    pub fn exited(&mut self, now: Instant) {
        self.exited = true;
        match self.stage {
            Stage::Running => {
                self.stage = Stage::Draining { limit: now + DRAIN };
                self.deadline = Some(now + QUIET);
            }
            Stage::Killed => self.deadline = Some(now + LEFTOVER_GRACE),
            Stage::Draining { .. } | Stage::Terminated | Stage::Over => {}
        }
    }

    /// Output has arrived: those left behind are still at work.
    pub fn printed(&mut self, now: Instant) {
        if let Stage::Draining { limit } = self.stage {
            self.deadline = Some(limit.min(now + QUIET));
        }
    }

    fn terminate(&mut self, now: Instant, grace: Duration) -> Signal {
        self.stage = Stage::Terminated;
        self.deadline = now.checked_add(grace);
        Signal::Terminate
    }

    /// A process that is not gone yet cannot outlive this: it is waited for without a deadline.
    fn kill(&mut self, now: Instant) -> Signal {
        self.stage = Stage::Killed;
        self.deadline = self.exited.then(|| now + LEFTOVER_GRACE);
        Signal::Kill
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(5);

    fn course(timeout: Option<Duration>) -> (Course, Instant) {
        let now = Instant::now();
        (Course::new(now, timeout, GRACE), now)
    }

    #[test]
    fn a_timeout_terminates_then_kills_then_waits_for_the_process() {
        let (mut course, now) = course(Some(GRACE));
        let late = course.deadline().unwrap();
        assert_eq!(late, now + GRACE);
        assert_eq!(course.elapsed(late), Some(Signal::Terminate));
        assert_eq!(course.deadline(), Some(late + GRACE));
        assert_eq!(course.elapsed(late + GRACE), Some(Signal::Kill));
        assert_eq!(course.deadline(), None);
        assert_eq!(course.cause(), Some(Cause::TimedOut));
        course.exited(late + GRACE);
        assert!(course.deadline().is_some());
    }

    #[test]
    fn a_second_request_kills_at_once_and_a_third_does_nothing() {
        let (mut course, now) = course(None);
        assert_eq!(
            course.requested(Request::Stop, now),
            Some(Signal::Terminate)
        );
        assert_eq!(course.requested(Request::Kill, now), Some(Signal::Kill));
        assert_eq!(course.requested(Request::Kill, now), None);
        assert_eq!(course.cause(), Some(Cause::Stopped));
    }

    #[test]
    fn those_left_behind_by_a_stopped_step_keep_their_grace() {
        let (mut course, now) = course(None);
        course.requested(Request::Stop, now);
        course.exited(now);
        assert_eq!(course.deadline(), Some(now + GRACE));
        assert_eq!(course.elapsed(now + GRACE), Some(Signal::Kill));
        assert_eq!(course.elapsed(now + 2 * GRACE), None);
        assert!(course.is_over());
    }

    #[test]
    fn those_left_behind_by_a_finished_step_are_heard_out_then_ended() {
        let (mut course, now) = course(Some(GRACE));
        course.exited(now);
        assert!(course.is_draining());
        assert_eq!(course.deadline(), Some(now + QUIET));
        course.printed(now + QUIET / 2);
        assert_eq!(course.deadline(), Some(now + QUIET / 2 + QUIET));
        course.printed(now + DRAIN - QUIET / 2);
        assert_eq!(course.deadline(), Some(now + DRAIN));
        assert_eq!(course.elapsed(now + DRAIN), Some(Signal::Terminate));
        assert_eq!(course.elapsed(now + 2 * DRAIN), Some(Signal::Kill));
        assert_eq!(course.elapsed(now + 3 * DRAIN), None);
        assert!(course.is_over());
        assert_eq!(course.cause(), None);
    }

    #[test]
    fn a_request_after_the_exit_does_not_change_why_it_ended() {
        let (mut course, now) = course(None);
        course.exited(now);
        assert_eq!(course.requested(Request::Kill, now), Some(Signal::Kill));
        assert_eq!(course.cause(), None);
    }

    #[test]
    fn a_timeout_longer_than_time_itself_is_none() {
        let (course, _) = course(Some(Duration::MAX));
        assert_eq!(course.deadline(), None);
    }
}
