//! Reads a file while others append to it.

use super::lines::Lines;
use super::mask::MaskedStream;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What is read at once, in bytes.
const BUFFER: usize = 64 * 1024;

/// A file that may appear later, and how far it has been read.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    file: Option<File>,
    lines: Lines,
    masked: MaskedStream,
}

impl Tail {
    /// Lines are handed on masked.
    pub fn new(path: PathBuf, masked: MaskedStream) -> Self {
        Self {
            path,
            file: None,
            lines: Lines::default(),
            masked,
        }
    }

    /// Hands on the lines of the next piece that has been appended. False when there is none (yet).
    pub fn feed(&mut self, on_line: impl FnMut(&[u8])) -> bool {
        if self.file.is_none() {
            self.file = open_file(&self.path).ok();
        }
        let Some(file) = &mut self.file else {
            return false;
        };
        let mut buffer = Vec::with_capacity(BUFFER);
        let read = file.take(BUFFER as u64).read_to_end(&mut buffer);
        self.lines.feed(self.masked.feed(&buffer), on_line);
        matches!(read, Ok(bytes) if bytes > 0)
    }

    /// Hands on the last line when it has no line end.
    pub fn finish(&mut self, mut on_line: impl FnMut(&[u8])) {
        self.lines.feed(self.masked.finish(), &mut on_line);
        self.lines.finish(on_line);
    }
}

/// Opens a file that a step has made. Whatever else the step may have put in its place (a named pipe, a device) is refused without waiting
/// for it.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a file",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::mask::Mask;
    use super::*;
    use std::io::Write;
    use tempfile::TempDir;

    fn feed(tail: &mut Tail) -> Vec<String> {
        let mut lines = Vec::new();
        while tail.feed(|line| lines.push(String::from_utf8_lossy(line).into_owned())) {}
        lines
    }

    #[test]
    fn only_whole_new_lines_are_handed_on() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("metrics");
        let mut tail = Tail::new(path.clone(), Mask::default().stream());
        assert!(feed(&mut tail).is_empty());
        let mut file = File::create(path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(feed(&mut tail), ["one"]);
        file.write_all(b"o\nthree").unwrap();
        assert_eq!(feed(&mut tail), ["two"]);
        assert!(feed(&mut tail).is_empty());
        let mut last = Vec::new();
        tail.finish(|line| last.push(line.to_vec()));
        assert_eq!(last, [b"three"]);
    }
}
