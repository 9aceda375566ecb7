//! Reads metrics from the lines that one attempt prints, or appends to `$TUNE_METRICS`. How a line looks is up to `pairs` and
//! `json_line`; here levels are put to values.

use super::Report;
use super::json_line::fields;
use super::near_miss::NearMisses;
use super::pairs::pairs;
use crate::spec::LEVEL_NAMES;
use memchr::memchr3;
use std::collections::HashMap;

/// Reads the lines of one attempt. The caller cuts lines that are very long.
#[derive(Clone, Debug)]
pub struct LineParser {
    objective: String,
    /// How many reports without a level each metric has had.
    counts: HashMap<String, u64>,
    near_misses: NearMisses,
    /// Whether the objective has been reported.
    is_reported: bool,
}

impl LineParser {
    /// A parser that pays attention to lines that nearly report the objective.
    pub fn new(objective: &str) -> Self {
        Self {
            objective: objective.to_owned(),
            counts: HashMap::new(),
            near_misses: NearMisses::new(objective),
            is_reported: false,
        }
    }

    /// The metric that matters most.
    pub fn objective(&self) -> &str {
        &self.objective
    }

    /// The metrics in a line of stdout: `name=value` pairs, or one JSON object. A level holds for its own line; a carriage return,
    /// with which a progress bar begins anew, ends a line too.
    pub fn line(&mut self, line: &[u8]) -> Vec<Report> {
        // Most of what programs print has none of these and says nothing about metrics.
        if memchr3(b'=', b':', b'{', line).is_none() {
            return Vec::new();
        }
        let line = String::from_utf8_lossy(line);
        line.split('\r').flat_map(|part| self.part(part)).collect()
    }

    /// The metrics in a line of `$TUNE_METRICS`: one JSON object, `{"loss": 0.4, "level": 3}` or
    /// `{"name": "loss", "value": 0.4, "level": 3}`.
    pub fn json_line(&mut self, line: &[u8]) -> Vec<Report> {
        let line = String::from_utf8_lossy(line);
        let reports = self.json(&line).unwrap_or_default();
        self.remember(&line, &reports);
        reports
    }

    fn part(&mut self, line: &str) -> Vec<Report> {
        let reports = match self.json(line) {
            Some(reports) => reports,
            None if line.contains('=') => self.reports(pairs(line)),
            None => Vec::new(),
        };
        self.remember(line, &reports);
        reports
    }

    /// Keeps a line that nearly reports the objective, until one does.
    fn remember(&mut self, line: &str, reports: &[Report]) {
        if self.is_reported {
            return;
        }
        if reports.iter().any(|report| report.name == self.objective) {
            self.is_reported = true;
            self.near_misses.clear();
            return;
        }
        self.near_misses
            .look(line, reports.iter().map(|report| report.name.as_str()));
    }

    /// The last lines that nearly reported the objective; none once it was reported.
    pub fn near_misses(&self) -> Vec<String> {
        self.near_misses.lines().map(str::to_owned).collect()
    }

    fn json(&mut self, line: &str) -> Option<Vec<Report>> {
        let line = line.trim();
        if !line.starts_with('{') {
            return None;
        }
        Some(self.reports(fields(line)?))
    }

    fn reports(&mut self, mut values: Vec<(String, f64)>) -> Vec<Report> {
        let level = take_level(&mut values);
        let report = |(name, value): (String, f64)| Report {
            level: level.unwrap_or_else(|| self.next_level(&name)),
            name,
            value,
        };
        values.into_iter().map(report).collect()
    }

    fn next_level(&mut self, name: &str) -> f64 {
        if let Some(count) = self.counts.get_mut(name) {
            *count += 1;
            return *count as f64;
        }
        self.counts.insert(name.to_owned(), 0);
        0.0
    }
}

/// Takes the names of levels out of the values. A level that is not finite is none.
fn take_level(values: &mut Vec<(String, f64)>) -> Option<f64> {
    let level = LEVEL_NAMES.iter().find_map(|level| {
        let given = values
            .iter()
            .find(|(name, value)| name == level && value.is_finite())?;
        Some(given.1)
    });
    values.retain(|(name, _)| !LEVEL_NAMES.contains(&name.as_str()));
    level
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Case<'a> = (&'a str, &'a [(&'a str, f64, f64)], &'a str);

    fn read(parser: &mut LineParser, line: &str) -> Vec<(String, f64, f64)> {
        let reports = parser.line(line.as_bytes());
        reports
            .into_iter()
            .map(|report| (report.name, report.level, report.value))
            .collect()
    }

    #[test]
    fn levels_are_put_to_values() {
        let mut parser = LineParser::new("loss");
        let cases: [Case<'_>; 11] = [
            (
                "loss=0.5",
                &[("loss", 0.0, 0.5)],
                "no level: counted from 0",
            ),
            (
                "loss=0.4 acc=0.9",
                &[("loss", 1.0, 0.4), ("acc", 0.0, 0.9)],
                "each metric has its own count",
            ),
            ("epoch=7 loss=0.3", &[("loss", 7.0, 0.3)], "an epoch"),
            (
                "loss=0.2",
                &[("loss", 2.0, 0.2)],
                "named levels are not counted, and hold for their line only",
            ),
            (
                "step=900 epoch=8 loss=1",
                &[("loss", 8.0, 1.0)],
                "epoch wins over step, which is no metric",
            ),
            ("epoch=9", &[], "a level alone"),
            ("epoch=nan loss=1", &[("loss", 3.0, 1.0)], "no level either"),
            (
                r#"  {"loss": 0.1, "iteration": 4}"#,
                &[("loss", 4.0, 0.1)],
                "JSON",
            ),
            (
                r#"{"name": "loss", "value": 0.4, "level": 3}"#,
                &[("loss", 3.0, 0.4)],
                "name and value",
            ),
            (
                "epoch=1 loss=5\repoch=2 loss=6\r",
                &[("loss", 1.0, 5.0), ("loss", 2.0, 6.0)],
                "a progress bar",
            ),
            ("{loss=5}", &[], "neither"),
        ];
        for (line, expected, reason) in cases {
            let expected: Vec<_> = expected
                .iter()
                .map(|&(name, level, value)| (name.to_owned(), level, value))
                .collect();
            assert_eq!(read(&mut parser, line), expected, "{reason}: {line}");
        }
    }

    #[test]
    fn the_metrics_file_holds_json_only() {
        let mut parser = LineParser::new("loss");
        assert_eq!(parser.json_line(b"loss=1"), []);
        assert_eq!(parser.json_line(br#"{"loss": 1}"#).len(), 1);
    }

    #[test]
    fn remembers_what_nearly_was_the_objective() {
        let mut parser = LineParser::new("accuracy");
        for line in ["accuracy: 0.93", "of accuracy no word", "acc=0.9", "loss=1"] {
            parser.line(line.as_bytes());
        }
        assert_eq!(parser.near_misses(), ["accuracy: 0.93", "acc=0.9"]);
        parser.line(b"accuracy=1");
        parser.line(b"accuracy: 2");
        assert_eq!(parser.near_misses(), [""; 0]);
    }

    proptest! {
        #[test]
        fn never_panics(line in prop::collection::vec(any::<u8>(), 0..60), text in "([a-z]|=| |,|;|[0-9]|\\{|\"|:|\\PC){0,40}") {
            let mut parser = LineParser::new("loss");
            parser.line(&line);
            parser.line(text.as_bytes());
        }

        #[test]
        fn what_is_printed_is_read(name in "[A-Za-z_][A-Za-z0-9_./:-]{0,10}", value in any::<f64>(), level in 0..1000u32) {
            prop_assume!(!LEVEL_NAMES.contains(&name.as_str()) && !name.contains("//"));
            let mut parser = LineParser::new("other");
            let reports = parser.line(format!("epoch={level} {name}={value:?}").as_bytes());
            prop_assert_eq!(reports.len(), 1);
            prop_assert_eq!((&reports[0].name, reports[0].level), (&name, f64::from(level)));
            prop_assert!(reports[0].value == value || value.is_nan() && reports[0].value.is_nan());
        }
    }
}
