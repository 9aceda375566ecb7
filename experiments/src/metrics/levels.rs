//! The levels of what clients report: one that names none comes after the highest so far, so that no point takes another's place.

use super::Report;
use std::collections::HashMap;

/// A value of a metric as a client gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientReport {
    /// The metric's name.
    pub name: String,
    /// The resource level; none: one above the highest of that metric in the trial so far, 0 for the first.
    pub level: Option<f64>,
    /// May be NaN or infinite.
    pub value: f64,
}

/// The highest level of every metric of one trial.
#[derive(Clone, Debug, Default)]
pub struct Levels(HashMap<String, f64>);

impl Levels {
    /// The report with its level.
    pub fn place(&mut self, given: ClientReport) -> Report {
        let ClientReport { name, level, value } = given;
        let level = level.unwrap_or_else(|| self.next(&name));
        self.note(&name, level);
        Report { name, level, value }
    }

    /// Remembers that the metric has a value at that level.
    pub fn note(&mut self, name: &str, level: f64) {
        match self.0.get_mut(name) {
            Some(highest) => *highest = highest.max(level),
            None => {
                self.0.insert(name.to_owned(), level);
            }
        }
    }

    /// Beyond 2⁵³ adding one changes nothing: there it is the next number that there is.
    fn next(&self, name: &str) -> f64 {
        let after = |highest: &f64| (highest + 1.0).max(highest.next_up());
        self.0.get(name).map_or(0.0, after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_without_a_level_comes_after_the_highest_so_far() {
        let mut levels = Levels::default();
        levels.note("loss", 2.0);
        let mut place = |name: &str, level| {
            let name = name.to_owned();
            let value = 0.5;
            levels.place(ClientReport { name, level, value }).level
        };
        assert_eq!(place("loss", None), 3.0);
        assert_eq!(place("loss", Some(9.0)), 9.0);
        assert_eq!(place("loss", Some(4.0)), 4.0);
        assert_eq!(place("loss", None), 10.0);
        assert_eq!((place("f1", None), place("f1", None)), (0.0, 1.0));
        assert_eq!(place("f1", Some(1e300)), 1e300);
        assert!(place("f1", None) > 1e300);
    }
}
