//! The part of a terminal that is drawn again and again: a few lines at the bottom, and lines above them that stay.

use console::measure_text_width;
use std::io::{self, Write};

/// Draws frames over one another.
#[derive(Debug)]
pub struct Live<W: Write> {
    out: W,
    /// Widths of the lines of the frame that is on the screen.
    drawn: Vec<usize>,
}

impl<W: Write> Live<W> {
    /// Nothing is drawn yet.
    pub fn new(out: W) -> Self {
        Self {
            out,
            drawn: Vec::new(),
        }
    }

    /// Replaces the frame: `above` stays for good, `frame` until the next call. All of it is one write, so that nothing flickers.
    pub fn draw(&mut self, above: &[String], frame: &[String], columns: usize) -> io::Result<()> {
        let mut text = String::new();
        // After the terminal became narrower, the old lines take more rows than were drawn.
        let rows: usize = self
            .drawn
            .iter()
            .map(|width| rows_of(*width, columns))
            .sum();
        if rows > 0 {
            text += &format!("\r\u{1b}[{rows}A");
        }
        for line in above.iter().chain(frame) {
            text += line;
            text += "\u{1b}[K\n";
        }
        text += "\u{1b}[J";
        self.drawn = frame.iter().map(|line| measure_text_width(line)).collect();
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

fn rows_of(width: usize, columns: usize) -> usize {
    width.div_ceil(columns.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_frame_replaces_the_one_before() {
        let mut live = Live::new(Vec::new());
        live.draw(&[], &lines(&["one", "two"]), 80).unwrap();
        live.draw(&lines(&["news"]), &lines(&["three"]), 80)
            .unwrap();
        let text = String::from_utf8(live.out).unwrap();
        assert_eq!(
            text,
            "one\u{1b}[K\ntwo\u{1b}[K\n\u{1b}[J\r\u{1b}[2Anews\u{1b}[K\nthree\u{1b}[K\n\u{1b}[J"
        );
    }

    #[test]
    fn a_narrower_terminal_has_wrapped_the_old_lines() {
        let mut live = Live::new(Vec::new());
        live.draw(&[], &lines(&["0123456789", ""]), 80).unwrap();
        live.draw(&[], &[], 4).unwrap();
        let text = String::from_utf8(live.out).unwrap();
        assert!(text.ends_with("\r\u{1b}[4A\u{1b}[J"), "{text:?}");
    }
}
