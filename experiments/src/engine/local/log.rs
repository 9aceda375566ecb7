//! The log of an attempt: all it prints, in the order of arrival, up to a limit. The file is made when the first output arrives.

use crate::artifacts::reason;
use rustix::fs::OFlags;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The longest log of one attempt, in bytes.
pub(super) const LONGEST_LOG: u64 = 256 * 1024 * 1024;

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
    file: Option<File>,
    room: u64,
    broken: bool,
    tail: Vec<u8>,
}

impl Log {
    pub fn new(path: PathBuf, longest: u64) -> Self {
        Self {
            path,
            file: None,
            room: longest,
            broken: false,
            tail: Vec::new(),
        }
    }

    /// Appends output. A log that cannot be written is no reason to end a step: it says so once, and the rest is dropped.
    pub fn append(&mut self, chunk: &[u8]) {
        self.remember(chunk);
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

    /// Whether there is one: of an attempt that printed nothing there is none.
    pub fn exists(&self) -> bool {
        self.file.is_some()
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

/// Opens a log. The step may have put something else in its place: a pipe that nobody reads, or a link to elsewhere, must neither hold up the
/// attempt nor be written to.
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

    #[test]
    fn no_output_makes_no_file() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("log");
        let mut log = Log::new(path.clone(), 10);
        assert!(!path.exists());
        log.append(b"x");
        assert_eq!(fs::read(path).unwrap(), b"x");
    }

    #[test]
    fn it_ends_at_its_limit_with_a_note_and_still_knows_the_last_lines() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("log");
        let mut log = Log::new(path.clone(), 10);
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
        assert!(log.last_lines().join(" ").contains("the log ends here"));
    }

    #[test]
    fn a_log_that_cannot_be_written_says_so_once() {
        let mut log = Log::new(PathBuf::from("/dev/full"), 100);
        log.append(b"first\n");
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
