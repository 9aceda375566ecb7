//! Reads text letter by letter, as it is or as JSON writes it: any letter of a JSON string may be escaped, and every language has its own habits.

use std::ops::RangeInclusive;

/// What some bytes begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// A byte that stands for itself.
    Byte(u8),
    /// So many bytes that stand for a letter.
    Escape { letter: char, length: usize },
    /// The beginning of a letter: more bytes are needed.
    CutOff,
    /// No letter of JSON.
    Nothing,
}

/// Of UTF-16: where half a letter lies, the first and the second.
const FIRST_HALVES: RangeInclusive<u32> = 0xd800..=0xdbff;
const SECOND_HALVES: RangeInclusive<u32> = 0xdc00..=0xdfff;

/// The next byte as it is.
pub(super) fn byte(bytes: &[u8]) -> Read {
    bytes.first().map_or(Read::CutOff, |byte| Read::Byte(*byte))
}

/// The next letter of a JSON string.
pub(super) fn json_letter(bytes: &[u8]) -> Read {
    let short = |letter| Read::Escape { letter, length: 2 };
    match bytes {
        [b'\\'] => Read::CutOff,
        [b'\\', b'u', ..] => long(bytes),
        [b'\\', b'b', ..] => short('\u{8}'),
        [b'\\', b'f', ..] => short('\u{c}'),
        [b'\\', b'n', ..] => short('\n'),
        [b'\\', b'r', ..] => short('\r'),
        [b'\\', b't', ..] => short('\t'),
        [b'\\', letter @ (b'"' | b'\\' | b'/'), ..] => short(char::from(*letter)),
        [b'\\', ..] => Read::Nothing,
        bytes => byte(bytes),
    }
}

/// `\uXXXX`, or two of them for a letter that takes two.
fn long(bytes: &[u8]) -> Read {
    let first = match unit(bytes) {
        Ok(unit) => unit,
        Err(why) => return why,
    };
    if !FIRST_HALVES.contains(&first) {
        let letter = char::from_u32(first);
        return letter.map_or(Read::Nothing, |letter| Read::Escape { letter, length: 6 });
    }
    match unit(&bytes[6..]) {
        Ok(second) if SECOND_HALVES.contains(&second) => {
            let (high, low) = (first - FIRST_HALVES.start(), second - SECOND_HALVES.start());
            let letter = char::from_u32(0x10000 + (high << 10) + low);
            letter.map_or(Read::Nothing, |letter| Read::Escape { letter, length: 12 })
        }
        Ok(_) => Read::Nothing,
        Err(why) => why,
    }
}

/// The unit of UTF-16 that is written as `\uXXXX`.
fn unit(bytes: &[u8]) -> Result<u32, Read> {
    let mut value = 0;
    for at in 0..6 {
        let byte = *bytes.get(at).ok_or(Read::CutOff)?;
        match (at, char::from(byte).to_digit(16)) {
            (0, _) if byte == b'\\' => {}
            (1, _) if byte == b'u' => {}
            (2.., Some(digit)) => value = value * 16 + digit,
            _ => return Err(Read::Nothing),
        }
    }
    Ok(value)
}
