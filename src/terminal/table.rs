//! Tables: aligned columns without lines. Where one is wider than the terminal, texts and titles give way, then the last columns;
//! numbers and states are shown in full or not at all.

use super::describe::paragraph;
use super::style::{Style, pad, pad_left};
use console::measure_text_width;

/// A text narrower than this gives no more room away.
const NARROWEST: usize = 6;
/// Nor does a title.
const NARROWEST_TITLE: usize = 9;
/// So many columns stay, however narrow the terminal.
const KEPT: usize = 3;

/// What a column holds: which side is straight, and what happens where there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text, which may be cut.
    Left,
    /// Words that would mean something else if they were cut.
    Firm,
    /// Numbers; never cut.
    Right,
    /// Sentences: where the table is too wide, each on lines of its own below its row.
    Prose,
}

/// Rows below a header.
#[derive(Clone, Debug)]
pub struct Table {
    titles: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
    /// How wide the widest cell of each column is.
    contents: Vec<usize>,
}

/// How a table is drawn.
struct Plan {
    /// Index and width of each column that is shown.
    columns: Vec<(usize, usize)>,
    /// Columns whose cells stand below the rows.
    below: Vec<usize>,
    /// Titles of the columns without room.
    hidden: Vec<String>,
}

impl Table {
    /// A table without rows.
    pub fn new<T: Into<String>>(titles: impl IntoIterator<Item = (T, Align)>) -> Self {
        let titles: Vec<(String, Align)> = titles
            .into_iter()
            .map(|(title, align)| (title.into(), align))
            .collect();
        Self {
            contents: vec![0; titles.len()],
            rows: Vec::new(),
            titles,
        }
    }

    /// Adds a row: one text per column; it may be coloured.
    pub fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.titles.len());
        for (content, cell) in self.contents.iter_mut().zip(&cells) {
            *content = measure_text_width(cell).max(*content);
        }
        self.rows.push(cells);
    }

    /// The table as lines, each ending with a newline.
    pub fn render(&self, style: &Style, indent: usize) -> String {
        let plan = self.plan(style.width.map(|width| width.saturating_sub(indent)));
        let titles: Vec<String> = self
            .titles
            .iter()
            .map(|(title, _)| style.dim(title))
            .collect();
        let mut text = self.line(&titles, &plan, style, indent);
        for cells in &self.rows {
            text += &self.line(cells, &plan, style, indent);
            for column in &plan.below {
                text += &paragraph(&cells[*column], style, indent + NARROWEST);
            }
        }
        if !plan.hidden.is_empty() {
            let hidden = format!("no room for: {}", plan.hidden.join(", "));
            text += &paragraph(&hidden, style, indent);
        }
        text
    }

    fn line(&self, cells: &[String], plan: &Plan, style: &Style, indent: usize) -> String {
        let padded: Vec<String> = plan
            .columns
            .iter()
            .map(|(column, width)| {
                let cell = style.cut(&cells[*column], *width);
                match self.titles[*column].1 {
                    Align::Right => pad_left(&cell, *width),
                    _ => pad(&cell, *width),
                }
            })
            .collect();
        let line = format!("{}{}", " ".repeat(indent), padded.join("  "));
        style.fit(line.trim_end()) + "\n"
    }

    fn plan(&self, room: Option<usize>) -> Plan {
        let natural = |column: &usize| self.contents[*column].max(self.title(*column));
        let mut shown: Vec<usize> = (0..self.titles.len()).collect();
        let mut below = Vec::new();
        let mut hidden = Vec::new();
        let Some(room) = room else {
            let columns = shown.into_iter().map(|column| (column, natural(&column)));
            let columns = columns.collect();
            return Plan {
                columns,
                below,
                hidden,
            };
        };
        if total(&shown, natural) > room {
            below = self.prose();
            shown.retain(|column| !below.contains(column));
        }
        while shown.len() > KEPT && total(&shown, |column| self.narrowest(*column)) > room {
            hidden.extend(shown.pop().map(|column| self.titles[column].0.clone()));
        }
        hidden.reverse();
        let mut columns: Vec<(usize, usize)> = shown
            .iter()
            .map(|column| (*column, natural(column)))
            .collect();
        while columns.iter().map(|(_, width)| width + 2).sum::<usize>() > room + 2 {
            let yielding = columns
                .iter_mut()
                .filter(|(column, width)| *width > self.narrowest(*column));
            match yielding.max_by_key(|(_, width)| *width) {
                Some((_, width)) => *width -= 1,
                None => break,
            }
        }
        Plan {
            columns,
            below,
            hidden,
        }
    }

    fn prose(&self) -> Vec<usize> {
        let is_prose = |column: &usize| self.titles[*column].1 == Align::Prose;
        (0..self.titles.len()).filter(is_prose).collect()
    }

    fn title(&self, column: usize) -> usize {
        measure_text_width(&self.titles[column].0)
    }

    /// How narrow the column may become.
    fn narrowest(&self, column: usize) -> usize {
        let content = self.contents[column];
        let content = match self.titles[column].1 {
            Align::Left | Align::Prose => content.min(NARROWEST),
            Align::Firm | Align::Right => content,
        };
        content.max(self.title(column).min(NARROWEST_TITLE))
    }
}

/// The width of columns with the gaps between them.
fn total(columns: &[usize], width: impl Fn(&usize) -> usize) -> usize {
    let widths: usize = columns.iter().map(width).sum();
    widths + 2 * columns.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn table() -> Table {
        let mut table = Table::new([
            ("trial", Align::Right),
            ("state", Align::Left),
            ("configuration", Align::Left),
        ]);
        table.row(vec![
            "7".into(),
            "succeeded".into(),
            "model=svm gamma=0.1 cost=100".into(),
        ]);
        table.row(vec!["12".into(), "failed".into(), "model=knn".into()]);
        table
    }

    #[test]
    fn columns_are_aligned() {
        assert_snapshot!(table().render(&Style::PLAIN, 2), @r"
          trial  state      configuration
              7  succeeded  model=svm gamma=0.1 cost=100
             12  failed     model=knn
        ");
    }

    #[test]
    fn the_widest_column_gives_way_to_the_terminal() {
        let narrow = Style {
            width: Some(32),
            ..Style::PLAIN
        };
        assert_snapshot!(table().render(&narrow, 0), @r"
        trial  state      configuration
            7  succeeded  model=svm gam…
           12  failed     model=knn
        ");
    }

    #[test]
    fn numbers_and_states_are_never_cut_and_sentences_move_below_their_rows() {
        let mut table = Table::new([
            ("trial", Align::Right),
            ("state", Align::Firm),
            ("balanced_accuracy", Align::Right),
            ("model", Align::Left),
            ("max_depth", Align::Right),
            ("explanation", Align::Prose),
        ]);
        table.row(
            [
                "7",
                "succeeded",
                "0.7931",
                "gradient_boosting",
                "0.01235",
                "",
            ]
            .map(str::to_owned)
            .into(),
        );
        table.row(
            [
                "8",
                "failed",
                "",
                "forest",
                "",
                "train: exit code 1: no file",
            ]
            .map(str::to_owned)
            .into(),
        );
        let at = |width| {
            let width = Some(width);
            table.render(
                &Style {
                    width,
                    ..Style::PLAIN
                },
                0,
            )
        };
        assert_snapshot!(at(48), @r"
        trial  state      balanced…  model     max_depth
            7  succeeded     0.7931  gradien…    0.01235
            8  failed                forest
              train: exit code 1: no file
        ");
        assert_snapshot!(at(36), @r"
        trial  state      balanced…  model
            7  succeeded     0.7931  gradie…
            8  failed                forest
              train: exit code 1: no file
        no room for: max_depth
        ");
    }

    #[test]
    fn a_terminal_too_narrow_for_all_columns_gets_what_fits() {
        let tiny = Style {
            width: Some(16),
            ..Style::PLAIN
        };
        let text = table().render(&tiny, 0);
        assert!(
            text.lines().all(|line| measure_text_width(line) <= 16),
            "{text}"
        );
    }
}
