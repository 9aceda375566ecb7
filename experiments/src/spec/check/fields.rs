//! Mappings with known keys: unknown, misplaced and missing keys are found when one is opened.

use super::super::keys::{Key, Need, Table};
use super::super::tree::{Entry, Kind, Node, Place};
use super::super::words::{self, join};
use super::Check;

/// A node and how one got there.
#[derive(Clone, Debug)]
pub(super) struct At<'n> {
    /// Dotted path of keys.
    pub path: String,
    /// Where its key is written.
    pub key: Option<&'n Place>,
    pub node: &'n Node,
}

impl<'n> At<'n> {
    pub fn root(node: &'n Node) -> Self {
        Self {
            path: String::new(),
            key: None,
            node,
        }
    }

    /// The value of an entry of this mapping.
    pub fn entry(&self, entry: &'n Entry) -> Self {
        Self {
            path: join(&self.path, &entry.key),
            key: Some(&entry.place),
            node: &entry.node,
        }
    }

    /// An element of this sequence.
    pub fn item(&self, index: usize, node: &'n Node) -> Self {
        Self {
            path: format!("{}[{index}]", self.path),
            key: self.key,
            node,
        }
    }

    /// All entries of this mapping.
    pub fn entries(&self) -> impl Iterator<Item = (&'n str, At<'n>)> {
        let entries = self.node.entries().iter();
        entries.map(|entry| (entry.key.as_str(), self.entry(entry)))
    }

    /// Where to point: at a scalar itself, at the key of anything larger or empty.
    pub fn place(&self) -> &'n Place {
        match (&self.node.kind, self.key) {
            (Kind::Null | Kind::Mapping(_) | Kind::Sequence(_), Some(key)) => key,
            _ => &self.node.place,
        }
    }

    /// Where its key is.
    pub fn key_place(&self) -> &'n Place {
        self.key.unwrap_or(&self.node.place)
    }
}

/// A mapping whose keys are those of a table.
#[derive(Clone, Debug)]
pub(super) struct Fields<'n> {
    pub at: At<'n>,
    pub table: &'static Table,
}

impl<'n> Fields<'n> {
    /// The value of a key, unless it is absent or null.
    pub fn get(&self, key: &str) -> Option<At<'n>> {
        let entry = self.at.node.get(key)?;
        (!entry.node.is_null()).then(|| self.at.entry(entry))
    }
}

impl Check<'_> {
    /// Opens a mapping: its keys must be those of the table (of its variant, once that is known). `None` when it is no mapping.
    pub(super) fn fields<'n>(
        &mut self,
        at: &At<'n>,
        table: &'static Table,
        variant: Option<&str>,
    ) -> Option<Fields<'n>> {
        let Kind::Mapping(entries) = &at.node.kind else {
            self.no_mapping(at, table);
            return None;
        };
        let meant: Vec<&str> = entries
            .iter()
            .filter_map(|entry| self.key(at, entry, table, variant))
            .collect();
        let of_variant = |key: &&Key| variant.map_or(key.only.is_empty(), |v| key.belongs_to(v));
        let required = table.keys.iter().filter(|key| key.need == Need::Required);
        for key in required.filter(of_variant) {
            // A key that was only mistyped is not missing as well.
            if !meant.contains(&key.name) {
                self.present(at, key);
            }
        }
        Some(Fields {
            at: at.clone(),
            table,
        })
    }

    fn no_mapping(&mut self, at: &At<'_>, table: &Table) {
        let required = table.keys.iter().filter(|key| key.need == Need::Required);
        let keys = match words::list(required.map(|key| key.name)) {
            keys if keys.is_empty() => String::new(),
            keys => format!(" with the keys {keys} and more"),
        };
        let message = format!("expected a mapping, found {}", self.found(at));
        let help = format!("{} is a mapping{keys}", table.noun);
        self.at(at, message, Some(help));
    }

    /// Checks one key; of an unknown one, returns the key that was probably meant.
    fn key(
        &mut self,
        at: &At<'_>,
        entry: &Entry,
        table: &'static Table,
        variant: Option<&str>,
    ) -> Option<&'static str> {
        let path = join(&at.path, &entry.key);
        let place = entry.place.clone();
        if let Some(key) = table.key(&entry.key) {
            let variant = variant.filter(|variant| !key.belongs_to(variant))?;
            let (quoted, variant) = (words::quoted(key.name), words::quoted(variant));
            let message = format!("{quoted} does not belong to {} with {variant}", table.noun);
            let help = format!("it belongs to {}", words::list(key.only.iter().copied()));
            self.problems.add_at(path, place, message, Some(help));
            return None;
        }
        let keys = table.keys.iter();
        let known = keys.filter(|key| variant.is_none_or(|v| key.belongs_to(v)));
        let known: Vec<&'static str> = known.map(|key| key.name).collect();
        let help = self.did_you_mean(&entry.key, known.iter().copied());
        let message = format!("unknown key {}", words::quoted(&entry.key));
        self.problems.add_at(path, place, message, help);
        words::nearest(&entry.key, known).filter(|meant| at.node.get(meant).is_none())
    }

    fn present(&mut self, at: &At<'_>, key: &Key) {
        let (place, message) = match at.node.get(key.name) {
            Some(entry) if entry.node.is_null() => (&entry.place, "it is empty"),
            Some(_) => return,
            None => (at.place(), "this key is missing"),
        };
        let (path, place) = (join(&at.path, key.name), place.clone());
        self.problems
            .add_at(path, place, message, Some(key.doc.to_owned()));
    }

    /// What stands there, in words.
    pub(super) fn found(&self, at: &At<'_>) -> String {
        match &at.node.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) => self.written(at),
        }
    }
}
