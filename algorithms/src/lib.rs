//! Search spaces, search algorithms and early stopping for hyperparameter tuning.
//!
//! The crate is pure: no I/O, no clock, no threads, no randomness but that of the seed it is given. What an
//! [`Algorithm`](algorithm::Algorithm) suggests is a function of its settings, its seed and the
//! [`History`](history::History) alone, so that a search can be stopped, restarted and repeated at will.
//!
//! - [`space`]: parameters, conditions, configurations
//! - [`history`]: what is known of the trials so far
//! - [`algorithm`]: grid, random, sobol, tpe, cmaes
//! - [`stopper`]: rules that end hopeless trials early
//! - [`importance`]: which parameters matter
//! - [`compare`]: whether groups of results differ by more than chance
//! - [`setting`]: how algorithms and stoppers describe and check their settings
//!
//! # Example
//!
//! A search for the minimum of a function, twenty trials, two at a time:
//!
//! ```
//! use std::sync::Arc;
//! use tune_algorithms::algorithm;
//! use tune_algorithms::history::{Goal, History, Outcome};
//! use tune_algorithms::setting::Settings;
//! use tune_algorithms::space::{Domain, Parameter, Scale, Space, Value};
//!
//! let rate = Domain::Float { min: 1e-4, max: 1.0, scale: Scale::Log, step: None, points: None };
//! let space = Space::new(vec![
//!     Parameter::new("rate", rate),
//!     Parameter::new("momentum", Domain::Bool),
//! ])
//! .expect("the parameters make sense");
//! let mut sobol = algorithm::build("sobol", Arc::new(space), 42, &Settings::new())
//!     .expect("sobol has no settings that could be wrong");
//!
//! let mut history = History::new(Goal::Minimize);
//! for _ in 0..10 {
//!     for configuration in sobol.suggest(&history, 2) {
//!         let rate = configuration.get("rate").and_then(Value::as_f64).unwrap_or(1.0);
//!         let number = history.create(configuration);
//!         history.finish(number, Outcome::Succeeded((rate.log10() + 2.0).powi(2)));
//!     }
//! }
//! let best = history.trials().iter().filter_map(|trial| match trial.outcome {
//!     Some(Outcome::Succeeded(value)) => Some(value),
//!     _ => None,
//! });
//! assert!(best.fold(f64::INFINITY, f64::min) < 0.05);
//! ```
//!
//! A finite space is never searched twice: when nothing untried is left, `suggest` returns fewer configurations than it
//! was asked for.

pub mod algorithm;
pub mod compare;
mod draws;
pub mod history;
pub mod importance;
mod nearest;
mod normal;
mod quantile;
pub mod setting;
pub mod space;
pub mod stopper;
