//! Words in messages: quoting what a user wrote, and finding what they may have meant.

/// How much of a text from the file a message repeats.
const SHOWN: usize = 60;

/// Longer words are not mistyped ones.
const LONGEST_TYPO: usize = 100;

/// A text from the file within a message: in backquotes, cut when long, control characters made visible.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).flat_map(visible).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

fn visible(c: char) -> Vec<char> {
    if is_safe(c) {
        vec![c]
    } else {
        c.escape_default().collect()
    }
}

/// Whether a character may be shown in a terminal as it is: no control characters, none that turn the reading direction.
pub(super) fn is_safe(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The path of a key in the mapping at `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    // A key of the user's own may be anything; a path is for reading.
    let key: String = key.chars().filter(|c| !c.is_control()).take(100).collect();
    match path {
        "" => key,
        _ => format!("{path}.{key}"),
    }
}

/// `a`, `b` and `c`.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    joined(words, "and")
}

/// `a`, `b` or `c`.
pub(crate) fn any_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    joined(words, "or")
}

fn joined<'a>(words: impl IntoIterator<Item = &'a str>, last_by: &str) -> String {
    let words: Vec<String> = words.into_iter().map(quoted).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {last_by} {last}", first.join(", ")),
    }
}

/// The known word that is nearest to `word`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST_TYPO {
        return None;
    }
    let near = known
        .into_iter()
        .filter_map(|known| Some((distance(word, known)?, known)));
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// How many edits apart two words are, unless they are too far apart: 40 % of the longer word, or half of it when both begin
/// alike. The beginning of a word is always near to it.
fn distance(word: &str, known: &str) -> Option<usize> {
    let (word, known) = (word.to_lowercase(), known.to_lowercase());
    let distance = strsim::damerau_levenshtein(&word, &known);
    let length = word.chars().count().max(known.chars().count());
    let begin_alike = word
        .get(..3)
        .is_some_and(|beginning| known.starts_with(beginning));
    let near = distance * 5 <= length * 2
        || begin_alike && (distance * 2 <= length || known.starts_with(&word));
    near.then_some(distance)
}

/// Help for an unknown word: the nearest known one, else all of them when they are few.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(nearest) = nearest(word, known.iter().take(1000).copied()) {
        return Some(format!("did you mean {}?", quoted(nearest)));
    }
    match known.len() {
        0 => None,
        1..=20 => Some(format!("known here: {}", list(known))),
        n => Some(format!(
            "known here: {} and {} more",
            list(known.into_iter().take(10)),
            n - 10
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_the_file_are_shown_harmlessly() {
        assert_eq!(quoted("a\u{1b}[31m\nb"), "`a\\u{1b}[31m\\nb`");
        assert_eq!(quoted("über\u{202E}"), "`über\\u{202e}`");
        assert_eq!(quoted(&"x".repeat(100)).chars().count(), SHOWN + 3);
    }

    #[test]
    fn suggests_what_is_near_and_nothing_else() {
        let known = ["maximize", "minimize", "max_trials"];
        assert_eq!(nearest("maximise", known), Some("maximize"));
        assert_eq!(nearest("maxtrial", known), Some("max_trials"));
        assert_eq!(nearest("Minimize", known), Some("minimize"));
        assert_eq!(nearest("max", known[..2].iter().copied()), Some("maximize"));
        assert_eq!(nearest("retry", ["uses", "retries"]), Some("retries"));
        assert_eq!(nearest("banana", known), None);
        assert_eq!(did_you_mean("x", []), None);
        assert_eq!(
            did_you_mean("x", ["long", "longer"]),
            Some("known here: `long` and `longer`".into())
        );
    }
}
