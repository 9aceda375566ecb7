//! What the command line sets on top of the file: put into the tree before it is checked, so that it is checked like the rest.

use super::problem::Problems;
use super::source::{Override, Source};
use super::tree::{self, Entry, Kind, Node, Place};
use super::words;

/// Mappings that have a short form, and the key that the short form stands for.
const SHORT_FORMS: &[(&str, &str)] = &[
    ("algorithm", "name"),
    ("early_stopping", "name"),
    ("retries", "max"),
];

/// An override as a text that problems can point into.
pub(super) fn source(given: &Override) -> Source {
    Source {
        name: "--set".to_owned(),
        text: format!("{}={}", given.key, given.value),
    }
}

/// Puts the `number`-th override (its source's number) into the tree.
pub(super) fn apply(root: &mut Node, given: &Override, number: usize, problems: &mut Problems) {
    let key_place = Place {
        source: number,
        range: 0..given.key.len(),
    };
    if given.key.split('.').any(str::is_empty) {
        let help = "write `--set KEY=VALUE`, such as `--set max_trials=20`".to_owned();
        problems.add(key_place, "this is not a key", Some(help));
        return;
    }
    let Some(value) = value(given, number, problems) else {
        return;
    };
    let path: Vec<&str> = given.key.split('.').collect();
    if let Err(message) = set(root, &path, value, &key_place) {
        problems.add_at(given.key.clone(), key_place, message, None);
    }
}

/// The value, its places counted from the start of the override's text.
fn value(given: &Override, number: usize, problems: &mut Problems) -> Option<Node> {
    // Spaces in place of the key keep the offsets; a value that starts in the middle of a line cannot be in block style.
    let padded = format!("{}{}", " ".repeat(given.key.len() + 1), given.value);
    tree::parse(&padded, number, problems)
}

fn set(node: &mut Node, path: &[&str], value: Node, place: &Place) -> Result<(), String> {
    let [key, rest @ ..] = path else {
        *node = value;
        return Ok(());
    };
    let Kind::Mapping(entries) = &mut node.kind else {
        return Err(format!(
            "{} cannot be set in something that is not a mapping",
            words::quoted(key)
        ));
    };
    let index = match entries.iter().position(|entry| entry.key == *key) {
        Some(index) => index,
        None => {
            entries.push(Entry {
                key: (*key).to_owned(),
                place: place.clone(),
                node: empty(place),
            });
            entries.len() - 1
        }
    };
    let entry = &mut entries[index];
    if rest.is_empty() {
        // What is wrong with the key itself (such as a component that does not know it) is to be looked for here.
        entry.place = place.clone();
    } else {
        lengthen(key, &mut entry.node);
    }
    set(&mut entry.node, rest, value, place)
}

/// Turns nothing into a mapping, and a short form into the mapping it is short for.
fn lengthen(key: &str, node: &mut Node) {
    let short = SHORT_FORMS.iter().find(|(name, _)| *name == key);
    match (&node.kind, short) {
        (Kind::Null, _) => node.kind = Kind::Mapping(Vec::new()),
        (Kind::Mapping(_) | Kind::Sequence(_), _) | (_, None) => {}
        (_, Some((_, stands_for))) => {
            let entry = Entry {
                key: (*stands_for).to_owned(),
                place: node.place.clone(),
                node: node.clone(),
            };
            node.kind = Kind::Mapping(vec![entry]);
        }
    }
}

fn empty(place: &Place) -> Node {
    Node {
        place: place.clone(),
        kind: Kind::Null,
    }
}
