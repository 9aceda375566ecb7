//! The JSON of the HTTP interface, which `--format json` prints too: one type per shape, with its schema, and made from the records of the
//! store. Times are RFC 3339 in UTC, durations seconds, NaN and the infinities words. What routes carry it is `http`'s; who asks is
//! `client`'s.

mod ask;
mod comparison;
mod count;
mod event;
mod experiment;
mod grid;
mod importance;
mod limits;
mod metric;
mod notes;
mod number;
mod once;
mod page;
mod points;
mod problem;
pub mod schema;
mod session;
mod step;
mod submit;
mod system;
mod tell;
mod token;
mod trial;
pub mod whole;
mod why;

pub use ask::{Ask, Asked, Enqueue};
pub use comparison::Comparison;
pub use count::Counts;
pub use event::Event;
pub use experiment::{Experiment, Summary};
pub use grid::Grid;
pub use importance::{Importance, ParameterImportance};
pub use limits::LimitsPatch;
pub use metric::{Metric, MetricNames, MetricReport, Stop};
pub use notes::{Notes, NotesPatch};
pub use number::Number;
pub use page::{Experiments, Metrics, Tokens, Trials};
pub use points::Points;
pub use problem::{Difference, FileProblem, Problem};
pub use session::Session;
pub use step::Step;
pub use submit::{Outcome, Submitted, Validated};
pub use system::{StoreView, System, Waiting};
pub use tell::{Tell, TellState, Told};
pub use token::{NewToken, Token, TokenWanted};
pub use trial::{ListedTrial, Trial, TrialInFull, TrialWithSteps};
pub use why::Why;

use crate::terminal::number::seconds_between;
use jiff::Timestamp;

/// Seconds from start to end, once there are both.
fn duration(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<f64> {
    let (from, to) = from.zip(to)?;
    Some(seconds_between(from, to))
}
