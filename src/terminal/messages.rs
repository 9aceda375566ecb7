//! Messages from inside the program on their way to standard error: written at once, or kept while a live view holds the terminal,
//! which shows them above itself.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is kept; `None` while nothing holds the terminal.
static KEPT: Mutex<Option<String>> = Mutex::new(None);

fn kept() -> MutexGuard<'static, Option<String>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where messages are written to, one at a time.
pub struct Messages;

impl Write for Messages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match kept().as_mut() {
            Some(text) => *text += &String::from_utf8_lossy(bytes),
            None => io::stderr().write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Keeps messages as long as it lives; those that nobody took are written at its end.
#[derive(Debug)]
pub struct Holding(());

impl Holding {
    /// From now on.
    pub fn begin() -> Self {
        kept().get_or_insert_default();
        Self(())
    }

    /// The lines that have come since the last time.
    pub fn take(&self) -> Vec<String> {
        let text = kept().as_mut().map(std::mem::take).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let text = kept().take().unwrap_or_default();
        // If standard error is gone there is nobody left to tell.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_wait_for_the_live_view() {
        let holding = Holding::begin();
        Messages.write_all(b"one\ntwo\n").unwrap();
        assert_eq!(holding.take(), ["one", "two"]);
        assert!(holding.take().is_empty());
        drop(holding);
        assert_eq!(*kept(), None);
    }
}
