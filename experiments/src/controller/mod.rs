//! What happens next in an experiment.
//!
//! `core` decides: a pure, synchronous state machine from events to changes and commands. `drive` is the loop around it that stores the
//! changes and carries the commands out. A trial under way is `trial`; `task` turns its next step into something an engine can run;
//! `recover` makes a core out of what the store remembers; `suggester` gives the algorithm a thread of its own; `submit` decides what
//! a file means for an experiment that exists.

mod core;
mod drive;
mod event;
mod layout;
mod outbox;
mod plan;
mod progress;
mod recover;
mod submit;
mod suggester;
mod task;
mod trial;

#[cfg(test)]
mod simulation;

pub use drive::{DriveError, Setup, cancel, drive};
pub use event::Control;
pub use layout::Layout;
pub use submit::{SubmitError, Submitted, goes_on, submit};
pub use suggester::AlgorithmCrashed;
