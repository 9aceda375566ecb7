//! Search spaces, search algorithms and early stopping for hyperparameter tuning.
//!
//! The crate is pure: no I/O, no clock, no threads, no randomness but that of the seed it is given. What an
//! [`Algorithm`](algorithm::Algorithm) suggests is a function of its settings, its seed and the
//! [`History`](history::History) alone, so that a search can be stopped, restarted and repeated at will.
//!
//! - [`space`]: parameters, conditions, configurations
//! - [`history`]: what is known of the trials so far
//! - [`algorithm`]: grid, random, sobol
//! - [`stopper`]: rules that end hopeless trials early
//! - [`setting`]: how algorithms and stoppers describe and check their settings

pub mod algorithm;
pub mod compare;
mod draws;
pub mod history;
mod nearest;
pub mod setting;
pub mod space;
pub mod stopper;
