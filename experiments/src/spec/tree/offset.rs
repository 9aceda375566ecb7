//! From a position in a scalar's value back to the file: `\n`, `''`, line folding and indentation lie between the two.

/// Where in `source` (a scalar as it is written, with its quotes or block header) the byte `offset` of its value `text` is.
///
/// Both are walked side by side. Runs of white space count as one, since folding and indentation change them; so the answer is
/// exact for what is not white space.
pub(crate) fn source_offset(source: &str, text: &str, offset: usize) -> usize {
    let style = Style::of(source);
    let mut at = style.content_start(source);
    let before = text.get(..offset).unwrap_or(text);
    for _ in before.chars().filter(|c| !c.is_whitespace()) {
        at = skip_space(source, at, style);
        at += unit(rest(source, at), style).map_or(0, |(length, _)| length);
    }
    if !rest(text, offset).is_empty() {
        at = skip_space(source, at, style);
    }
    at.min(source.len())
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Block,
}

impl Style {
    fn of(source: &str) -> Self {
        match source.as_bytes().first() {
            Some(b'\'') => Style::SingleQuoted,
            Some(b'"') => Style::DoubleQuoted,
            Some(b'|' | b'>') => Style::Block,
            _ => Style::Plain,
        }
    }

    fn content_start(self, source: &str) -> usize {
        match self {
            Style::Plain => 0,
            Style::SingleQuoted | Style::DoubleQuoted => 1,
            Style::Block => source.find('\n').map_or(source.len(), |end| end + 1),
        }
    }
}

fn skip_space(source: &str, mut at: usize, style: Style) -> usize {
    while let Some((length, None)) = unit(rest(source, at), style) {
        at += length;
    }
    at
}

fn rest(source: &str, at: usize) -> &str {
    source.get(at..).unwrap_or_default()
}

/// The next unit of the written form: its length, and its character unless it is white space or nothing at all.
fn unit(rest: &str, style: Style) -> Option<(usize, Option<char>)> {
    let first = rest.chars().next()?;
    let (length, meaning) = match (style, first) {
        (Style::SingleQuoted, '\'') => (2, '\''),
        (Style::DoubleQuoted, '\\') => escape(rest),
        _ => (first.len_utf8(), first),
    };
    Some((
        length.min(rest.len()),
        (!meaning.is_whitespace()).then_some(meaning),
    ))
}

/// The length of the escape sequence, and a character that is white space when what it stands for is.
fn escape(rest: &str) -> (usize, char) {
    let Some(code) = rest[1..].chars().next() else {
        return (1, ' ');
    };
    let digits = match code {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        't' | 'n' | 'v' | 'f' | 'r' | 'N' | '_' | 'L' | 'P' => return (2, ' '),
        _ => return (1 + code.len_utf8(), code),
    };
    let number = rest
        .get(2..2 + digits)
        .and_then(|hex| u32::from_str_radix(hex, 16).ok());
    // Half of a surrogate pair stands for nothing alone: the pair is taken as one character.
    match number {
        Some(0xD800..=0xDBFF) => (12, 'x'),
        Some(number) => (2 + digits, char::from_u32(number).unwrap_or('x')),
        None => (2, 'x'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The written form from the place on where the value has its `$`.
    fn found<'a>(source: &'a str, text: &str) -> &'a str {
        &source[source_offset(source, text, text.find('$').unwrap())..]
    }

    #[test]
    fn finds_the_place_in_every_style() {
        assert_eq!(found("a $x", "a $x"), "$x");
        assert_eq!(found("a\n\n   b $x", "a\nb $x"), "$x");
        assert_eq!(found("'it''s $x'", "it's $x"), "$x'");
        assert_eq!(found(r#""a\tb\"\u0041\x41 $x""#, "a\tb\"AA $x"), "$x\"");
        assert_eq!(found("\"a\\\n   b $x\"", "ab $x"), "$x\"");
        assert_eq!(found(r#""\ud83d\ude00$x""#, "😀$x"), "$x\"");
        assert_eq!(found("|-\n    one\n      two $x", "one\n  two $x"), "$x");
        assert_eq!(found("> # note\n  one\n  two $x", "one two $x"), "$x");
        assert_eq!(found("\"\\n  $x\"", "\n  $x"), "$x\"");
        assert_eq!(found("'$x'", "$x"), "$x'");
        assert_eq!(found("é ü $x", "é ü $x"), "$x");
    }

    #[test]
    fn stays_inside_whatever_it_is_given() {
        for source in ["", "'", "\"\\", "|", "x", "\"\\u12"] {
            for offset in 0..6 {
                assert!(source_offset(source, "abc é", offset) <= source.len());
            }
        }
    }
}
