//! The parameter that says how many levels a trial may take: it is not searched, and with it the levels at which trials are judged are
//! known beforehand.

use crate::nearest;
use crate::setting::SettingError;
use crate::space::{Configuration, Domain, Space, SpaceError, Value};

/// An int parameter that says how many levels (epochs, rounds …) a trial takes. Its largest value is what trials are given.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its name.
    pub parameter: String,
    /// Where it begins: no trial is worth judging before.
    pub least: i64,
    /// How many levels a trial has that nobody stops.
    pub most: i64,
    /// The levels at which a trial should report, and may keep what it has: those at which it is judged, and the last.
    pub rungs: Vec<i64>,
}

impl Resource {
    /// The parameter of that name, without its rungs.
    pub(super) fn find(key: &str, name: &str, space: &Space) -> Result<Self, SettingError> {
        let refuse = |message: String, help: Option<String>| SettingError {
            key: key.to_owned(),
            message,
            help,
        };
        let parameters = space.parameters().iter();
        let names = parameters.clone().map(|parameter| parameter.name.as_str());
        let Some(parameter) = parameters.clone().find(|parameter| parameter.name == name) else {
            let help = nearest::help(name, names);
            return Err(refuse(format!("there is no parameter `{name}`"), help));
        };
        let help = Some(
            "name an int parameter, such as `epochs: { type: int, min: 1, max: 81 }`".to_owned(),
        );
        let (Value::Int(least), Value::Int(most), Domain::Int { .. }) = (
            parameter.domain.decode(0.0),
            parameter.domain.decode(1.0),
            &parameter.domain,
        ) else {
            return Err(refuse(
                format!("`{name}` is no int parameter: levels cannot be counted by it"),
                help,
            ));
        };
        if parameter.when.is_some() {
            let help = "take away its `when`: every trial has levels".to_owned();
            return Err(refuse(
                format!("`{name}` is not active in every trial"),
                Some(help),
            ));
        }
        if least < 1 {
            let help = format!("let `{name}` begin at 1 or later");
            return Err(refuse(
                format!("`{name}` may be {least}, and a trial has one level at least"),
                Some(help),
            ));
        }
        let resource = Self {
            parameter: name.to_owned(),
            least,
            most,
            rungs: Vec::new(),
        };
        if resource.searched(space).is_err() {
            let help = format!("take `{name}` out of their `when`");
            return Err(refuse(
                format!("other parameters depend on `{name}`, which is the same in all trials"),
                Some(help),
            ));
        }
        Ok(resource)
    }

    /// The space that is searched: every trial is given as many levels as there are.
    ///
    /// # Errors
    /// When the space has no such parameter, or others depend on it.
    pub fn searched(&self, space: &Space) -> Result<Space, Vec<SpaceError>> {
        let mut parameters = space.parameters().to_vec();
        for parameter in &mut parameters {
            if parameter.name == self.parameter {
                let values = vec![Value::Int(self.most)];
                parameter.domain = Domain::Categorical { values };
            }
        }
        Space::new(parameters)
    }

    /// A configuration of the whole space as one of that which is searched: it is taken for one with all levels.
    pub fn in_full(&self, configuration: &Configuration) -> Configuration {
        let entries = configuration
            .iter()
            .map(|(name, value)| match name == self.parameter {
                true => (name.to_owned(), Value::Int(self.most)),
                false => (name.to_owned(), value.clone()),
            });
        entries.collect()
    }
}
