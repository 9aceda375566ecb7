//! The data sets that come with the crate, as text compiled in: no network, no files beside the binary.
//!
//! Their sources and licences are noted in `data/README.md`.

use crate::error::ComponentError;
use crate::table::Table;

/// Names of the built-in data sets.
pub(crate) const NAMES: &[&str] = &["iris", "winequality", "diabetes"];

/// The data set called `name`, one of [`NAMES`].
pub(crate) fn load(name: &str) -> Result<Table, ComponentError> {
    let text = match name {
        "iris" => include_str!("../data/iris.csv"),
        "winequality" => include_str!("../data/winequality.csv"),
        "diabetes" => include_str!("../data/diabetes.csv"),
        _ => {
            return Err(ComponentError::unfit(
                format!("there is no data set `{name}`"),
                crate::inputs::suggestion(name, NAMES),
            ));
        }
    };
    Table::parse(name, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_whole() {
        let shapes: Vec<_> = NAMES
            .iter()
            .map(|name| load(name).unwrap())
            .map(|table| (table.rows.len(), table.header.len()))
            .collect();
        assert_eq!(shapes, [(150, 5), (1599, 12), (442, 11)]);
    }
}
