//! Puts `***` in the place of secret texts in a stream of bytes, however it is cut, and also where the stream writes a text as JSON does: with
//! any of its characters escaped. Of the stream, only an end that may turn out to be the start of a secret is held back. Where there are no
//! secrets, nothing is copied.

use super::escapes::{Read, byte, json_letter};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::sync::Arc;

/// What stands in the place of a secret.
const STAND_IN: &[u8] = b"***";

/// The texts that are masked. Of two that begin at the same place the longer one is.
#[derive(Clone, Debug, Default)]
pub(super) struct Mask {
    /// In order: those with the same beginning stand together. None is empty.
    texts: Arc<[Vec<u8>]>,
    /// Of each byte, whether a secret may begin with it; a backslash may escape what it begins with.
    beginnings: Arc<[bool]>,
}

/// What is at the start of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// A secret, of this length.
    Secret(usize),
    /// Something that may become a secret with the bytes that follow.
    Unclear,
    Other,
}

impl Mask {
    /// Masks these texts; empty ones are left out.
    pub fn new(mut texts: Vec<Vec<u8>>) -> Self {
        texts.retain(|text| !text.is_empty());
        texts.sort();
        texts.dedup();
        let may_begin = |byte| byte == b'\\' || texts.iter().any(|text| text[0] == byte);
        let beginnings = (0..=u8::MAX).map(may_begin).collect();
        Self {
            texts: texts.into(),
            beginnings,
        }
    }

    /// A stream of its own, in which the same texts are masked.
    pub fn stream(&self) -> MaskedStream {
        MaskedStream {
            mask: self.clone(),
            held: Vec::new(),
            masked: Vec::new(),
        }
    }

    /// The bytes with every secret masked.
    pub fn whole<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.texts.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut masked = Vec::with_capacity(bytes.len());
        self.copy(bytes, true, &mut masked);
        Cow::Owned(masked)
    }

    /// Masks the texts of a value, keys of objects included.
    pub fn json(&self, value: &mut Json) {
        match value {
            _ if self.texts.is_empty() => {}
            Json::String(text) => self.text(text),
            Json::Array(list) => list.iter_mut().for_each(|value| self.json(value)),
            Json::Object(fields) => self.fields(fields),
            _ => {}
        }
    }

    /// Masks the texts of all values, and their names.
    pub fn fields(&self, fields: &mut Map<String, Json>) {
        if self.texts.is_empty() {
            return;
        }
        let named = std::mem::take(fields).into_iter();
        *fields = named
            .map(|(mut name, mut value)| {
                self.text(&mut name);
                self.json(&mut value);
                (name, value)
            })
            .collect();
    }

    fn text(&self, text: &mut String) {
        let masked = String::from_utf8_lossy(&self.whole(text.as_bytes())).into_owned();
        if masked != *text {
            *text = masked;
        }
    }

    /// Copies bytes with secrets masked, and returns how many it took: when more may follow, not those that may belong to a secret.
    fn copy(&self, bytes: &[u8], is_last: bool, masked: &mut Vec<u8>) -> usize {
        let may_begin = |byte: &u8| self.beginnings[usize::from(*byte)];
        let mut at = 0;
        while let Some(other) = bytes[at..].iter().position(may_begin) {
            masked.extend_from_slice(&bytes[at..at + other]);
            at += other;
            match self.start(&bytes[at..], is_last) {
                Start::Secret(length) => {
                    masked.extend_from_slice(STAND_IN);
                    at += length;
                }
                Start::Unclear => return at,
                Start::Other => {
                    masked.push(bytes[at]);
                    at += 1;
                }
            }
        }
        masked.extend_from_slice(&bytes[at..]);
        bytes.len()
    }

    /// The longest secret that the bytes begin with, as it is or as JSON writes it.
    fn start(&self, bytes: &[u8], is_last: bool) -> Start {
        let walk = |read: fn(&[u8]) -> Read| Walk::new(&self.texts).through(bytes, is_last, read);
        let (plain, has_backslash) = walk(byte);
        if !has_backslash {
            return plain;
        }
        match (plain, walk(json_letter).0) {
            (Start::Unclear, _) | (_, Start::Unclear) => Start::Unclear,
            (Start::Secret(one), Start::Secret(other)) => Start::Secret(one.max(other)),
            (Start::Other, either) | (either, Start::Other) => either,
        }
    }
}

/// Those of the texts that begin with what has been read so far.
struct Walk<'a> {
    texts: &'a [Vec<u8>],
    depth: usize,
}

impl<'a> Walk<'a> {
    fn new(texts: &'a [Vec<u8>]) -> Self {
        Self { texts, depth: 0 }
    }

    /// Reads on for as long as there may be a longer text; and whether it met a backslash.
    fn through(mut self, bytes: &[u8], is_last: bool, read: fn(&[u8]) -> Read) -> (Start, bool) {
        let (mut at, mut found, mut has_backslash) = (0, Start::Other, false);
        while self.may_go_on() {
            has_backslash |= bytes.get(at) == Some(&b'\\');
            match read(&bytes[at..]) {
                Read::CutOff if !is_last => return (Start::Unclear, has_backslash),
                Read::CutOff | Read::Nothing => break,
                Read::Byte(byte) => {
                    at += 1;
                    self.step(byte);
                }
                Read::Escape { letter, length } => {
                    at += length;
                    for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                        self.step(byte);
                    }
                }
            }
            if self.is_whole() {
                found = Start::Secret(at);
            }
        }
        (found, has_backslash)
    }

    fn step(&mut self, byte: u8) {
        let next = |text: &Vec<u8>| text.get(self.depth).copied();
        let begin = self.texts.partition_point(|it| next(it) < Some(byte));
        let end = self.texts.partition_point(|it| next(it) <= Some(byte));
        self.texts = &self.texts[begin..end];
        self.depth += 1;
    }

    /// Of texts with the same beginning the shortest stands first.
    fn is_whole(&self) -> bool {
        let shortest = self.texts.first();
        shortest.is_some_and(|text| text.len() == self.depth)
    }

    fn may_go_on(&self) -> bool {
        let last = self.texts.last();
        last.is_some_and(|text| text.len() > self.depth)
    }
}

/// A stream in which secrets are masked while it goes by.
#[derive(Debug)]
pub(super) struct MaskedStream {
    mask: Mask,
    /// Shorter than the longest secret with every letter escaped.
    held: Vec<u8>,
    masked: Vec<u8>,
}

impl MaskedStream {
    /// What can be handed on when this piece has arrived.
    pub fn feed<'a>(&'a mut self, piece: &'a [u8]) -> &'a [u8] {
        if self.mask.texts.is_empty() {
            return piece;
        }
        self.held.extend_from_slice(piece);
        self.hand_on(false)
    }

    /// What was held back: the stream has ended.
    pub fn finish(&mut self) -> &[u8] {
        self.hand_on(true)
    }

    fn hand_on(&mut self, is_last: bool) -> &[u8] {
        self.masked.clear();
        let taken = self.mask.copy(&self.held, is_last, &mut self.masked);
        self.held.drain(..taken);
        &self.masked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mask(texts: &[&str]) -> Mask {
        Mask::new(texts.iter().map(|text| text.as_bytes().to_vec()).collect())
    }

    fn streamed(mask: &Mask, pieces: &[&[u8]]) -> String {
        let mut stream = mask.stream();
        let mut all = Vec::new();
        for piece in pieces {
            all.extend_from_slice(stream.feed(piece));
        }
        all.extend_from_slice(stream.finish());
        String::from_utf8(all).unwrap()
    }

    #[test]
    fn what_is_masked() {
        let mask = mask(&["abcd", "abcdefg", "xyx", ""]);
        for (text, expected) in [
            ("nothing", "nothing"),
            ("abcd", "***"),
            ("-abcde-", "-***e-"),
            ("-abcdefg-", "-***-"),
            ("xyxyx", "***yx"),
            ("xxyx", "x***"),
            ("abcdabc", "***abc"),
            ("abcabcd", "abc***"),
        ] {
            assert_eq!(mask.whole(text.as_bytes()), expected.as_bytes(), "{text}");
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(streamed(&mask, &bytes), expected, "{text} byte by byte");
        }
    }

    #[test]
    fn what_json_escapes_is_masked_too() {
        let mask = mask(&["pä\"s\\w", "a=b&c<d>e'f+g/h", "😀-xyz", "a\tb"]);
        for text in [
            r#"pä"s\w"#,
            r#"pä\"s\\w"#,
            r#"p\u00e4\u0022s\\w"#,
            r#"p\u00E4\u0022s\u005Cw"#,
            r#"\u0070\u00e4\u0022\u0073\u005c\u0077"#,
            r#"a=b&c<d>e'f+g/h"#,
            r#"a\u003db\u0026c\u003cd\u003ee\u0027f+g/h"#,
            r#"a=b\u0026c\u003Cd\u003Ee\u0027f\u002Bg\/h"#,
            r#"\ud83d\ude00-xyz"#,
            r#"\uD83D\uDE00-xyz"#,
            r#"a\tb"#,
            "a\tb",
        ] {
            assert_eq!(mask.whole(text.as_bytes()), b"***".as_slice(), "{text}");
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(streamed(&mask, &bytes), "***", "{text} byte by byte");
        }
        for text in [
            r"\ud83d-xyz",
            r"\ud83d\u0041-xyz",
            r"\",
            r"\u00e",
            r"a\xb",
            r"pä\q",
        ] {
            assert_eq!(mask.whole(text.as_bytes()), text.as_bytes());
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(streamed(&mask, &bytes), text);
        }
    }

    #[test]
    fn texts_within_a_value_are_masked() {
        let mut value = serde_json::json!({ "a secret": ["secret", 1, { "b": "no" }], "c": null });
        mask(&["secret"]).json(&mut value);
        let masked = serde_json::json!({ "a ***": ["***", 1, { "b": "no" }], "c": null });
        assert_eq!(value, masked);
    }

    #[test]
    fn only_what_may_become_a_secret_is_held_back() {
        let mut stream = mask(&["secret"]).stream();
        assert_eq!(stream.feed(b"loss=1 se"), b"loss=1 ");
        assert_eq!(stream.feed(b"cre"), b"");
        assert_eq!(stream.feed(b"ate\n"), b"secreate\n");
        assert_eq!(stream.feed(b"secr"), b"");
        assert_eq!(stream.finish(), b"secr");
        assert_eq!(stream.finish(), b"");
    }

    #[test]
    fn without_secrets_pieces_pass_as_they_are() {
        let (mut stream, piece) = (Mask::default().stream(), b"piece");
        assert!(std::ptr::eq(stream.feed(piece), piece.as_slice()));
        assert!(stream.finish().is_empty());
    }

    /// As plain as can be: the longest text that a place begins with, from left to right.
    fn by_the_book(texts: &[String], whole: &str) -> String {
        let (mut rest, mut all) = (whole, String::new());
        while let Some(letter) = rest.chars().next() {
            let found = texts.iter().filter(|text| rest.starts_with(text.as_str()));
            let length = found.map(String::len).max();
            all.push_str(if length.is_some() {
                "***"
            } else {
                &rest[..letter.len_utf8()]
            });
            rest = &rest[length.unwrap_or(letter.len_utf8())..];
        }
        all
    }

    proptest! {
        #[test]
        fn every_text_is_masked_however_the_stream_is_cut(
            texts in prop::collection::vec("[ab]{1,5}", 0..6),
            pieces in prop::collection::vec("[abc]{0,6}", 0..9),
        ) {
            let mask = Mask::new(texts.iter().map(|text| text.clone().into_bytes()).collect());
            let cut: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
            prop_assert_eq!(streamed(&mask, &cut), by_the_book(&texts, &pieces.concat()));
        }

        #[test]
        fn masking_does_not_depend_on_how_the_stream_is_cut(
            texts in prop::collection::vec(r#"[a"\\\\/]{1,4}"#, 0..4),
            pieces in prop::collection::vec(r#"(a|"|/|u|0061|5c|\\\\){0,6}"#, 0..9),
        ) {
            let mask = Mask::new(texts.iter().map(|text| text.clone().into_bytes()).collect());
            let cut: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
            let whole = pieces.concat();
            let streamed = streamed(&mask, &cut);
            prop_assert_eq!(streamed.as_bytes(), &*mask.whole(whole.as_bytes()));
        }

        #[test]
        fn no_text_is_left_in_what_json_reads(
            secret in "\\PC{4,8}",
            escaped in prop::collection::vec(any::<bool>(), 8),
        ) {
            let letters = secret.chars().zip(escaped);
            let written: String = letters.map(|(letter, is_escaped)| written(letter, is_escaped)).collect();
            let read: String = serde_json::from_str(&format!("\"{written}\"")).unwrap();
            prop_assert_eq!(&read, &secret);
            let masked = mask(&[&secret]).whole(written.as_bytes()).into_owned();
            prop_assert_eq!(String::from_utf8(masked).unwrap(), "***", "{}", written);
        }
    }

    /// A letter as JSON writes it.
    fn written(letter: char, is_escaped: bool) -> String {
        match letter {
            _ if is_escaped => {
                let units = letter.encode_utf16(&mut [0; 2]).to_vec();
                units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
            }
            '"' | '\\' => format!("\\{letter}"),
            letter => letter.to_string(),
        }
    }
}
