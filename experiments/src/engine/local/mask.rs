//! Puts `***` in the place of secret texts in a stream of bytes, however it is cut. Of the stream, only an end that may turn out to be the
//! start of a secret is held back. Where there are no secrets, nothing is copied.

use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::sync::Arc;

/// What stands in the place of a secret.
const STAND_IN: &[u8] = b"***";

/// The texts that are masked.
#[derive(Clone, Debug, Default)]
pub(super) struct Mask {
    /// None is empty; the longest first, so that none is masked only up to where a shorter one ends.
    texts: Arc<[Vec<u8>]>,
}

/// What is at the start of some bytes.
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
        texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        texts.dedup();
        Self {
            texts: texts.into(),
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
        let mut at = 0;
        while at < bytes.len() {
            match self.start(&bytes[at..], is_last) {
                Start::Secret(length) => {
                    masked.extend_from_slice(STAND_IN);
                    at += length;
                }
                Start::Unclear => break,
                Start::Other => {
                    masked.push(bytes[at]);
                    at += 1;
                }
            }
        }
        at
    }

    fn start(&self, bytes: &[u8], is_last: bool) -> Start {
        for text in self.texts.iter() {
            if bytes.starts_with(text) {
                return Start::Secret(text.len());
            }
            if !is_last && text.starts_with(bytes) {
                return Start::Unclear;
            }
        }
        Start::Other
    }
}

/// A stream in which secrets are masked while it goes by.
#[derive(Debug)]
pub(super) struct MaskedStream {
    mask: Mask,
    /// Shorter than the longest secret.
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

    proptest! {
        #[test]
        fn masking_does_not_depend_on_how_the_stream_is_cut(
            texts in prop::collection::vec("[ab]{1,5}", 0..4),
            pieces in prop::collection::vec("[abc]{0,6}", 0..9),
        ) {
            let mask = Mask::new(texts.iter().map(|text| text.clone().into_bytes()).collect());
            let cut: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
            let whole = pieces.concat();
            let streamed = streamed(&mask, &cut);
            prop_assert_eq!(streamed.as_bytes(), &*mask.whole(whole.as_bytes()));
        }
    }
}
