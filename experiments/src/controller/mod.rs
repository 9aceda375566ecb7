//! What happens next in an experiment.
//!
//! `core` decides: a pure, synchronous state machine from events to changes and commands. `driver` is the loop around it that stores the
//! changes and carries the commands out; `drive` takes an experiment up and lets the loop run; `message` is how others reach it. A trial
//! under way is `trial`; `task` turns its next step into something an engine can run; `recover` makes a core out of what the store
//! remembers, `lost` looks after what has vanished meanwhile; `suggester` gives the algorithm a thread of its own; `slots` shares the slots
//! of the engine; `spans` are what log lines about trials carry; `submit` decides what a file means for an experiment that exists, `prior`
//! what a new one knows of another.

mod core;
mod drive;
mod driver;
mod event;
mod layout;
mod limits;
mod lost;
mod message;
mod observer;
mod outbox;
mod plan;
mod prior;
mod progress;
mod recover;
mod slots;
mod spans;
mod submit;
mod suggester;
mod task;
mod trial;

#[cfg(test)]
mod simulation;

pub use drive::{DriveError, Setup, cancel, drive};
pub(crate) use drive::{Loaded, load, of_experiment, take_lock};
pub(crate) use driver::{Driver, Ways};
pub(crate) use event::{Answer, Event, Wish};
pub use event::{Control, Told};
pub use layout::Layout;
pub use limits::LimitsPatch;
pub(crate) use limits::NewLimits;
pub(crate) use message::{Answered, Message, Want, WantError};
pub use observer::{NoObserver, Observer};
pub(crate) use prior::prior;
pub(crate) use slots::Pool;
pub use submit::{SubmitError, Submitted, has_more, submit};
pub(crate) use submit::{as_it_is, compared, create, goes_on};
pub use suggester::AlgorithmCrashed;
