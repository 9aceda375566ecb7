//! Puts the values of expressions into a command for `/bin/sh -c`, so that each is text and nothing else, whatever it holds:
//! as a word, and inside the user's own `"…"` and `'…'`. Where in the command that is, `shell_place` tells.

use super::context::Context;
use super::expression::{ExpressionError, Found, find};
use super::shell_place::{Place, Scanner};
use super::template::evaluate_text;

/// Renders a command.
///
/// - Outside quotes a value is one word, also when it is empty or `null`.
/// - Inside `"…"` and `'…'` it is part of the quoted text.
/// - Inside `$((…))` it must be a whole number.
/// - In a comment its line breaks become blanks.
/// - In a here-document it must be one line; and, unless the delimiter is quoted (`<<'EOF'`), of letters, digits and `_./:,@%+-`.
///
/// # Errors
///
/// As [`render_text`](super::render_text); besides, an expression in a place for which its value cannot be quoted.
pub fn render_shell(text: &str, context: &Context) -> Result<String, ExpressionError> {
    let mut scanner = Scanner::new();
    let mut rendered = String::with_capacity(text.len());
    let mut position = 0;
    for found in find(text)? {
        let literal = &text[position..found.range.start];
        scanner.literal(literal);
        rendered.push_str(literal);
        position = found.range.end;
        let value = evaluate_text(&found, context)?;
        if scanner.ends_document(&value) {
            return Err(Problem::end(&value).at(&found));
        }
        let around = (
            rendered.chars().next_back(),
            text[position..].chars().next(),
        );
        let quoted =
            quote(&value, scanner.place(), around).map_err(|problem| problem.at(&found))?;
        scanner.expression(&quoted);
        rendered.push_str(&quoted);
    }
    rendered.push_str(&text[position..]);
    Ok(rendered)
}

/// Checks that every expression of a command stands where a value can be quoted.
///
/// # Errors
///
/// The first that does not, or that cannot be read.
pub fn check_shell(text: &str) -> Result<(), ExpressionError> {
    let mut scanner = Scanner::new();
    let mut position = 0;
    for found in find(text)? {
        scanner.literal(&text[position..found.range.start]);
        if let Place::Refused(place) = scanner.place() {
            return Err(Problem::place(place).at(&found));
        }
        scanner.expression("0");
        position = found.range.end;
    }
    Ok(())
}

/// Why a value cannot be written where it should be.
struct Problem {
    message: String,
    help: &'static str,
}

impl Problem {
    fn place(place: &str) -> Self {
        Self {
            message: format!("an expression {place} cannot be quoted for the shell"),
            help: "put it into a variable first: `x=${{ … }}` on a line of its own, or under `env:`",
        }
    }

    fn end(value: &str) -> Self {
        Self {
            message: format!("{value:?} would end the here-document it stands in"),
            help: "choose a longer delimiter",
        }
    }

    fn at(self, found: &Found<'_>) -> ExpressionError {
        let message = format!("`{}`: {}", found.source.trim(), self.message);
        ExpressionError::new(found.range.clone(), message).help(self.help)
    }
}

/// The value as it is written at its place, between the characters `around` it.
fn quote(
    value: &str,
    place: Place,
    around: (Option<char>, Option<char>),
) -> Result<String, Problem> {
    match place {
        Place::Word => Ok(word(value, around)),
        Place::Single => Ok(value.replace('\'', r"'\''")),
        Place::Double => Ok(in_double(value, around.0)),
        Place::Arithmetic => whole_number(value),
        Place::Comment => Ok(value.replace('\n', " ")),
        Place::Document => line(value).and_then(plain),
        Place::QuotedDocument => line(value),
        Place::Refused(place) => Err(Problem::place(place)),
    }
}

/// Bare where that cannot change what is around it, else in single quotes.
fn word(value: &str, (before, after): (Option<char>, Option<char>)) -> String {
    let stands_alone = before
        .is_none_or(|before| before.is_ascii_whitespace() || "=/,:".contains(before))
        && after.is_none_or(|after| after.is_ascii_whitespace() || "/,:;\"'".contains(after));
    if stands_alone && is_plain(value) && !RESERVED.contains(&value) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// In double quotes a plain value needs nothing, unless it would prolong the name of a variable. Any other interrupts the quotes.
fn in_double(value: &str, before: Option<char>) -> String {
    let prolongs =
        before.is_some_and(|before| before.is_ascii_alphanumeric() || "_$".contains(before));
    if value.is_empty() || (is_plain(value) && !prolongs) {
        return value.to_owned();
    }
    format!("\"'{}'\"", value.replace('\'', r"'\''"))
}

fn whole_number(value: &str) -> Result<String, Problem> {
    match value.parse::<i64>() {
        Ok(number) => Ok(format!(" {number} ")),
        Err(_) => Err(Problem {
            message: format!("{value:?} in `$((…))` is not a whole number"),
            help: "round it in the expression: `${{ params.NAME | int }}`",
        }),
    }
}

fn line(value: &str) -> Result<String, Problem> {
    if !value.contains('\n') {
        return Ok(value.to_owned());
    }
    Err(Problem {
        message: "a value of several lines cannot stand in a here-document".to_owned(),
        help: "read it from a variable under `env:`, or from the file `$TUNE_PARAMS`",
    })
}

fn plain(value: String) -> Result<String, Problem> {
    if value.is_empty() || is_plain(&value) {
        return Ok(value);
    }
    Err(Problem {
        message: format!(
            "{value:?} cannot be quoted in a here-document in which the shell expands `$`"
        ),
        help: "quote its delimiter: `<<'EOF'`",
    })
}

/// Whether the shell reads the value as text in any place.
fn is_plain(value: &str) -> bool {
    !value.is_empty()
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_./:,@%+-".contains(&byte))
}

/// Words that are not text where a command is expected.
const RESERVED: [&str; 13] = [
    "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;
    use tune_algorithms::space::{Configuration, Value as Param};

    fn context(value: &str) -> Context {
        let configuration: Configuration = [("x".to_owned(), Param::Text(value.to_owned()))]
            .into_iter()
            .collect();
        Context::new("e", 0, ["x", "off"], &configuration)
    }

    fn render(text: &str, value: &str) -> String {
        render_shell(text, &context(value)).unwrap()
    }

    /// What the command prints when the real shell runs it.
    fn run(text: &str, value: &str) -> String {
        let command = render(text, value);
        let output = Command::new("/bin/sh")
            .args(["-c", &command])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{command}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Values that shells like to misread.
    const NASTY: [&str; 22] = [
        "",
        " ",
        "a b",
        "it's",
        "\"",
        "$(echo no)",
        "`echo no`",
        "$HOME",
        "\\",
        "\\n",
        "a\nb\n",
        "*",
        "~",
        "-n",
        "#",
        "a;b",
        "&",
        "!",
        "if",
        "1",
        "ünï ✓",
        "'\"'$\\`",
    ];

    #[test]
    fn words_as_a_person_would_write_them() {
        let cases = [
            (
                "train --lr ${{ params.x }} --b",
                "0.1",
                "train --lr 0.1 --b",
            ),
            ("train --lr=${{ params.x }}", "-1e-7", "train --lr=-1e-7"),
            ("train ${{ params.x }}", "a b", "train 'a b'"),
            ("train ${{ params.off }}", "", "train ''"),
            ("echo \"lr: ${{ params.x }}\"", "0.1", "echo \"lr: 0.1\""),
            ("echo ${{ params.x }}>file", "2", "echo '2'>file"),
            ("${{ params.x }}", "if", "'if'"),
            ("echo $((${{ params.x }} * 2))", "-3", "echo $(( -3  * 2))"),
            ("a # ${{ params.x }}", "b\nrm c", "a # b rm c"),
        ];
        for (text, value, expected) in cases {
            assert_eq!(render(text, value), expected);
        }
    }

    #[test]
    fn the_shell_reads_nasty_values_as_text_in_every_place() {
        let places = [
            ("printf %s ${{ params.x }}", ""),
            ("printf %s \"${{ params.x }}\"", ""),
            ("printf %s '${{ params.x }}'", ""),
            ("a=A; printf %s \"$a${{ params.x }}\"", "A"),
            ("a=A; printf %s $a${{ params.x }}", "A"),
            ("a=A; printf %s \"$${{ params.x }}\"", "$"),
            ("v=${{ params.x }}; printf %s \"$v\"", ""),
            ("printf %s \"$(printf %s ${{ params.x }}x)\"", ""),
            ("# it's ${{ params.x }}\nprintf %s ${{ params.x }}", ""),
        ];
        for (text, before) in places {
            for value in NASTY {
                let after = if text.ends_with("x)\"") { "x" } else { "" };
                assert_eq!(
                    run(text, value),
                    format!("{before}{value}{after}"),
                    "{text} with {value:?}"
                );
            }
        }
    }

    #[test]
    fn here_documents_take_what_is_safe_in_them() {
        assert_eq!(
            run("cat <<EOF\nlr: ${{ params.x }}, it's\nEOF\n", "0.1"),
            "lr: 0.1, it's\n"
        );
        assert_eq!(
            run("cat <<'EOF'\nname = \"${{ params.x }}\"\nEOF\n", "$(a) 'b'"),
            "name = \"$(a) 'b'\"\n"
        );
        for (text, value) in [
            ("cat <<EOF\n${{ params.x }}\nEOF\n", "$(a)"),
            ("cat <<'EOF'\n${{ params.x }}\nEOF\n", "a\nEOF\nrm"),
            ("cat <<EOF\n${{ params.x }}\nEOF\n", "EOF"),
        ] {
            assert!(render_shell(text, &context(value)).is_err(), "{text}");
        }
    }

    #[test]
    fn arithmetic_takes_whole_numbers_only() {
        assert_eq!(run("echo $((2-${{ params.x }}))", "-3"), "5\n");
        assert!(render_shell("echo $((${{ params.x }}))", &context("a[$(rm)]")).is_err());
    }

    #[test]
    fn places_that_cannot_be_quoted_are_known_before_anything_runs() {
        for text in [
            "echo `a ${{ params.x }}`",
            "echo ${v:-${{ params.x }}}",
            "echo \\${{ params.x }}",
            "cat <<${{ params.x }}",
        ] {
            let error = check_shell(text).unwrap_err();
            assert!(
                error.message.contains("cannot be quoted for the shell"),
                "{text}"
            );
            assert_eq!(
                render_shell(text, &context("1")).unwrap_err().range,
                error.range
            );
        }
        assert_eq!(
            check_shell(
                "cat <<EOF\n${{ params.x }}\nEOF\necho '${{ params.x }}' $((${{ params.x }}))"
            ),
            Ok(())
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_shell_reads_any_value_as_text(value in "([a-z]|['\"$`\\\\(){} \n;&|<>*?~#!=%-]|[^\\x00]){0,12}") {
            let text = "printf '%s\\037' ${{ params.x }} \"${{ params.x }}\" '${{ params.x }}' a${{ params.x }}b";
            prop_assert_eq!(run(text, &value), format!("{value}\u{1f}{value}\u{1f}{value}\u{1f}a{value}b\u{1f}"));
        }
    }
}
