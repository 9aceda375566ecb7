//! The search space: what may be varied, and the configurations drawn from it.

mod configuration;
mod parameter;
mod value;

pub use configuration::Configuration;
pub use parameter::{Condition, Domain, Parameter, Scale, Space, SpaceError};
pub use value::Value;
