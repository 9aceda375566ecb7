//! Tables: aligned columns without lines. Where they are wider than the terminal, the widest columns give way.

use super::style::{Style, pad, pad_left};
use console::measure_text_width;

/// A column narrower than this gives no more room away.
const NARROWEST: usize = 6;

/// Which side of a column is straight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Rows below a header.
#[derive(Clone, Debug)]
pub struct Table {
    titles: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new<T: Into<String>>(titles: impl IntoIterator<Item = (T, Align)>) -> Self {
        Self {
            titles: titles
                .into_iter()
                .map(|(title, align)| (title.into(), align))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row: one text per column; it may be coloured.
    pub fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.titles.len());
        self.rows.push(cells);
    }

    /// The table as lines, each ending with a newline.
    pub fn render(&self, style: &Style, indent: usize) -> String {
        let room = style.width.map(|width| width.saturating_sub(indent));
        let widths = self.widths(room);
        let titles: Vec<String> = self
            .titles
            .iter()
            .map(|(title, _)| style.dim(title))
            .collect();
        let mut text = String::new();
        for cells in std::iter::once(&titles).chain(&self.rows) {
            text += &style.fit(&format!(
                "{}{}",
                " ".repeat(indent),
                self.line(cells, &widths, style)
            ));
            text.push('\n');
        }
        text
    }

    fn line(&self, cells: &[String], widths: &[usize], style: &Style) -> String {
        let padded: Vec<String> = cells
            .iter()
            .zip(widths)
            .zip(&self.titles)
            .map(|((cell, width), (_, align))| {
                let cell = style.cut(cell, *width);
                match align {
                    Align::Left => pad(&cell, *width),
                    Align::Right => pad_left(&cell, *width),
                }
            })
            .collect();
        padded.join("  ").trim_end().to_owned()
    }

    /// As wide as the content, less what does not fit.
    fn widths(&self, room: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .titles
            .iter()
            .enumerate()
            .map(|(index, (title, _))| {
                let cells = self.rows.iter().map(|row| measure_text_width(&row[index]));
                cells.max().unwrap_or(0).max(measure_text_width(title))
            })
            .collect();
        let Some(room) = room else { return widths };
        let gaps = 2 * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > room {
            match widths.iter_mut().max() {
                Some(widest) if *widest > NARROWEST => *widest -= 1,
                _ => break,
            }
        }
        widths
    }
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
