//! A CSV file as text cells that remember their lines, so that every later error can name its place.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use csv::StringRecord;

use crate::error::ComponentError;

/// Numbers beyond this overflow as soon as they are squared and summed.
const GREATEST: f64 = 1e100;

/// A table of text: a header and rows of the same width.
#[derive(Debug)]
pub(crate) struct Table {
    /// The file's path or the built-in data set's name, for errors.
    pub source: String,
    pub header: Vec<String>,
    pub rows: Vec<StringRecord>,
}

impl Table {
    pub(crate) fn read(path: &Path) -> Result<Self, ComponentError> {
        let file = File::open(path).map_err(ComponentError::reading(path))?;
        Self::parse(&path.display().to_string(), io::BufReader::new(file))
    }

    /// Reads comma-separated text with a header; spaces around cells do not count.
    pub(crate) fn parse(source: &str, text: impl Read) -> Result<Self, ComponentError> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text);
        let explain = |error: csv::Error| explain(source, &error);
        let header: Vec<String> = reader
            .headers()
            .map_err(explain)?
            .iter()
            .map(str::to_owned)
            .collect();
        check_header(source, &header)?;
        let rows = reader
            .into_records()
            .collect::<Result<Vec<_>, _>>()
            .map_err(explain)?;
        if rows.is_empty() {
            return Err(ComponentError::unfit(
                format!("`{source}` has no rows below its header"),
                "a data set needs a header line and at least two rows",
            ));
        }
        Ok(Self {
            source: source.to_owned(),
            header,
            rows,
        })
    }

    /// The position of a column by name.
    pub(crate) fn column(&self, name: &str) -> Result<usize, ComponentError> {
        let found = self.header.iter().position(|column| column == name);
        found.ok_or_else(|| {
            let known: Vec<_> = self.header.iter().map(String::as_str).collect();
            ComponentError::unfit(
                format!("`{}` has no column `{name}`", self.source),
                crate::inputs::suggestion(name, &known),
            )
        })
    }

    /// The position of the target column: `name`, or else the last.
    pub(crate) fn target(&self, name: Option<&str>) -> Result<usize, ComponentError> {
        match name {
            Some(name) => self.column(name),
            None => Ok(self.header.len() - 1),
        }
    }

    /// An error about one cell.
    pub(crate) fn error(
        &self,
        row: usize,
        column: usize,
        what: &str,
        help: &str,
    ) -> ComponentError {
        ComponentError::Cell {
            file: self.source.clone(),
            line: self.rows[row].position().map_or(0, csv::Position::line),
            message: format!("column `{}` {what}", self.header[column]),
            help: help.to_owned(),
        }
    }

    /// The number in a cell.
    pub(crate) fn number(
        &self,
        row: usize,
        column: usize,
        help: &str,
    ) -> Result<f64, ComponentError> {
        let cell = &self.rows[row][column];
        let what = match cell.parse::<f64>() {
            Ok(number) if number.abs() <= GREATEST => return Ok(number),
            Ok(number) if number.is_finite() => "is too large to calculate with",
            Ok(_) => "is not finite",
            Err(_) => "is not a number",
        };
        let what = format!("holds `{}`, which {what}", shortened(cell));
        Err(self.error(row, column, &what, help))
    }
}

/// A cell as it may stand in a message.
pub(crate) fn shortened(cell: &str) -> String {
    const LONGEST: usize = 40;
    if cell.chars().count() <= LONGEST {
        cell.to_owned()
    } else {
        cell.chars().take(LONGEST).chain("…".chars()).collect()
    }
}

fn check_header(source: &str, header: &[String]) -> Result<(), ComponentError> {
    if header.is_empty() {
        return Err(ComponentError::unfit(
            format!("`{source}` is empty"),
            "a data set is a CSV file with a header line",
        ));
    }
    if header.len() == 1 {
        return Err(ComponentError::unfit(
            format!(
                "`{source}` has only one column, `{}`",
                shortened(&header[0])
            ),
            "a data set needs a target and at least one feature, separated by commas",
        ));
    }
    for (index, name) in header.iter().enumerate() {
        let problem = if name.is_empty() {
            format!("column {} has no name", index + 1)
        } else if header[..index].contains(name) {
            format!("column `{name}` appears twice")
        } else {
            continue;
        };
        return Err(ComponentError::Cell {
            file: source.to_owned(),
            line: 1,
            message: problem,
            help: "the header must give every column a name of its own".to_owned(),
        });
    }
    Ok(())
}

fn explain(source: &str, error: &csv::Error) -> ComponentError {
    let line = error.position().map_or(1, csv::Position::line);
    let (message, help) = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => (
            "the text is not UTF-8".to_owned(),
            "save the file in UTF-8, for example with `iconv -t utf-8`",
        ),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => (
            format!("{len} cells where the header has {expected_len}"),
            "every line must have as many cells as the header; quote a cell that holds a comma",
        ),
        _ => (error.to_string(), "see RFC 4180 for the form of a CSV file"),
    };
    ComponentError::Cell {
        file: source.to_owned(),
        line,
        message,
        help: help.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &[u8]) -> String {
        Table::parse("data.csv", text).unwrap_err().to_string()
    }

    #[test]
    fn bad_files_are_explained() {
        assert_eq!(refusal(b""), "`data.csv` is empty");
        assert_eq!(refusal(b"a,b\n"), "`data.csv` has no rows below its header");
        assert_eq!(
            refusal(b"a,b\n1,2\n1\n"),
            "`data.csv`, line 3: 1 cells where the header has 2"
        );
        assert_eq!(
            refusal(b"a,b\n1,\xff\n"),
            "`data.csv`, line 2: the text is not UTF-8"
        );
        assert_eq!(
            refusal(b"a,a\n1,2\n"),
            "`data.csv`, line 1: column `a` appears twice"
        );
        assert_eq!(
            refusal(b"a,\n1,2\n"),
            "`data.csv`, line 1: column 2 has no name"
        );
        assert_eq!(
            refusal(b"a;b\n1;2\n"),
            "`data.csv` has only one column, `a;b`"
        );
    }

    #[test]
    fn a_byte_order_mark_and_spaces_do_not_count() {
        let table = Table::parse("data.csv", &b"\xef\xbb\xbfa, b\n 1 ,x\n"[..]).unwrap();
        assert_eq!(table.header, ["a", "b"]);
        assert_eq!(&table.rows[0][0], "1");
    }

    #[test]
    fn a_huge_cell_is_read_and_named_in_short() {
        let text = format!("a,b\n{},1\n", "x".repeat(1 << 20));
        let table = Table::parse("data.csv", text.as_bytes()).unwrap();
        let error = table.number(0, 0, "help").unwrap_err().to_string();
        assert!(error.len() < 200, "{error}");
    }

    #[test]
    fn an_unknown_column_is_answered_with_the_nearest() {
        let table = Table::parse("data.csv", &b"species,size\na,1\n"[..]).unwrap();
        let error = table.column("specie").unwrap_err();
        assert_eq!(error.help().unwrap(), "did you mean `species`?");
    }
}
