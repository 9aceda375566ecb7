//! A small picture of the search: a line for the best objective so far, in the order in which the trials finished, and a dot for every
//! trial, unless there are so many that the dots would cover everything. Drawn with braille characters (2 × 4 dots each), or with `.` and
//! `#` where there is only ASCII.

use super::number::short;
use super::style::{Role, Style, pad_left};
use console::measure_text_width;
use tune_algorithms::history::Goal;

/// What is drawn.
#[derive(Clone, Debug)]
pub struct History<'a> {
    /// Objectives in the order in which the trials finished; all finite.
    pub values: &'a [f64],
    /// Which of them are good.
    pub goal: Goal,
}

/// Fewer values than this make no picture.
const FEWEST: usize = 3;

/// The picture as lines, or nothing when there is too little to see.
pub fn draw(history: &History, style: &Style, columns: usize, rows: usize) -> Vec<String> {
    let Some((low, high)) = range(history) else {
        return Vec::new();
    };
    let labels = [short(high), short(low)];
    let label_width = labels
        .iter()
        .map(|label| measure_text_width(label))
        .max()
        .unwrap_or(0);
    let canvas = Canvas::of(
        history,
        low,
        high,
        columns.saturating_sub(label_width + 2),
        rows,
    );
    let mut lines = canvas.lines(style);
    for (index, line) in lines.iter_mut().enumerate() {
        let label = match index {
            0 => labels[0].as_str(),
            _ if index + 1 == rows => labels[1].as_str(),
            _ => "",
        };
        let tick = if label.is_empty() {
            ("│", "|")
        } else {
            ("┤", "+")
        };
        let axis = style.dim(style.pick(tick.0, tick.1));
        *line = format!(
            "{}{axis}{line}",
            style.dim(pad_left(label, label_width + 1))
        );
    }
    lines
}

/// The values between which the picture lies. The worst quarter may lie outside: a few hopeless trials would otherwise press
/// all that is of interest into one row.
fn range(history: &History) -> Option<(f64, f64)> {
    if history.values.len() < FEWEST {
        return None;
    }
    let mut sorted = history.values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
    let (low, high) = match history.goal {
        Goal::Minimize => (
            first,
            sorted[(sorted.len() - 1) * 3 / 4].max(history.values[0]),
        ),
        Goal::Maximize => (sorted[sorted.len() / 4].min(history.values[0]), last),
    };
    if low < high {
        Some((low, high))
    } else {
        (first < last).then_some((first, last))
    }
}

/// Dots, and which cells the line of the best goes through.
struct Canvas {
    columns: usize,
    dots: Vec<u8>,
    best: Vec<bool>,
}

impl Canvas {
    fn of(history: &History, low: f64, high: f64, columns: usize, rows: usize) -> Self {
        let mut canvas = Self {
            columns,
            dots: vec![0; columns * rows],
            best: vec![false; columns * rows],
        };
        let (width, height) = (columns * 2, rows * 4);
        let last = history.values.len() - 1;
        let row_of = |value: f64| {
            let share = ((high - value) / (high - low)).clamp(0.0, 1.0);
            (share * (height - 1) as f64).round() as usize
        };
        let column_of = |index: usize| index * width.saturating_sub(1) / last;
        let with_dots = history.values.len() <= width;
        let mut best = history.values[0];
        let mut previous = None;
        for (index, &value) in history.values.iter().enumerate() {
            if history.goal.better(value, best) {
                best = value;
            }
            if with_dots && (low..=high).contains(&value) {
                canvas.dot(column_of(index), row_of(value), false);
            }
            let here = (column_of(index), row_of(best));
            canvas.line(previous.unwrap_or(here), here);
            previous = Some(here);
        }
        canvas
    }

    /// Along the old height, then straight to the new one: the best improves in steps.
    fn line(&mut self, (from_column, from_row): (usize, usize), (column, row): (usize, usize)) {
        for between in from_column..=column {
            self.dot(between, from_row, true);
        }
        for between in from_row.min(row)..=from_row.max(row) {
            self.dot(column, between, true);
        }
    }

    fn dot(&mut self, column: usize, row: usize, best: bool) {
        // The order of the bits in the braille block of Unicode.
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let cell = row / 4 * self.columns + column / 2;
        if let Some(dots) = self.dots.get_mut(cell) {
            *dots |= BITS[row % 4][column % 2];
            self.best[cell] |= best;
        }
    }

    fn lines(&self, style: &Style) -> Vec<String> {
        self.dots
            .chunks(self.columns.max(1))
            .zip(self.best.chunks(self.columns.max(1)))
            .map(|(dots, best)| self.row(dots, best, style).trim_end().to_owned())
            .collect()
    }

    /// Neighbouring cells of one colour are painted together.
    fn row(&self, dots: &[u8], best: &[bool], style: &Style) -> String {
        let mut text = String::new();
        for run in (0..dots.len())
            .collect::<Vec<_>>()
            .chunk_by(|a, b| best[*a] == best[*b])
        {
            let cells: String = run
                .iter()
                .map(|&cell| symbol(dots[cell], best[cell], style))
                .collect();
            let role = if best[run[0]] { Role::Good } else { Role::Dim };
            text += &style.paint(role, cells);
        }
        text
    }
}

fn symbol(dots: u8, best: bool, style: &Style) -> char {
    match (dots, best) {
        (0, _) => ' ',
        (dots, _) if style.unicode => char::from_u32(0x2800 + u32::from(dots)).unwrap_or('.'),
        (_, true) => '#',
        (_, false) => '.',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    const VALUES: [f64; 12] = [
        0.6, 0.7, 0.5, 0.72, 0.8, 0.79, 0.81, 0.3, 0.9, 0.88, 0.91, 0.9,
    ];

    fn picture(values: &[f64], goal: Goal, style: &Style) -> String {
        draw(&History { values, goal }, style, 30, 4).join("\n")
    }

    #[test]
    fn the_best_so_far_is_a_line_that_only_improves() {
        assert_snapshot!(picture(&VALUES, Goal::Maximize, &Style::PLAIN), @r"
        0.91┤                 ⡏⠉⠋⠉⠉⠉⠉
            │        ⢰⠒⠲⠒⠒⠒⠒⠒⠒⠃
            │  ⡤⠤⠤⠤⠖⠒⠚
         0.6┤⣀⣀⡇
        ");
    }

    #[test]
    fn without_unicode_it_is_drawn_in_ascii() {
        let ascii = Style {
            unicode: false,
            ..Style::PLAIN
        };
        assert_snapshot!(picture(&VALUES, Goal::Minimize, &ascii), @r"
        0.88+        . . .      .
            |##### .
            |    ###########
         0.3+              ##########
        ");
    }

    #[test]
    fn there_is_no_picture_of_almost_nothing() {
        assert_eq!(picture(&VALUES[..2], Goal::Minimize, &Style::PLAIN), "");
        assert_eq!(picture(&[1.0; 9], Goal::Minimize, &Style::PLAIN), "");
    }

    #[test]
    fn outliers_do_not_press_the_rest_flat() {
        let values = [1.0, 0.9, 1e9, 0.8, 0.7, 0.6, 0.5, 0.4];
        let text = picture(&values, Goal::Minimize, &Style::PLAIN);
        assert!(text.trim_start().starts_with('1'), "{text}");
    }
}
