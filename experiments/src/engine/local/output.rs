//! What an attempt tells while it runs: its two pipes go to the log, the lines of stdout and of `$TUNE_METRICS` become reports, and
//! reports become updates. Whoever receives the updates sets the pace: while too many wait, stdout is not read.

use super::lines::Lines;
use super::log::Log;
use super::mask::{Mask, MaskedStream};
use super::tail::Tail;
use crate::engine::{TaskId, Update};
use crate::metrics::{LineParser, Report, why_no_metric};
use std::collections::HashSet;
use std::io;
use std::mem;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::sync::mpsc;

/// The most reports of one attempt that are handed on.
pub(super) const MOST_REPORTS: u64 = 1_000_000;

/// The most metrics of one attempt: each is kept with its trial, which is listed with all of them.
const MOST_NAMES: usize = 1000;

/// How many reports may wait to be handed on.
const MOST_WAITING: usize = 10_000;

/// How many pieces of `$TUNE_METRICS` are read before others get their turn.
const PIECES_AT_ONCE: usize = 16;

/// What is read at once, in bytes: little from a step that prints little, at the most as much as a pipe holds.
const SMALL_BUFFER: usize = 4 * 1024;
const LARGE_BUFFER: usize = 64 * 1024;

/// The output of one attempt.
pub(super) struct Output {
    stdout: Pipe<ChildStdout>,
    stderr: Pipe<ChildStderr>,
    lines: Lines,
    metrics_file: Tail,
    /// Of stdout and stderr: what is kept of them has gone through these.
    masked: (MaskedStream, MaskedStream),
    reader: Reader,
    outlet: Outlet,
}

impl Output {
    /// Takes over the pipes of a process that has just started.
    pub fn new(
        child: &mut Child,
        log: Log,
        metrics_file: Tail,
        parser: LineParser,
        mask: &Mask,
        outlet: Outlet,
    ) -> Self {
        Self {
            stdout: Pipe::new(child.stdout.take()),
            stderr: Pipe::new(child.stderr.take()),
            lines: Lines::default(),
            metrics_file,
            masked: (mask.stream(), mask.stream()),
            reader: Reader {
                log,
                parser,
                most_reports: MOST_REPORTS,
                reports: 0,
                names: HashSet::new(),
                dropped: HashSet::new(),
                waiting: Vec::new(),
            },
            outlet,
        }
    }

    /// Whether someone may still print.
    pub fn is_open(&self) -> bool {
        self.stdout.source.is_some() || self.stderr.source.is_some()
    }

    /// Whether stdout is not read because reports wait.
    pub fn is_blocked(&self) -> bool {
        self.reader.is_full()
    }

    /// Whether [`Output::progress`] has something to wait for.
    pub fn is_busy(&self) -> bool {
        self.is_open() || !self.reader.waiting.is_empty()
    }

    /// Reads one piece of output, or hands on the reports that wait. Safe to drop at any time.
    pub async fn progress(&mut self) {
        let Self {
            stdout,
            stderr,
            lines,
            masked,
            reader,
            outlet,
            ..
        } = self;
        tokio::select! {
            chunk = stdout.read(), if !reader.is_full() => {
                reader.stdout(lines, masked.0.feed(chunk));
                if chunk.is_empty() {
                    reader.end_of_stdout(lines, masked.0.finish());
                }
            }
            chunk = stderr.read() => {
                reader.log.append(masked.1.feed(chunk));
                if chunk.is_empty() {
                    reader.log.append(masked.1.finish());
                }
            }
            () = outlet.send(&mut reader.waiting), if !reader.waiting.is_empty() => {}
        }
    }

    /// Reads what was appended to `$TUNE_METRICS`, as far as its reports may wait, but not for long: true when there may be more.
    pub fn poll_metrics_file(&mut self) -> bool {
        let Self {
            metrics_file,
            reader,
            ..
        } = self;
        let mut more = true;
        for _ in 0..PIECES_AT_ONCE {
            more = more && !reader.is_full() && metrics_file.feed(|line| reader.json_line(line));
        }
        more
    }

    /// Closes the pipes, reads `$TUNE_METRICS` to its end and hands on the last reports.
    pub async fn finish(&mut self) {
        self.stdout.source = None;
        self.stderr.source = None;
        let reader = &mut self.reader;
        reader.end_of_stdout(&mut self.lines, self.masked.0.finish());
        reader.log.append(self.masked.1.finish());
        while self.poll_metrics_file() || self.reader.is_full() {
            self.hand_on().await;
        }
        let reader = &mut self.reader;
        self.metrics_file.finish(|line| reader.json_line(line));
        self.hand_on().await;
    }

    async fn hand_on(&mut self) {
        if !self.reader.waiting.is_empty() {
            self.outlet.send(&mut self.reader.waiting).await;
        }
    }

    /// Whether nobody can see the log yet.
    pub fn holds_log(&self) -> bool {
        self.reader.log.is_held()
    }

    /// Writes the log to its file, now and from now on.
    pub fn show_log(&mut self) {
        self.reader.log.show();
    }

    /// The log, unless it is in its file.
    pub fn take_log(&mut self) -> Option<String> {
        self.reader.log.take()
    }

    /// The last lines of the log.
    pub fn last_lines(&self) -> Vec<String> {
        self.reader.log.last_lines()
    }

    /// The last lines that looked nearly like the objective.
    pub fn near_misses(&self) -> Vec<String> {
        self.reader.parser.near_misses()
    }
}

/// Where updates go.
pub(super) struct Outlet {
    /// Whose updates they are.
    pub id: TaskId,
    /// Who receives them.
    pub updates: mpsc::Sender<Update>,
}

impl Outlet {
    /// Hands on all that waits as one update; drops it when nobody listens any more.
    async fn send(&self, waiting: &mut Vec<Report>) {
        let permit = self.updates.reserve().await;
        let reports = mem::take(waiting);
        if let Ok(permit) = permit {
            permit.send(Update::Reported(self.id.clone(), reports));
        }
    }
}

/// Turns lines into reports that wait to be handed on.
struct Reader {
    log: Log,
    parser: LineParser,
    most_reports: u64,
    reports: u64,
    names: HashSet<String>,
    /// Of what is not recorded, what has been told.
    dropped: HashSet<Dropped>,
    waiting: Vec<Report>,
}

/// Why a report is not recorded.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Dropped {
    Name,
    TooManyNames,
    TooMany,
}

impl Reader {
    fn is_full(&self) -> bool {
        self.waiting.len() >= MOST_WAITING
    }

    /// More of stdout, or nothing.
    fn stdout(&mut self, lines: &mut Lines, text: &[u8]) {
        self.log.append(text);
        lines.feed(text, |line| self.line(line));
    }

    fn end_of_stdout(&mut self, lines: &mut Lines, text: &[u8]) {
        self.stdout(lines, text);
        lines.finish(|line| self.line(line));
    }

    fn line(&mut self, line: &[u8]) {
        let reports = self.parser.line(line);
        self.keep(reports);
    }

    fn json_line(&mut self, line: &[u8]) {
        let reports = self.parser.json_line(line);
        self.keep(reports);
    }

    fn keep(&mut self, reports: Vec<Report>) {
        for report in reports {
            match self.admit(&report) {
                Ok(()) => self.waiting.push(report),
                Err(why) if self.dropped.insert(why) => self.tell(why),
                Err(_) => {}
            }
        }
    }

    fn admit(&mut self, report: &Report) -> Result<(), Dropped> {
        if !self.names.contains(&report.name) {
            if why_no_metric(&report.name).is_some() {
                return Err(Dropped::Name);
            }
            if self.names.len() >= MOST_NAMES && report.name != self.parser.objective() {
                return Err(Dropped::TooManyNames);
            }
            self.names.insert(report.name.clone());
        }
        if self.reports == self.most_reports {
            return Err(Dropped::TooMany);
        }
        self.reports += 1;
        Ok(())
    }

    fn tell(&mut self, why: Dropped) {
        let text = match why {
            Dropped::Name => {
                "the name of a metric is too long or has control characters; it is not recorded"
                    .to_owned()
            }
            Dropped::TooManyNames => {
                format!("more than {MOST_NAMES} metrics; further ones are not recorded")
            }
            Dropped::TooMany => format!(
                "more than {} metric values; the rest is not recorded",
                self.most_reports
            ),
        };
        self.log.note(&text);
    }
}

/// One pipe, until its end.
struct Pipe<P> {
    source: Option<P>,
    buffer: Vec<u8>,
}

impl<P: AsyncRead + Unpin> Pipe<P> {
    fn new(source: Option<P>) -> Self {
        Self {
            source,
            buffer: Vec::with_capacity(SMALL_BUFFER),
        }
    }

    /// The next piece; empty at the end, and never again after that.
    async fn read(&mut self) -> &[u8] {
        if self.buffer.len() == self.buffer.capacity() {
            self.buffer.reserve_exact(LARGE_BUFFER);
        }
        self.buffer.clear();
        let read: io::Result<usize> = match &mut self.source {
            Some(source) => source.read_buf(&mut self.buffer).await,
            None => std::future::pending().await,
        };
        if !matches!(read, Ok(bytes) if bytes > 0) {
            self.source = None;
        }
        &self.buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn reader(most_reports: u64) -> Reader {
        Reader {
            log: Log::new(PathBuf::from("/dev/null"), 100),
            parser: LineParser::new("loss"),
            most_reports,
            reports: 0,
            names: HashSet::new(),
            dropped: HashSet::new(),
            waiting: Vec::new(),
        }
    }

    #[test]
    fn names_that_are_too_long_or_too_many_are_dropped_with_one_note_each() {
        let mut reader = reader(u64::MAX);
        let long = "n".repeat(201);
        for name in [long.as_str(), "a\\u0007", long.as_str()] {
            reader.line(format!("{{\"{name}\": 1}}").as_bytes());
        }
        for number in 0..MOST_NAMES + 2 {
            reader.line(format!("m{number}=1").as_bytes());
        }
        reader.line(b"loss=1");
        assert_eq!(reader.waiting.len(), MOST_NAMES + 1);
        assert_eq!(reader.waiting[MOST_NAMES].name, "loss");
        assert_eq!(reader.log.last_lines().len(), 2);
    }

    #[test]
    fn reports_beyond_the_limit_are_dropped_with_one_note() {
        let mut reader = reader(3);
        for number in 0..9 {
            reader.line(format!("loss={number}").as_bytes());
        }
        assert_eq!(reader.waiting.len(), 3);
        assert_eq!(
            reader.log.last_lines(),
            ["[tune: more than 3 metric values; the rest is not recorded]"]
        );
    }
}
