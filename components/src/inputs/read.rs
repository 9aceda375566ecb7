//! Reads typed values out of a `with:` that has passed the checks, defaults included.

use serde_json::{Map, Value as Json};

use super::{Fallback, Input, check_inputs, texts, whole};
use crate::component::StaticWith;
use crate::error::ComponentError;

/// Checked inputs, ready to be read.
pub(crate) struct Inputs<'a> {
    table: &'a [Input],
    with: &'a Map<String, Json>,
}

impl<'a> Inputs<'a> {
    /// Checks a fully rendered `with` by the same rules as before the run.
    pub(crate) fn read(
        table: &'a [Input],
        with: &'a Map<String, Json>,
    ) -> Result<Self, ComponentError> {
        let known: StaticWith = with
            .iter()
            .map(|(k, v)| (k.clone(), Some(v.clone())))
            .collect();
        let problems = check_inputs(table, &known);
        if problems.is_empty() {
            Ok(Self { table, with })
        } else {
            Err(ComponentError::Inputs(problems))
        }
    }

    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.given(name).is_some()
    }

    fn given(&self, name: &str) -> Option<&Json> {
        self.with.get(name).filter(|value| !value.is_null())
    }

    fn value(&self, name: &str) -> Option<Json> {
        if let Some(value) = self.given(name) {
            return Some(value.clone());
        }
        let input = self.table.iter().find(|input| input.name == name)?;
        match input.fallback {
            Fallback::Value(json) => serde_json::from_str(json).ok(),
            Fallback::Required | Fallback::Described(_) => None,
        }
    }

    pub(crate) fn int_if_given(&self, name: &str) -> Option<usize> {
        whole(&self.value(name)?).and_then(|n| usize::try_from(n).ok())
    }

    pub(crate) fn float_if_given(&self, name: &str) -> Option<f64> {
        self.value(name)?.as_f64()
    }

    pub(crate) fn text_if_given(&self, name: &str) -> Option<String> {
        self.value(name)?.as_str().map(str::to_owned)
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let value = self.value(name).unwrap_or_default();
        let texts = texts(&value).unwrap_or_default();
        texts.into_iter().map(str::to_owned).collect()
    }

    pub(crate) fn bool_if_given(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    pub(crate) fn int(&self, name: &str) -> usize {
        self.int_if_given(name).expect(HAS_DEFAULT)
    }

    pub(crate) fn float(&self, name: &str) -> f64 {
        self.float_if_given(name).expect(HAS_DEFAULT)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.text_if_given(name).expect(HAS_DEFAULT)
    }

    pub(crate) fn bool(&self, name: &str) -> bool {
        self.bool_if_given(name).expect(HAS_DEFAULT)
    }

    /// The inputs of models that are given, by name.
    pub(crate) fn hyperparameters(&self) -> Map<String, Json> {
        let of_models = self.table.iter().filter(|input| !input.models.is_empty());
        of_models
            .filter_map(|input| Some((input.name.to_owned(), self.given(input.name)?.clone())))
            .collect()
    }
}

/// Why reading cannot fail: a test checks that the defaults of all tables fit their kinds.
const HAS_DEFAULT: &str = "the inputs were checked, and the table gives a default";
