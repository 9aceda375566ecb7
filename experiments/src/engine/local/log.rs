//! The log of an attempt: all it prints, in the order of arrival, up to a limit. A short one is held in memory, for a step that prints
//! little and is soon over would spend more time on making a file than on all else; the store takes it with the step's success. It goes to
//! its file when somebody may want to see it before that, when it grows, when it is no text, and when the attempt comes to another end.

use crate::artifacts::reason;
use rustix::fs::OFlags;
use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The longest log of one attempt, in bytes.
pub(super) const LONGEST_LOG: u64 = 256 * 1024 * 1024;

/// The longest log that is held in memory, in bytes. Less than what is remembered of the end.
const LONGEST_HELD: usize = 4 * 1024;

/// How much of the end is remembered for the message about a failure, in bytes.
const TAIL: usize = 8 * 1024;

/// How many lines of the end are shown.
const LAST_LINES: usize = 10;

/// The longest line that is shown, in characters.
const LONGEST_SHOWN: usize = 500;

/// Where an attempt's output goes.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    /// Whether all of it is in `tail`, and nothing in the file.
    held: bool,
    file: Option<File>,
    room: u64,
    broken: bool,
    tail: Vec<u8>,
}

impl Log {
    pub fn new(path: PathBuf, longest: u64) -> Self {
        Self {
            path,
            held: true,
            file: None,
            room: longest,
            broken: false,
            tail: Vec::new(),
        }
    }

    /// Appends output. A log that cannot be written is no reason to end a step: it says so once, and the rest is dropped.
    pub fn append(&mut self, chunk: &[u8]) {
        if self.tail.len() + chunk.len() > LONGEST_HELD {
            self.show();
        }
        self.remember(chunk);
        if !self.held {
            self.put(chunk);
        }
    }

    /// Whether it is still in memory alone.
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// Writes what is held to the file, and from now on all that comes.
    pub fn show(&mut self) {
        if mem::replace(&mut self.held, false) {
            let held = self.tail.clone();
            self.put(&held);
        }
    }

    /// All of it, when it is short and a text; else it is in the file now. There is none when nothing was printed.
    pub fn take(&mut self) -> Option<String> {
        let nothing_else = self.held || self.tail.is_empty();
        let text = std::str::from_utf8(&self.tail).ok();
        let text = text.filter(|text| nothing_else && !text.contains('\0'));
        let text = text.map(str::to_owned);
        if text.is_none() {
            self.show();
        }
        text
    }

    /// Appends a line of the engine's own.
    pub fn note(&mut self, text: &str) {
        let line_end = if self.tail.last().is_none_or(|byte| *byte == b'\n') {
            ""
        } else {
            "\n"
        };
        self.append(format!("{line_end}[tune: {text}]\n").as_bytes());
    }

    /// The last lines, fit for a terminal.
    pub fn last_lines(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.tail);
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let skipped = lines.len().saturating_sub(LAST_LINES);
        lines[skipped..]
            .iter()
            .map(|line| printable(line))
            .collect()
    }

    fn remember(&mut self, chunk: &[u8]) {
        let chunk = &chunk[chunk.len().saturating_sub(TAIL)..];
        let excess = (self.tail.len() + chunk.len()).saturating_sub(2 * TAIL);
        if excess > 0 {
            self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        }
        self.tail.extend_from_slice(chunk);
    }

    /// Appends to the file, as far as there is room.
    fn put(&mut self, chunk: &[u8]) {
        if chunk.is_empty() || self.room == 0 || self.broken {
            return;
        }
        let fits = chunk
            .len()
            .min(usize::try_from(self.room).unwrap_or(usize::MAX));
        self.room -= fits as u64;
        self.write(&chunk[..fits]);
        if self.room == 0 {
            self.write(b"\n[tune: the log has reached its limit; the rest is dropped]\n");
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Err(error) = self.try_write(bytes) {
            self.broken = true;
            let text = format!("\n[tune: the log ends here: {}]\n", reason(&error));
            self.remember(text.as_bytes());
        }
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut file = match &self.file {
            Some(file) => file,
            None => {
                let file = open(&self.path)?;
                self.file.insert(file)
            }
        };
        file.write_all(bytes)
    }
}

/// Opens a log. The step may have put something else in its place: a pipe that nobody reads, or a link to elsewhere, must neither hold up
/// the attempt nor be written to.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    File::options()
        .create(true)
        .append(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

/// A line as the terminal would have left it: only what follows the last carriage return, without control characters.
fn printable(line: &str) -> String {
    let line = line.trim_end();
    let shown = line.rsplit('\r').next().unwrap_or(line);
    shown
        .chars()
        .filter(|letter| !letter.is_control() || *letter == '\t')
        .take(LONGEST_SHOWN)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    /// A log, and where its file will be.
    fn log() -> (TempDir, PathBuf, Log) {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("log");
        let log = Log::new(path.clone(), LONGEST_LOG);
        (directory, path, log)
    }

    #[test]
    fn a_short_text_needs_no_file() {
        let (_directory, path, mut log) = log();
        assert_eq!(log.take().as_deref(), Some(""));
        log.append("größe\t1\r\n".as_bytes());
        log.append(&[b'x'; LONGEST_HELD - 11]);
        assert_eq!(log.take().map(|text| text.len()), Some(LONGEST_HELD));
        assert!(!path.exists());
    }

    #[test]
    fn what_grows_goes_to_the_file_whole_and_in_order() {
        let (_directory, path, mut log) = log();
        log.append(b"first\n");
        log.append(&[b'x'; LONGEST_HELD]);
        log.append(b"\nlast");
        let expected = format!("first\n{}\nlast", "x".repeat(LONGEST_HELD));
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        assert_eq!(log.take(), None);
        assert_eq!(log.last_lines()[2], "last");
    }

    #[test]
    fn what_is_no_text_goes_to_the_file() {
        for bytes in [&b"caf\xe9\n"[..], b"\0", "ö".as_bytes().split_at(1).0] {
            let (_directory, path, mut log) = log();
            log.append(bytes);
            assert_eq!(log.take(), None);
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }

    #[test]
    fn what_has_been_shown_stays_in_the_file() {
        let (_directory, path, mut log) = log();
        log.show();
        assert!(!path.exists() && !log.is_held());
        assert_eq!(log.take().as_deref(), Some(""));
        log.append(b"one\n");
        assert_eq!(fs::read(&path).unwrap(), b"one\n");
        log.show();
        log.append(b"two\n");
        assert_eq!(log.take(), None);
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn it_ends_at_its_limit_with_a_note_and_still_knows_the_last_lines() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("log");
        let mut log = Log::new(path.clone(), 10);
        log.show();
        log.append(b"first\nsecond\n");
        log.append(b"third\n");
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(
            text,
            "first\nseco\n[tune: the log has reached its limit; the rest is dropped]\n"
        );
        assert_eq!(log.last_lines(), ["first", "second", "third"]);
    }

    #[test]
    fn a_pipe_in_its_place_holds_nothing_up() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("log");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            0o600.into(),
            0,
        )
        .unwrap();
        let mut log = Log::new(path, 100);
        log.append(b"first\n");
        log.show();
        assert!(log.last_lines().join(" ").contains("the log ends here"));
    }

    #[test]
    fn a_log_that_cannot_be_written_says_so_once() {
        let mut log = Log::new(PathBuf::from("/dev/full"), 100);
        log.append(b"first\n");
        log.show();
        log.append(b"second\n");
        assert_eq!(
            log.last_lines(),
            [
                "first",
                "[tune: the log ends here: no space left on device]",
                "second"
            ]
        );
    }

    #[test]
    fn the_last_lines_are_few_short_and_harmless() {
        let mut log = Log::new(PathBuf::from("/dev/null"), 0);
        for number in 0..5000 {
            log.append(format!("line {number}\n").as_bytes());
        }
        log.append(b"10%\r20%\r\n\x1b[31mred\x1b[0m \xff\n\n");
        let lines = log.last_lines();
        assert_eq!(lines.len(), LAST_LINES);
        assert_eq!(lines[7], "line 4999");
        assert_eq!(lines[8], "20%");
        assert_eq!(lines[9], "[31mred[0m \u{fffd}");
        assert!(log.tail.len() <= 2 * TAIL);
    }
}
