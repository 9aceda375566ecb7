//! JSON → tree, and the text in which its nodes have their places: for a document that was read before. Nothing in it can be refused, so
//! none of the limits of a file that somebody wrote applies.

use super::{Entry, Kind, Node, Place};
use serde_json::{Map, Number, Value as Json};

/// The document in one line of JSON, and as a tree with places in that line.
pub(in super::super) fn written(document: &Json) -> (String, Node) {
    let mut text = String::new();
    let node = node(document, &mut text);
    (text, node)
}

fn node(value: &Json, text: &mut String) -> Node {
    let start = text.len();
    let (kind, end) = match value {
        Json::Array(items) => (sequence(items, text), start + 1),
        Json::Object(fields) => (mapping(fields, text), start + 1),
        scalar => {
            text.push_str(&scalar.to_string());
            (kind(scalar), text.len())
        }
    };
    let place = place(start, end);
    Node { place, kind }
}

fn sequence(items: &[Json], text: &mut String) -> Kind {
    text.push('[');
    let mut nodes = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        separate(index, text);
        nodes.push(node(item, text));
    }
    text.push(']');
    Kind::Sequence(nodes)
}

fn mapping(fields: &Map<String, Json>, text: &mut String) -> Kind {
    text.push('{');
    let mut entries = Vec::with_capacity(fields.len());
    for (index, (key, value)) in fields.iter().enumerate() {
        separate(index, text);
        let start = text.len();
        text.push_str(&Json::from(key.as_str()).to_string());
        let place = place(start, text.len());
        text.push_str(": ");
        let node = node(value, text);
        let key = key.clone();
        entries.push(Entry { key, place, node });
    }
    text.push('}');
    Kind::Mapping(entries)
}

fn separate(index: usize, text: &mut String) {
    if index > 0 {
        text.push_str(", ");
    }
}

fn kind(scalar: &Json) -> Kind {
    match scalar {
        Json::Bool(value) => Kind::Bool(*value),
        Json::Number(value) => number(value),
        Json::String(value) => Kind::Text(value.clone()),
        _ => Kind::Null,
    }
}

fn number(value: &Number) -> Kind {
    match (value.as_i128(), value.as_f64()) {
        (Some(value), _) => Kind::Int(value),
        (None, Some(value)) => Kind::Float(value),
        (None, None) => Kind::Null,
    }
}

fn place(start: usize, end: usize) -> Place {
    Place {
        source: 0,
        range: start..end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_node_has_its_place_and_its_kind() {
        let document =
            json!({ "a \"b\"": [1, -2.5, u64::MAX, null], "c": { "d": true, "e": "${{ x }}" } });
        let (text, root) = written(&document);
        assert_eq!(root.to_json(), document);
        assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), document);
        let shown = |place: &Place| &text[place.range.clone()];
        let (list, block) = (&root.entries()[0], &root.entries()[1]);
        assert_eq!(shown(&list.place), r#""a \"b\"""#);
        assert_eq!(shown(&list.node.place), "[");
        let Kind::Sequence(items) = &list.node.kind else {
            panic!("{list:?}");
        };
        let places: Vec<_> = items.iter().map(|item| shown(&item.place)).collect();
        assert_eq!(places, ["1", "-2.5", "18446744073709551615", "null"]);
        assert_eq!(
            shown(&block.node.get("e").unwrap().node.place),
            "\"${{ x }}\""
        );
    }
}
