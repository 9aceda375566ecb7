//! The search space: what may be varied, and the configurations drawn from it.
//!
//! ```
//! use tune_algorithms::space::{Domain, Parameter, Scale, Space, Value};
//!
//! let values = ["svm", "forest"].map(Value::from).to_vec();
//! let depth = Domain::Int { min: 1, max: 8, scale: Scale::Log, step: None, points: None };
//! let space = Space::new(vec![
//!     Parameter::new("model", Domain::Categorical { values }),
//!     Parameter::new("depth", depth).when("model", ["forest".into()]),
//! ])?;
//! assert_eq!(space.size(), Some(1 + 8));
//! assert_eq!(space.decode(&[0.7, 1.0]).get("depth"), Some(&Value::Int(8)));
//! assert_eq!(space.decode(&[0.2, 1.0]).get("depth"), None);
//! # Ok::<(), Vec<tune_algorithms::space::SpaceError>>(())
//! ```

mod conditions;
mod configuration;
mod diagram;
mod domain;
mod integer;
mod lattice;
mod parameter;
mod problems;
mod real;
#[expect(
    clippy::module_inception,
    reason = "the file is named after the type it holds"
)]
mod space;
mod value;

pub use configuration::Configuration;
pub use domain::{Domain, Scale};
pub use lattice::Lattice;
pub use parameter::{Condition, Parameter};
pub use problems::{MAX_POINTS, SpaceError};
pub use space::Space;
pub use value::Value;
