//! Where a page ended, as a text that means nothing to whom it is given. It holds for the list that it came from and for no other.

use super::StoreError;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// The place of the last item of a page in the order of its list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// Which list.
    list: u32,
    /// What it is sorted by, if the item has that.
    pub keys: Option<Vec<Key>>,
    /// The number that makes the item's place unique.
    pub number: i64,
}

/// What an item is sorted by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Key {
    Int(i64),
    /// Its bits.
    Real(u64),
    Text(String),
}

impl Cursor {
    /// `list`: everything that decides which items there are, and in which order.
    pub fn new(list: &impl Debug, keys: Option<Vec<Key>>, number: i64) -> Self {
        let list = fingerprint(list);
        Self { list, keys, number }
    }

    /// Reads what a page of the same list gave.
    pub fn read(text: &str, list: &impl Debug) -> Result<Self, StoreError> {
        let cursor: Option<Self> =
            from_hex(text).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cursor
            .filter(|cursor| cursor.list == fingerprint(list))
            .ok_or_else(unknown)
    }

    pub fn write(&self) -> Result<String, StoreError> {
        let json = super::encode::json(self)?;
        Ok(json.bytes().map(|byte| format!("{byte:02x}")).collect())
    }
}

pub(super) fn unknown() -> StoreError {
    StoreError::BadQuery("the cursor is not one of this list: begin with the first page".to_owned())
}

fn fingerprint(list: &impl Debug) -> u32 {
    let hash = blake3::hash(format!("{list:?}").as_bytes());
    let [a, b, c, d, ..] = *hash.as_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|it| u8::try_from(it).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(
        digits
            .chunks(2)
            .map(|pair| pair[0] * 16 + pair[1])
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let keys = vec![
            Key::Int(-1),
            Key::Real(f64::NEG_INFINITY.to_bits()),
            Key::Text("é\"".to_owned()),
        ];
        for keys in [None, Some(keys)] {
            let cursor = Cursor::new(&"list", keys, 7);
            let text = cursor.write().unwrap();
            assert_eq!(Cursor::read(&text, &"list").unwrap(), cursor);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let other = Cursor::new(&"other", None, 7).write().unwrap();
        for text in ["", "7", "zz", "é", "7b7d", &other, &other[1..]] {
            assert!(
                matches!(Cursor::read(text, &"list"), Err(StoreError::BadQuery(_))),
                "{text}"
            );
        }
    }
}
