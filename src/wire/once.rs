//! Objects of which each name stands once: JSON allows a name twice, and readers disagree about which counts. Here that is an error.

use indexmap::IndexMap;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// The entries, in the order in which they stand.
pub struct Once<V>(pub IndexMap<String, V>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Once<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

struct Reader<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Reader<V> {
    type Value = Once<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once<V>, A::Error> {
        let mut entries = IndexMap::new();
        while let Some((name, value)) = map.next_entry::<String, V>()? {
            if entries.contains_key(&name) {
                return Err(Error::custom(format_args!("`{name}` stands there twice")));
            }
            entries.insert(name, value);
        }
        Ok(Once(entries))
    }
}

/// For fields that may be absent or null.
///
/// # Errors
/// Anything but an object or null, and a name that stands there twice.
pub fn optional<'de, D, V>(deserializer: D) -> Result<Option<IndexMap<String, V>>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    let given = Option::<Once<V>>::deserialize(deserializer)?;
    Ok(given.map(|Once(entries)| entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        let read = |text| serde_json::from_str::<Once<f64>>(text).map(|it| it.0);
        let entries = read(r#"{"b": 1, "a": 2}"#).unwrap();
        assert_eq!(entries.keys().collect::<Vec<_>>(), ["b", "a"]);
        let error = read(r#"{"a": 1, "b": 2, "a": 1}"#).unwrap_err();
        assert!(error.to_string().contains("`a` stands there twice"));
    }
}
