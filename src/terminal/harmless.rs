//! Text that others wrote (logs, names, explanations) as it may reach a terminal: without the control characters that could
//! change more than the text on the screen.

/// The text of others. A carriage return ends a line: a progress bar shows all its states.
pub fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .filter_map(|character| match character {
            '\n' | '\t' => Some(character),
            '\r' => Some('\n'),
            '\u{1b}' => Some('^'),
            other => (!other.is_control()).then_some(other),
        })
        .collect()
}

/// The same on one line, for a cell of a table.
pub fn line(text: &str) -> String {
    plain(text).replace(['\n', '\t'], " ")
}

/// Our own text, in which that of others may stand: of all control sequences, colours alone remain, and only where we use them.
pub fn painted(text: &str, colors: bool) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('\u{1b}') {
        clean += &plain(&rest[..start]);
        let length = color_length(&rest[start..]).filter(|_| colors).unwrap_or(0);
        clean += match length {
            0 => "^",
            length => &rest[start..start + length],
        };
        rest = &rest[start + length.max(1)..];
    }
    clean + &plain(rest)
}

/// Bytes of the colour that the text begins with: `ESC [ 1 ; 32 m`.
fn color_length(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    numbers[end..].starts_with('m').then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_of_others_remains() {
        assert_eq!(
            plain("10%\r20%\u{1b}[2J\u{7}\tdone\n"),
            "10%\n20%^[2J\tdone\n"
        );
        assert_eq!(plain("one\r\ntwo\r\n"), "one\ntwo\n");
        assert_eq!(plain("\u{9b}2J größe \u{85}"), "2J größe ");
    }

    #[test]
    fn a_line_is_one() {
        assert_eq!(line("a\nb\r\n\u{1b}[31mred"), "a b ^[31mred");
    }

    #[test]
    fn colours_alone_remain() {
        let text = "\u{1b}[1;32mbest\u{1b}[0m\u{1b}]0;title\u{7} \u{1b}[2J\u{9b}x\n";
        assert_eq!(
            painted(text, true),
            "\u{1b}[1;32mbest\u{1b}[0m^]0;title ^[2Jx\n"
        );
        assert_eq!(painted("\u{1b}[31mred\u{1b}", false), "^[31mred^");
    }
}
