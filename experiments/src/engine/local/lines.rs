//! Cuts a stream of bytes into lines. Memory stays bounded whatever arrives: of a line longer than the limit, only its start is handed on.

/// The longest line that is handed on whole, in bytes.
const LONGEST: usize = 64 * 1024;

/// The unfinished last line of a stream.
#[derive(Debug, Default)]
pub(super) struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    /// Hands on every line that `chunk` completes, without its line end.
    pub fn feed(&mut self, chunk: &[u8], mut on_line: impl FnMut(&[u8])) {
        let mut rest = chunk;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (piece, after) = (&rest[..end], &rest[end + 1..]);
            if self.partial.is_empty() {
                on_line(&piece[..piece.len().min(LONGEST)]);
            } else {
                self.keep(piece);
                on_line(&self.partial);
                self.partial.clear();
            }
            rest = after;
        }
        self.keep(rest);
    }

    /// Hands on the last line when the stream ended without a line end.
    pub fn finish(&mut self, mut on_line: impl FnMut(&[u8])) {
        if !self.partial.is_empty() {
            on_line(&self.partial);
            self.partial.clear();
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = LONGEST - self.partial.len();
        self.partial
            .extend_from_slice(&piece[..piece.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(chunks: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for chunk in chunks {
            lines.feed(chunk, |line| found.push(line.to_vec()));
        }
        lines.finish(|line| found.push(line.to_vec()));
        found
    }

    #[test]
    fn a_long_line_keeps_its_start_and_the_next_line_is_whole() {
        let long = vec![b'x'; LONGEST + 10];
        let found = lines(&[&long, &long, b"\nnext\n"]);
        assert_eq!(found, [long[..LONGEST].to_vec(), b"next".to_vec()]);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_stream_is_cut(
            chunks in prop::collection::vec(prop::collection::vec(prop::sample::select(b"ab\n".to_vec()), 0..9), 0..9),
        ) {
            let whole = chunks.concat();
            let cut: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
            let mut expected: Vec<Vec<u8>> = whole.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            if expected.last().is_some_and(Vec::is_empty) {
                expected.pop();
            }
            prop_assert_eq!(lines(&cut), expected);
        }
    }
}
