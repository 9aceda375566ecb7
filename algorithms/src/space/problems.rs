//! What can be wrong with the parameters of a space, found all at once: names and domains here, conditions in
//! `conditions`.

use super::real::tolerance;
use super::{Domain, Parameter, Scale, Value};
use std::collections::HashSet;

/// The most values of one parameter that `grid` can be told to take (`points`).
pub const MAX_POINTS: u32 = 1_000_000;

/// The fewest numbers that there must be between the bounds of a float without steps: it is taken to hold more than anybody tries.
const LEAST_FLOATS: i128 = 1 << 20;

/// What is wrong with a parameter of a space, or with a configuration's value for it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("parameter `{parameter}`: {message}")]
pub struct SpaceError {
    /// The parameter's name.
    pub parameter: String,
    /// The key it is about (`min`, `step`, `values`, `when.model` …), so that a reader can point at it; empty when it is
    /// about the value in a configuration.
    pub key: String,
    /// Lowercase, no full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// Collects the problems of one parameter.
pub(super) struct Problems<'a> {
    pub parameter: &'a str,
    pub found: &'a mut Vec<SpaceError>,
}

impl Problems<'_> {
    /// Notes a problem; an empty `help` is none.
    pub fn add(&mut self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        let help = help.into();
        self.found.push(SpaceError {
            parameter: self.parameter.to_owned(),
            key: key.to_owned(),
            message: message.into(),
            help: (!help.is_empty()).then_some(help),
        });
    }
}

/// Problems of names and domains.
pub(super) fn of_parameters(parameters: &[Parameter]) -> Vec<SpaceError> {
    let mut found = Vec::new();
    let mut names = HashSet::new();
    for parameter in parameters {
        let mut problems = Problems {
            parameter: &parameter.name,
            found: &mut found,
        };
        check_name(&parameter.name, &mut problems);
        if !names.insert(&parameter.name) {
            problems.add(
                "name",
                "the name is used twice",
                "give each parameter its own name",
            );
        }
        check_domain(&parameter.domain, &mut problems);
    }
    found
}

fn check_name(name: &str, problems: &mut Problems<'_>) {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let goes_on_well = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    if !starts_well || !goes_on_well {
        let help =
            "a name starts with a letter or `_` and goes on with letters, digits, `_`, `-` and `.`";
        problems.add("name", "this cannot be a name", help);
    }
}

fn check_domain(domain: &Domain, problems: &mut Problems<'_>) {
    match domain {
        Domain::Float {
            min,
            max,
            scale,
            step,
            points,
        } => {
            check_points(*points, problems);
            if check_float_bounds(*min, *max, *scale, problems) {
                match step {
                    Some(step) => check_float_step(*min, *max, *scale, *step, problems),
                    None => check_float_width(*min, *max, problems),
                }
            }
        }
        Domain::Int {
            min,
            max,
            scale,
            step,
            points,
        } => {
            check_points(*points, problems);
            if check_int_bounds(*min, *max, *scale, problems) {
                check_int_step(*min, *max, *step, problems);
            }
        }
        Domain::Ordinal { values } | Domain::Categorical { values } => {
            check_values(values, problems);
        }
        Domain::Bool => {}
    }
}

fn check_points(points: Option<u32>, problems: &mut Problems<'_>) {
    if let Some(points) = points
        && !(2..=MAX_POINTS).contains(&points)
    {
        let help = format!("use 2 to {MAX_POINTS}: both ends are among them");
        problems.add(
            "points",
            format!(
                "{points} points are too {}",
                if points < 2 { "few" } else { "many" }
            ),
            help,
        );
    }
}

/// Whether the bounds are good enough to look at the step.
fn check_float_bounds(min: f64, max: f64, scale: Scale, problems: &mut Problems<'_>) -> bool {
    let before = problems.found.len();
    for (key, bound) in [("min", min), ("max", max)] {
        if !bound.is_finite() {
            problems.add(key, format!("{bound} is not finite"), "use a finite number");
        }
    }
    if min >= max {
        problems.add(
            "min",
            format!("min {} is not less than max {}", short(min), short(max)),
            swapped(min, max, &[short(min), short(max)]),
        );
    }
    if scale == Scale::Log && min <= 0.0 {
        let help = "use a positive min, or the linear scale";
        problems.add(
            "scale",
            format!("a log scale needs a positive min, not {}", short(min)),
            help,
        );
    }
    problems.found.len() == before
}

fn check_float_width(min: f64, max: f64, problems: &mut Problems<'_>) {
    let count = place(max) - place(min) + 1;
    if count < LEAST_FLOATS {
        let message = format!(
            "only {count} different numbers lie between min {} and max {}",
            short(min),
            short(max)
        );
        let help = "widen the range; or shift it, so that it starts at 0; or list a few numbers with `ordinal`";
        problems.add("min", message, help);
    }
}

/// The place of a finite number among all there are.
fn place(number: f64) -> i128 {
    let size = i128::from(number.abs().to_bits());
    if number < 0.0 { -size } else { size }
}

fn check_float_step(min: f64, max: f64, scale: Scale, step: f64, problems: &mut Problems<'_>) {
    if !step.is_finite() || step <= 0.0 {
        problems.add(
            "step",
            format!("step {} is not positive", short(step)),
            "use a positive number",
        );
        return;
    }
    if scale == Scale::Log {
        let help = "leave out `step` or `scale`; for a few values along a log scale use `points` with `grid`, or `ordinal`";
        problems.add("step", "a float on a log scale has no steps", help);
    }
    let quotient = (max - min) / step;
    if quotient > (1_u64 << 53) as f64 {
        problems.add(
            "step",
            format!(
                "step {} is too small for the range from {} to {}",
                short(step),
                short(min),
                short(max)
            ),
            "leave it out",
        );
    } else if (quotient - quotient.round()).abs() > tolerance(quotient) {
        let fitting = min + quotient.round().max(1.0) * step;
        problems.add(
            "step",
            format!(
                "steps of {} from {} do not lead to max {}",
                short(step),
                short(min),
                short(max)
            ),
            format!(
                "the nearest max that fits is {}",
                short(shortest(fitting, step))
            ),
        );
    }
}

fn check_int_bounds(min: i64, max: i64, scale: Scale, problems: &mut Problems<'_>) -> bool {
    let before = problems.found.len();
    if min >= max {
        problems.add(
            "min",
            format!("min {min} is not less than max {max}"),
            swapped(min, max, &[min.to_string(), max.to_string()]),
        );
    }
    if scale == Scale::Log && min <= 0 {
        let help = "use a positive min, or the linear scale";
        problems.add(
            "scale",
            format!("a log scale needs a positive min, not {min}"),
            help,
        );
    }
    problems.found.len() == before
}

fn check_int_step(min: i64, max: i64, step: Option<i64>, problems: &mut Problems<'_>) {
    let Some(step) = step else { return };
    if step <= 0 {
        problems.add(
            "step",
            format!("step {step} is not positive"),
            "use a positive whole number",
        );
        return;
    }
    let (min, max, step) = (i128::from(min), i128::from(max), i128::from(step));
    let width = max - min;
    if width % step != 0 {
        let nearest_count = ((width + step / 2) / step).max(1);
        problems.add(
            "step",
            format!("steps of {step} from {min} do not lead to max {max}"),
            format!(
                "the nearest max that fits is {}",
                min + nearest_count * step
            ),
        );
    }
}

fn check_values(values: &[Value], problems: &mut Problems<'_>) {
    if values.is_empty() {
        problems.add("values", "there are no values", "list at least one");
    }
    let mut seen: HashSet<Value> = HashSet::new();
    for value in values {
        if matches!(value, Value::Float(float) if !float.is_finite()) {
            problems.add(
                "values",
                format!("{value} is not finite"),
                "use finite numbers",
            );
        } else if matches!(value, Value::Text(text) if text.contains('\0')) {
            problems.add("values", "a value holds a NUL character", "leave it out");
        } else if !seen.insert(numeric_form(value)) {
            problems.add(
                "values",
                format!("`{value}` is listed twice"),
                "list each value once",
            );
        }
    }
}

/// The same for values that match each other: whole floats become ints.
fn numeric_form(value: &Value) -> Value {
    value.as_i64().map_or_else(|| value.clone(), Value::Int)
}

fn swapped<T: PartialOrd>(min: T, max: T, [min_text, max_text]: &[String; 2]) -> String {
    if min > max {
        format!("did you mean min {max_text} and max {min_text}?")
    } else {
        "use a larger max; for a single value use `categorical`".to_owned()
    }
}

/// Without hundreds of zeros.
fn short(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-6..1e16).contains(&size) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

/// A number that is a sum of steps, without the noise of the last bits.
fn shortest(value: f64, step: f64) -> f64 {
    let digits = (3.0 - step.log10().floor()).clamp(0.0, 17.0) as usize;
    format!("{value:.digits$}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    /// Key and help of each problem of a single parameter `p`.
    fn problems(mut parameter: Json) -> Vec<(String, String)> {
        parameter["name"] = json!("p");
        let found = of_parameters(&[serde_json::from_value(parameter).unwrap()]);
        found
            .into_iter()
            .map(|error| (error.key, error.help.unwrap_or_default()))
            .collect()
    }

    #[expect(clippy::needless_pass_by_value, reason = "it is called with `json!`")]
    fn assert_problem(parameter: Json, key: &str, help: &str) {
        let found = problems(parameter.clone());
        assert_eq!(found.len(), 1, "{parameter}: {found:?}");
        assert_eq!(found[0].0, key, "{parameter}");
        assert!(found[0].1.contains(help), "{parameter}: {found:?}");
    }

    #[test]
    fn sound_domains_have_no_problems() {
        for parameter in [
            json!({"type": "float", "min": 0, "max": 1}),
            json!({"type": "float", "min": 0.3, "max": 1.0, "step": 0.1}),
            json!({"type": "float", "min": -1e308, "max": 1e308}),
            json!({"type": "float", "min": 1e-9, "max": 1, "scale": "log", "points": 2}),
            json!({"type": "int", "min": 1, "max": 9, "scale": "log", "step": 2}),
            json!({"type": "int", "min": i64::MIN, "max": i64::MAX}),
            json!({"type": "categorical", "values": [1, "1", true, 1.5]}),
            json!({"type": "ordinal", "values": [3]}),
            json!({"type": "bool"}),
        ] {
            assert_eq!(problems(parameter.clone()), [], "{parameter}");
        }
    }

    #[test]
    fn bounds_are_checked() {
        assert_problem(
            json!({"type": "float", "min": 2, "max": 1}),
            "min",
            "min 1 and max 2",
        );
        assert_problem(
            json!({"type": "int", "min": 2, "max": 2}),
            "min",
            "larger max",
        );
        assert_problem(
            json!({"type": "float", "min": 0, "max": 1, "scale": "log"}),
            "scale",
            "positive",
        );
        assert_problem(
            json!({"type": "int", "min": 0, "max": 1, "scale": "log"}),
            "scale",
            "positive",
        );
        let infinite = Domain::Float {
            min: f64::NAN,
            max: f64::INFINITY,
            scale: Scale::Linear,
            step: None,
            points: None,
        };
        let keys: Vec<String> = of_parameters(&[Parameter::new("p", infinite)])
            .into_iter()
            .map(|e| e.key)
            .collect();
        assert_eq!(keys, ["min", "max"]);
        let narrow = json!({"type": "float", "min": 1.7e18, "max": 1.700_000_000_000_001e18});
        let found = of_parameters(&[serde_json::from_value({
            let mut narrow = narrow.clone();
            narrow["name"] = json!("p");
            narrow
        })
        .unwrap()]);
        assert_eq!(
            found[0].message,
            "only 5 different numbers lie between min 1.7e18 and max 1.700000000000001e18"
        );
        assert_problem(
            json!({"type": "float", "min": -5e-324, "max": 5e-324}),
            "min",
            "ordinal",
        );
        assert_eq!(
            problems(json!({"type": "float", "min": -1e-9, "max": 1e-9})),
            []
        );
    }

    #[test]
    fn steps_are_checked() {
        let float = |step: f64| json!({"type": "float", "min": 0.3, "max": 1.05, "step": step});
        assert_problem(float(0.1), "step", "1.1");
        assert_problem(float(2.0), "step", "2.3");
        assert_problem(float(0.0), "step", "positive");
        assert_problem(float(1e-300), "step", "leave it out");
        let log = json!({"type": "float", "min": 1, "max": 2, "step": 1, "scale": "log"});
        assert_problem(log, "step", "points");
        let int = |step: i64| json!({"type": "int", "min": 1, "max": 12, "step": step});
        assert_problem(int(5), "step", "is 11");
        assert_problem(int(20), "step", "is 21");
        assert_problem(int(-1), "step", "positive");
    }

    #[test]
    fn points_are_checked() {
        assert_problem(
            json!({"type": "float", "min": 0, "max": 1, "points": 1}),
            "points",
            "2 to",
        );
        assert_problem(
            json!({"type": "int", "min": 0, "max": 1, "points": 2_000_000}),
            "points",
            "2 to",
        );
    }

    #[test]
    fn listed_values_are_checked() {
        for kind in ["ordinal", "categorical"] {
            assert_problem(
                json!({"type": kind, "values": []}),
                "values",
                "at least one",
            );
            assert_problem(
                json!({"type": kind, "values": [1, 2, 1.0]}),
                "values",
                "once",
            );
            let nul = json!({"type": kind, "values": ["a", "a\0"]});
            assert_problem(nul, "values", "leave it out");
        }
    }

    #[test]
    fn names_are_checked() {
        let names = |names: &[&str]| {
            let all: Vec<Parameter> = names
                .iter()
                .map(|n| Parameter::new(*n, Domain::Bool))
                .collect();
            of_parameters(&all).len()
        };
        assert_eq!(names(&["a", "_b", "C.d-e_9"]), 0);
        assert_eq!(names(&["", "9a", "a b", "é", "-a", "a}"]), 6);
        assert_eq!(names(&["a", "b", "a"]), 1);
    }
}
