//! Why the objective was not reported: remembers the lines that nearly reported it, and puts them into a message.

use memchr::memchr2_iter;
use std::collections::VecDeque;

const LINES: usize = 5;
const LINE_LENGTH: usize = 200;
const MAX_DISTANCE: usize = 2;
const MOST_NAMES: usize = 20;

/// The last lines that look like a report of the objective and are none.
#[derive(Clone, Debug)]
pub(super) struct NearMisses {
    objective: String,
    lines: VecDeque<String>,
}

impl NearMisses {
    pub fn new(objective: &str) -> Self {
        Self {
            objective: objective.to_owned(),
            lines: VecDeque::new(),
        }
    }

    /// Looks at a line, of which the metrics `reported` were read.
    pub fn look<'a>(&mut self, line: &str, mut reported: impl Iterator<Item = &'a str>) {
        if !self.objective.is_empty()
            && (self.is_mentioned(line) || reported.any(|name| is_similar(name, &self.objective)))
        {
            if self.lines.len() == LINES {
                self.lines.pop_front();
            }
            self.lines.push_back(printable(line));
        }
    }

    /// Forgets everything: the objective was reported.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// Whether the line holds the objective's name, in upper or lower case.
    fn is_mentioned(&self, line: &str) -> bool {
        let (name, line) = (self.objective.as_bytes(), line.as_bytes());
        let first = name.first().copied().unwrap_or_default();
        let mut places = memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), line);
        places.any(|at| {
            let there = line.get(at..at + name.len());
            there.is_some_and(|there| there.eq_ignore_ascii_case(name))
        })
    }
}

/// The line as far as it fits into a message, without control characters, which could change the terminal.
fn printable(line: &str) -> String {
    let printable = line
        .trim()
        .chars()
        .filter(|character| !character.is_control());
    printable.take(LINE_LENGTH).collect()
}

/// The message about a trial that has ended without a report of its objective: what is missing, the nearest lines, what was reported
/// instead, and which of that was probably meant.
pub fn missing_objective<'a>(
    objective: &str,
    lines: &[String],
    reported: impl IntoIterator<Item = &'a str>,
) -> String {
    let reported: Vec<&str> = reported.into_iter().collect();
    let mut message = format!("no step reported `{objective}`");
    if !lines.is_empty() {
        let quoted: Vec<String> = lines.iter().map(|line| format!("`{line}`")).collect();
        message += &format!("; nearest lines: {}", quoted.join(", "));
    }
    match reported.as_slice() {
        [] => message += &format!("; print a line `{objective}=VALUE`"),
        names => message += &format!("; metrics that were reported: {}", listed(names)),
    }
    if let Some(meant) = reported.iter().find(|name| is_similar(name, objective)) {
        message += &format!("; did you mean `{meant}`?");
    }
    message
}

/// The message to a client that tells the end of a trial without its objective: what is missing, and which of the names that it gave was
/// probably meant.
pub fn untold_objective<'a>(objective: &str, told: impl IntoIterator<Item = &'a str>) -> String {
    let told: Vec<&str> = told.into_iter().collect();
    let missing = format!("the objective `{objective}` was neither reported nor told");
    if let Some(meant) = told.iter().find(|name| is_similar(name, objective)) {
        return format!("{missing}; did you mean it by `{meant}`? The trial is still open");
    }
    match told.as_slice() {
        [] => format!("{missing}; tell its value, or that the trial failed"),
        names => format!(
            "{missing}; the metrics that were told: {}; the trial is still open",
            listed(names)
        ),
    }
}

/// The first names, and how many more there are: every list of trials carries these words.
fn listed(names: &[&str]) -> String {
    let shown = &names[..names.len().min(MOST_NAMES)];
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Whether one name may be a slip or a short form of the other.
fn is_similar(name: &str, objective: &str) -> bool {
    if name == objective || name.is_empty() {
        return false;
    }
    let (name, objective) = (name.to_ascii_lowercase(), objective.to_ascii_lowercase());
    let distance = strsim::damerau_levenshtein(&name, &objective);
    let shorter = name.len().min(objective.len());
    (distance <= MAX_DISTANCE && distance < shorter)
        || (shorter >= 3 && (objective.starts_with(&name) || name.starts_with(&objective)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_last_lines_that_were_nearly_reports() {
        let mut misses = NearMisses::new("accuracy");
        for line in ["nothing here", "Accuracy: 0.1", "ACCURACY is 0.2"] {
            misses.look(line, std::iter::empty());
        }
        misses.look("\u{1b}acc=0.9", ["acc"].into_iter());
        misses.look("loss=0.9", ["loss"].into_iter());
        assert_eq!(
            misses.lines().collect::<Vec<_>>(),
            ["Accuracy: 0.1", "ACCURACY is 0.2", "acc=0.9"]
        );
        for _ in 0..10 {
            misses.look(&"accuracy ".repeat(1000), std::iter::empty());
        }
        assert_eq!(misses.lines().count(), 5);
        assert!(misses.lines().all(|line| line.len() == 200));
    }

    #[test]
    fn similar_names() {
        for (name, objective, expected) in [
            ("acc", "accuracy", true),
            ("acuracy", "accuracy", true),
            ("Accuracy", "accuracy", true),
            ("loss", "accuracy", false),
            ("f1", "r2", false),
            ("val_loss", "loss", false),
            ("loss_total", "loss", true),
        ] {
            assert_eq!(is_similar(name, objective), expected, "{name}");
        }
    }

    #[test]
    fn a_slip_in_what_was_told_is_named() {
        let near = untold_objective("accuracy", ["loss", "acuracy"]);
        assert!(
            near.contains("`accuracy`") && near.contains("by `acuracy`?"),
            "{near}"
        );
        let far = untold_objective("accuracy", ["loss"]);
        assert!(far.contains("were told: loss"), "{far}");
        let nothing = untold_objective("accuracy", []);
        assert!(nothing.contains("tell its value"), "{nothing}");
    }

    #[test]
    fn the_message_says_what_to_do() {
        assert_eq!(
            missing_objective("accuracy", &["Accuracy: 0.9".into()], ["acc", "loss"]),
            "no step reported `accuracy`; nearest lines: `Accuracy: 0.9`; metrics that were reported: acc, loss; did you mean `acc`?"
        );
        assert_eq!(
            missing_objective("loss", &[], []),
            "no step reported `loss`; print a line `loss=VALUE`"
        );
    }
}
