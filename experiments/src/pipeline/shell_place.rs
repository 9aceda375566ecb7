//! Where in a command for a POSIX shell an expression stands: as a word, inside quotes, in a comment … It follows the shell's
//! own rules (POSIX.1-2024, XCU 2.2 and 2.3) as far as they decide that; where they cannot be followed without running the command,
//! the place is `Refused`. What is then written at the place is up to `shell`.

use std::collections::VecDeque;

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A word or part of one, outside quotes.
    Word,
    /// Inside `'…'`.
    Single,
    /// Inside `"…"`.
    Double,
    /// Inside `$((…))`.
    Arithmetic,
    /// After `#`.
    Comment,
    /// In a here-document whose delimiter is not quoted: the shell expands `$` in it.
    Document,
    /// In a here-document whose delimiter is quoted: everything is text.
    QuotedDocument,
    /// Where nothing can be quoted safely: what it is.
    Refused(&'static str),
}

/// What the shell is in the middle of, innermost last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// The whole, or `$(…)`; how many `(` are open in it.
    Command(usize),
    Arithmetic(usize),
    Braces,
    Backticks,
    Single,
    Double,
    Comment,
}

#[derive(Clone, Debug)]
struct Document {
    delimiter: Vec<u8>,
    quoted: bool,
    strip_tabs: bool,
}

/// Reads a command piece by piece and knows where it is.
#[derive(Clone, Debug)]
pub(super) struct Scanner {
    frames: Vec<Frame>,
    /// The next byte follows a backslash.
    escaped: bool,
    /// The byte before; 0 at the start.
    last: u8,
    /// Here-documents that begin after this line.
    announced: VecDeque<Document>,
    /// Whether the delimiter of the last one may go on.
    in_delimiter: bool,
    /// Here-documents whose bodies are being read.
    bodies: VecDeque<Document>,
    /// The line of the body so far.
    line: Vec<u8>,
    /// Why this does not know where it is.
    lost: Option<&'static str>,
}

impl Scanner {
    pub fn new() -> Self {
        Self {
            frames: vec![Frame::Command(0)],
            escaped: false,
            last: 0,
            announced: VecDeque::new(),
            in_delimiter: false,
            bodies: VecDeque::new(),
            line: Vec::new(),
            lost: None,
        }
    }

    /// Reads text of the user's.
    pub fn literal(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            self.in_delimiter = false;
            let consumed = self.step(rest);
            self.last = rest[consumed - 1];
            rest = &rest[consumed..];
        }
    }

    /// Reads what was written for an expression. Its text changes no frame: that is what quoting is for.
    pub fn expression(&mut self, rendered: &str) {
        self.last = b'x';
        if !self.bodies.is_empty() {
            self.line.extend_from_slice(rendered.as_bytes());
        }
    }

    /// Where an expression stands that comes next.
    pub fn place(&self) -> Place {
        if let Some(reason) = self.lost {
            return Place::Refused(reason);
        }
        if let Some(document) = self.bodies.front() {
            return self.place_in(document);
        }
        if self.in_delimiter {
            return Place::Refused("in the delimiter of a here-document");
        }
        if self.frames.contains(&Frame::Braces) {
            return Place::Refused("inside `${…}`");
        }
        if self.frames.contains(&Frame::Backticks) {
            return Place::Refused("inside backticks");
        }
        if self.escaped {
            return Place::Refused("after a backslash");
        }
        match self.frame() {
            Frame::Single => Place::Single,
            Frame::Comment => Place::Comment,
            Frame::Double => Place::Double,
            Frame::Arithmetic(_) => Place::Arithmetic,
            _ if self.last == b'$' => Place::Refused("after `$`"),
            _ => Place::Word,
        }
    }

    /// In a here-document too a value must not prolong the name of a variable.
    fn place_in(&self, document: &Document) -> Place {
        let name_start = self.line.iter().rposition(|&byte| !is_name_byte(byte));
        let before = name_start.map(|at| self.line[at]);
        match before {
            _ if document.quoted => Place::QuotedDocument,
            Some(b'$' | b'\\') => Place::Refused("after `$` or a backslash"),
            _ => Place::Document,
        }
    }

    /// Whether a value could be taken for the end of the here-document it stands in, or for a part of it.
    pub fn ends_document(&self, value: &str) -> bool {
        let within = |document: &Document| {
            document
                .delimiter
                .windows(value.len())
                .any(|part| part == value.as_bytes())
        };
        !value.is_empty() && self.bodies.front().is_some_and(within)
    }

    fn frame(&self) -> Frame {
        self.frames.last().copied().unwrap_or(Frame::Command(0))
    }

    /// Reads the next byte, or a mark of several; returns how many bytes that were.
    fn step(&mut self, rest: &[u8]) -> usize {
        if !self.bodies.is_empty() {
            self.body(rest[0]);
            return 1;
        }
        if self.escaped {
            self.escaped = false;
            return 1;
        }
        match self.frame() {
            Frame::Command(open) => self.command(rest, open),
            Frame::Arithmetic(open) => self.arithmetic(rest, open),
            Frame::Braces => self.braces(rest),
            Frame::Double => self.ends_at(b'"', rest),
            Frame::Backticks => self.backticks(rest[0]),
            Frame::Single => self.verbatim(b'\'', rest[0]),
            Frame::Comment if rest[0] == b'\n' => {
                self.frames.pop();
                self.step(rest)
            }
            Frame::Comment => 1,
        }
    }

    fn command(&mut self, rest: &[u8], open: usize) -> usize {
        match rest[0] {
            b'\'' => self.single(),
            b'"' => self.push(Frame::Double, 1),
            b'(' => self.replace(Frame::Command(open + 1), 1),
            b')' if open > 0 => self.replace(Frame::Command(open - 1), 1),
            b')' if self.frames.len() > 1 => self.pop(1),
            b'#' if self.at_word_start() => self.push(Frame::Comment, 1),
            b'<' if rest.starts_with(b"<<<") => 3,
            b'<' if rest.starts_with(b"<<") => self.announce(rest),
            b'\n' => {
                self.bodies.append(&mut self.announced);
                1
            }
            b'c' if self.at_word_start() && self.frames.len() > 1 && rest.starts_with(b"case") => {
                self.lost = Some("after `case` inside `$(…)`");
                1
            }
            _ => self.expansion(rest),
        }
    }

    /// `$'…'` ends in different places in different shells.
    fn single(&mut self) -> usize {
        if self.last == b'$' {
            self.lost = Some("after `$'…'`");
        }
        self.push(Frame::Single, 1)
    }

    fn arithmetic(&mut self, rest: &[u8], open: usize) -> usize {
        match rest[0] {
            b'(' => self.replace(Frame::Arithmetic(open + 1), 1),
            b')' if open > 0 => self.replace(Frame::Arithmetic(open - 1), 1),
            b')' if rest.starts_with(b"))") => self.pop(2),
            b')' => {
                self.lost = Some("after `$((` that is not arithmetic");
                1
            }
            _ => self.expansion(rest),
        }
    }

    /// Whether `'` in `"${…}"` quotes depends on what stands before it.
    fn braces(&mut self, rest: &[u8]) -> usize {
        match rest[0] {
            b'\'' if self.frames.contains(&Frame::Double) => {
                self.lost = Some("after a quote in `${…}` in quotes");
                1
            }
            b'\'' => self.push(Frame::Single, 1),
            b'"' => self.push(Frame::Double, 1),
            _ => self.ends_at(b'}', rest),
        }
    }

    fn ends_at(&mut self, end: u8, rest: &[u8]) -> usize {
        if rest[0] == end {
            self.pop(1)
        } else {
            self.expansion(rest)
        }
    }

    fn backticks(&mut self, byte: u8) -> usize {
        self.escaped = byte == b'\\';
        self.verbatim(b'`', byte)
    }

    fn verbatim(&mut self, end: u8, byte: u8) -> usize {
        if byte == end { self.pop(1) } else { 1 }
    }

    /// What is special outside quotes and inside `"…"` alike.
    fn expansion(&mut self, rest: &[u8]) -> usize {
        match rest {
            [b'\\', ..] => {
                self.escaped = true;
                1
            }
            [b'`', ..] => self.push(Frame::Backticks, 1),
            [b'$', b'(', b'(', ..] => self.push(Frame::Arithmetic(0), 3),
            [b'$', b'(', ..] => self.push(Frame::Command(0), 2),
            [b'$', b'{', ..] => self.push(Frame::Braces, 2),
            _ => 1,
        }
    }

    /// `<<WORD`: a here-document follows this line.
    fn announce(&mut self, rest: &[u8]) -> usize {
        let strip_tabs = rest.get(2) == Some(&b'-');
        let start = if strip_tabs { 3 } else { 2 };
        let blanks = rest[start..]
            .iter()
            .take_while(|&&byte| matches!(byte, b' ' | b'\t'))
            .count();
        let word = &rest[start + blanks..];
        let (delimiter, quoted, length) = unquote(word);
        self.announced.push_back(Document {
            delimiter,
            quoted,
            strip_tabs,
        });
        self.in_delimiter = length == word.len();
        start + blanks + length
    }

    fn body(&mut self, byte: u8) {
        if byte != b'\n' {
            self.line.push(byte);
            return;
        }
        let line = std::mem::take(&mut self.line);
        let ended = self.bodies.front().is_some_and(|document| {
            let tabs = line
                .iter()
                .take_while(|&&byte| document.strip_tabs && byte == b'\t')
                .count();
            line[tabs..] == document.delimiter[..]
        });
        if ended {
            self.bodies.pop_front();
        }
    }

    fn at_word_start(&self) -> bool {
        matches!(
            self.last,
            0 | b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'
        )
    }

    fn push(&mut self, frame: Frame, consumed: usize) -> usize {
        self.frames.push(frame);
        consumed
    }

    fn pop(&mut self, consumed: usize) -> usize {
        self.frames.pop();
        consumed
    }

    fn replace(&mut self, frame: Frame, consumed: usize) -> usize {
        self.frames.pop();
        self.push(frame, consumed)
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The word a text begins with, without its quotes; whether it had any; how long it was with them.
fn unquote(text: &[u8]) -> (Vec<u8>, bool, usize) {
    let mut word = Vec::new();
    let mut quote = None;
    let mut quoted = false;
    for (at, &byte) in text.iter().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), byte) => word.push(byte),
            (None, b'\'' | b'"') => {
                quote = Some(byte);
                quoted = true;
            }
            (None, b'\\') => quoted = true,
            (None, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')') => {
                return (word, quoted, at);
            }
            (None, byte) => word.push(byte),
        }
    }
    (word, quoted, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(text: &str) -> Place {
        let mut scanner = Scanner::new();
        scanner.literal(text);
        scanner.place()
    }

    #[test]
    fn knows_where_it_is() {
        let cases = [
            ("", Place::Word),
            ("echo ", Place::Word),
            ("echo \"a\" 'b' ", Place::Word),
            ("echo 'a \" b", Place::Single),
            ("echo \"it's ", Place::Double),
            ("echo \"a\\\" ", Place::Double),
            ("echo it\\'s ", Place::Word),
            ("# it's\necho ", Place::Word),
            ("a # it's ", Place::Comment),
            ("echo a#'", Place::Single),
            ("echo $# ", Place::Word),
            ("x=\"$(cmd ", Place::Word),
            ("x=\"$(cmd \"a ", Place::Double),
            ("x=\"$(cmd (a) 'b') ", Place::Double),
            ("(a; b) ", Place::Word),
            ("$((1 + (2) + ", Place::Arithmetic),
            ("$((1 + (2))) ", Place::Word),
            ("\"$((1)) ", Place::Double),
            ("echo ${x:-a} ", Place::Word),
            ("\"${x:-it} ", Place::Double),
            ("${x:-'}'} ", Place::Word),
            ("a >#b' ", Place::Comment),
            ("echo `date` ", Place::Word),
            ("cat <<EOF\nit's ", Place::Document),
            ("cat <<'EOF'\nit's ", Place::QuotedDocument),
            ("cat <<EOF\nit's\nEOF\necho ", Place::Word),
            ("cat <<-\"E F\" > x\n\tit's\n\tE F\necho '", Place::Single),
            ("cat <<A <<\\B\na\nA\n", Place::QuotedDocument),
            ("cat <<EOF ", Place::Word),
            ("cat <<< 'a' ", Place::Word),
            ("case x in a) echo ", Place::Word),
        ];
        for (text, expected) in cases {
            assert_eq!(place(text), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_follow() {
        for text in [
            "echo \\",
            "\"${x:-it's} ",
            "\"\\",
            "echo $",
            "echo ${x:-",
            "\"${x:-$(",
            "echo `",
            "x=`a \"",
            "cat <<",
            "cat <<E",
            "\"$(case x in a) ",
            "echo $'a' ",
            "$((a) ",
            "cat <<EOF\n$",
            "cat <<EOF\n$a",
        ] {
            assert!(
                matches!(place(text), Place::Refused(_)),
                "{text}: {:?}",
                place(text)
            );
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(\\$|\\(|\\)|\\{|\\}|'|\"|`|\\\\|<<|-|#|\\n|E| |\\PC){0,40}") {
            let mut scanner = Scanner::new();
            for piece in text.split('E') {
                scanner.literal(piece);
                let _ = scanner.place();
                scanner.expression("1");
            }
        }
    }
}
