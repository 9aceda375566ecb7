//! Which parameters matter, as a table with bars.

use super::number::count;
use super::style::Style;
use super::table::{Align, Table};
use crate::wire::Importance;
use tune_algorithms::history::Goal;

/// The bar of a parameter that alone matters is so long.
const BAR: f64 = 30.0;

/// The parameters, one per line, the most important first.
pub fn table(found: &Importance, style: &Style) -> String {
    let good = match found.goal {
        Goal::Minimize => "small",
        Goal::Maximize => "large",
    };
    let about = format!(
        "importance for {} ({good} is good), from {}",
        found.metric,
        count(found.trials, "trial")
    );
    let mut table = Table::new([
        ("parameter", Align::Left),
        ("share", Align::Right),
        ("", Align::Left),
    ]);
    for parameter in &found.parameters {
        let bar = style
            .pick("█", "#")
            .repeat((parameter.share * BAR).round() as usize);
        let percent = format!("{:.1} %", parameter.share * 100.0);
        table.row(vec![parameter.name.clone(), percent, bar]);
    }
    format!("{}\n{}", style.dim(about), table.render(style, 2))
}
