//! Colours and symbols: what each means, and what stands in for them where there are none.

use console::measure_text_width;
use std::io::IsTerminal;
use tune_experiments::state::{ExperimentState, StepState, TrialState};

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// In a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Also where the output is no terminal.
    Always,
    /// Plain text.
    Never,
}

/// What one output stream can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Escape codes for colours are understood.
    pub colors: bool,
    /// Characters beyond ASCII are understood.
    pub unicode: bool,
    /// Columns of the terminal; `None` where lines may be of any length.
    pub width: Option<usize>,
}

/// The meanings that have a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It went well, or is the best.
    Good,
    /// It failed.
    Bad,
    /// It was cut short.
    Cut,
    /// It is under way.
    Active,
    /// Less important than the rest.
    Dim,
    /// More important than the rest.
    Strong,
}

impl Style {
    /// Neither colours nor a width.
    #[cfg(test)]
    pub const PLAIN: Self = Self {
        colors: false,
        unicode: true,
        width: None,
    };

    /// Of standard output.
    pub fn of_stdout(choice: ColorChoice) -> Self {
        Self::of(
            std::io::stdout().is_terminal(),
            choice,
            &console::Term::stdout(),
        )
    }

    /// Of standard error.
    pub fn of_stderr(choice: ColorChoice) -> Self {
        Self::of(
            std::io::stderr().is_terminal(),
            choice,
            &console::Term::stderr(),
        )
    }

    fn of(is_terminal: bool, choice: ColorChoice, terminal: &console::Term) -> Self {
        let wanted = is_terminal && !is_set("NO_COLOR") && !is_dumb();
        Self {
            colors: match choice {
                ColorChoice::Auto => wanted,
                ColorChoice::Always => true,
                ColorChoice::Never => false,
            },
            unicode: locale_is_utf8(),
            width: (is_terminal && !is_dumb()).then(|| usize::from(terminal.size().1)),
        }
    }

    /// The text in the colour of its meaning.
    pub fn paint(&self, role: Role, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        if !self.colors || text.is_empty() {
            return text.to_owned();
        }
        let style = match role {
            Role::Good => console::Style::new().green(),
            Role::Bad => console::Style::new().red(),
            Role::Cut => console::Style::new().yellow(),
            Role::Active => console::Style::new().cyan(),
            Role::Dim => console::Style::new().dim(),
            Role::Strong => console::Style::new().bold(),
        };
        style.force_styling(true).apply_to(text).to_string()
    }

    /// Less important text.
    pub fn dim(&self, text: impl AsRef<str>) -> String {
        self.paint(Role::Dim, text)
    }

    /// More important text.
    pub fn strong(&self, text: impl AsRef<str>) -> String {
        self.paint(Role::Strong, text)
    }

    /// One of two texts: the first where characters beyond ASCII are understood.
    pub fn pick<'a>(&self, unicode: &'a str, ascii: &'a str) -> &'a str {
        if self.unicode { unicode } else { ascii }
    }

    /// What separates facts on one line.
    pub fn separator(&self) -> String {
        self.dim(self.pick(" · ", " | "))
    }

    /// The line, cut to the width with a sign that something is missing.
    pub fn fit(&self, line: &str) -> String {
        match self.width {
            Some(width) => self.cut(line, width),
            None => line.to_owned(),
        }
    }

    /// The text, cut to so many columns with a sign that something is missing.
    pub fn cut(&self, text: &str, columns: usize) -> String {
        if measure_text_width(text) <= columns {
            return text.to_owned();
        }
        console::truncate_str(text, columns, self.pick("…", "~")).into_owned()
    }
}

/// The colour of an experiment's state.
pub fn experiment_role(state: ExperimentState) -> Role {
    match state {
        ExperimentState::Succeeded => Role::Good,
        ExperimentState::Failed => Role::Bad,
        ExperimentState::Cancelled => Role::Cut,
        ExperimentState::Running => Role::Active,
        ExperimentState::Pending | ExperimentState::Paused => Role::Dim,
    }
}

/// The colour of a trial's state.
pub fn trial_role(state: TrialState) -> Role {
    match state {
        TrialState::Succeeded => Role::Good,
        TrialState::Failed => Role::Bad,
        TrialState::EarlyStopped | TrialState::Cancelled => Role::Cut,
        TrialState::Running => Role::Active,
        TrialState::Queued => Role::Dim,
    }
}

/// The colour of a step run's state.
pub fn step_role(state: StepState) -> Role {
    match state {
        StepState::Succeeded => Role::Good,
        StepState::Failed | StepState::TimedOut => Role::Bad,
        StepState::Cancelled => Role::Cut,
        StepState::Running => Role::Active,
        _ => Role::Dim,
    }
}

/// The text, followed by blanks up to so many columns.
pub fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(measure_text_width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// The text, preceded by blanks up to so many columns.
pub fn pad_left(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(measure_text_width(text));
    format!("{}{text}", " ".repeat(missing))
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// The first of these variables that is set decides, as in every program that calls `setlocale`.
fn locale_is_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .unwrap_or_default()
        .to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLORED: Style = Style {
        colors: true,
        unicode: true,
        width: Some(10),
    };

    #[test]
    fn plain_text_has_no_escape_codes() {
        assert_eq!(Style::PLAIN.paint(Role::Good, "best"), "best");
        assert_eq!(COLORED.paint(Role::Good, "best"), "\u{1b}[32mbest\u{1b}[0m");
    }

    #[test]
    fn long_lines_are_cut_at_the_width_and_colours_do_not_count() {
        assert_eq!(COLORED.fit("0123456789"), "0123456789");
        assert_eq!(COLORED.fit("0123456789abc"), "012345678…");
        let painted = COLORED.paint(Role::Bad, "0123456789abc");
        assert_eq!(measure_text_width(&COLORED.fit(&painted)), 10);
        let ascii = Style {
            unicode: false,
            ..COLORED
        };
        assert_eq!(ascii.fit("0123456789abc"), "012345678~");
    }

    #[test]
    fn padding_fills_up_and_never_cuts() {
        assert_eq!(pad("ab", 4), "ab  ");
        assert_eq!(pad_left("ab", 4), "  ab");
        assert_eq!(pad("abcdef", 4), "abcdef");
    }
}
