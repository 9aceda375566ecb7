//! YAML text → tree: the only file that knows the YAML library.
//!
//! A syntax error ends the reading; everything else (duplicate keys, unusable numbers, aliases that grow without end) is
//! collected. Aliases and merge keys (`<<`) are carried out here, so that nothing else has to know of them.

use super::super::problem::Problems;
use super::super::words::{join, quoted};
use super::{Entry, Kind, Node, Place, scalar};
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use std::collections::HashMap;

/// Nodes a document may have, those that aliases repeat and those that are kept for aliases included.
const MAX_NODES: usize = 1_000_000;
/// A text is worth one node more for each so many bytes: that much a node takes.
const NODE_BYTES: usize = 64;
/// For so many problems lines are counted; counting takes time.
const COUNTED: usize = 200;
/// How deep it may nest.
const MAX_DEPTH: usize = 64;

/// Reads the one document in `text`. `None` when it is too broken to go on; then there is at least one problem.
pub(in super::super) fn parse(text: &str, source: usize, problems: &mut Problems) -> Option<Node> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        simple_key_max_lookahead: 1 << 16,
    };
    let reader = Reader {
        events: Parser::new_from_str_with_options(text, options),
        text,
        source,
        anchors: HashMap::new(),
        nodes: 0,
        depth: 0,
        path: Vec::new(),
        problems,
    };
    reader.document().ok()
}

/// A problem has been recorded after which nothing sensible can be read.
struct Stop;

struct Anchored {
    node: Node,
    size: usize,
    height: usize,
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    text: &'a str,
    source: usize,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    depth: usize,
    /// The keys on the way to what is being read.
    path: Vec<String>,
    problems: &'a mut Problems,
}

impl<'a> Reader<'a> {
    fn document(mut self) -> Result<Node, Stop> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_some() => {
                    return Err(self.several_documents(&span));
                }
                Event::DocumentStart(..) => {}
                event => root = Some(self.node(event, &span)?),
            }
        }
        Ok(root.unwrap_or(Node {
            place: self.place(&Span::default()),
            kind: Kind::Null,
        }))
    }

    fn several_documents(&mut self, span: &Span) -> Stop {
        self.stop(
            span,
            "a second document starts here",
            "an experiment file holds one document; put each experiment in a file of its own",
        )
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.syntax_error(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: &Span) -> Result<Node, Stop> {
        self.count(1, span)?;
        let place = self.place(span);
        let before = self.nodes;
        let (anchor, kind) = match event {
            Event::Alias(id) => return self.alias(id, place, span),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(text.len() / NODE_BYTES, span)?;
                (anchor, self.scalar(&text, style, tag.as_deref(), &place))
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), &place);
                (anchor, self.nested(span, Self::sequence)?)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), &place);
                (anchor, self.nested(span, Self::mapping)?)
            }
            _ => return Err(self.stop(span, "this is not a value", "")),
        };
        let node = Node { place, kind };
        if anchor != 0 {
            let size = self.nodes - before + 1;
            self.count(size, span)?;
            let anchored = Anchored {
                size,
                height: height(&node),
                node: node.clone(),
            };
            self.anchors.insert(anchor, anchored);
        }
        Ok(node)
    }

    fn alias(&mut self, id: usize, place: Place, span: &Span) -> Result<Node, Stop> {
        let Some(anchored) = self.anchors.get(&id) else {
            let message = "this alias stands for something that contains it";
            self.problem(place.clone(), message, None);
            let kind = Kind::Null;
            return Ok(Node { place, kind });
        };
        let (size, height) = (anchored.size, anchored.height);
        if self.depth + height > MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        self.count(size, span)?;
        let node = self.anchors.get(&id).map(|anchored| anchored.node.clone());
        node.ok_or(Stop)
    }

    fn nested(
        &mut self,
        span: &Span,
        read: impl FnOnce(&mut Self) -> Result<Kind, Stop>,
    ) -> Result<Kind, Stop> {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        self.depth += 1;
        let kind = read(self);
        self.depth -= 1;
        kind
    }

    fn sequence(&mut self) -> Result<Kind, Stop> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Kind::Sequence(nodes)),
                (event, span) => nodes.push(self.node(event, &span)?),
            }
        }
    }

    fn mapping(&mut self) -> Result<Kind, Stop> {
        let mut entries = Entries::default();
        loop {
            let (event, span) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Kind::Mapping(entries.finish())),
                other => other,
            };
            let is_merge =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<");
            let key = self.key(event, &span)?;
            let (event, span) = self.next()?;
            let name = key.as_ref().map(|(key, _)| key.clone());
            self.path.push(name.unwrap_or_default());
            let node = self.node(event, &span)?;
            match key {
                Some((_, place)) if is_merge => self.merge(&mut entries, node, place),
                Some((key, place)) => self.insert(&mut entries, Entry { key, place, node }),
                None => {}
            }
            self.path.pop();
        }
    }

    /// A key, or nothing when it is none; that has been recorded.
    fn key(&mut self, event: Event<'a>, span: &Span) -> Result<Option<(String, Place)>, Stop> {
        if let Event::Scalar(text, ..) = &event {
            self.count(1 + text.len() / NODE_BYTES, span)?;
            return Ok(Some((text.to_string(), self.place(span))));
        }
        let node = self.node(event, span)?;
        if let Kind::Text(text) = node.kind {
            return Ok(Some((text, node.place)));
        }
        let help =
            Some("a value with `${{ … }}` needs quotes in front of its first brace".to_owned());
        self.problem(self.place(span), "a key must be a word", help);
        Ok(None)
    }

    fn insert(&mut self, entries: &mut Entries, entry: Entry) {
        if let Some(first) = entries.written.get(&entry.key) {
            let help = match self.problems.len() {
                0..COUNTED => format!(
                    "it is first given in line {}; remove one of the two",
                    1 + count_lines(&self.text[..*first])
                ),
                _ => "it is given before".to_owned(),
            };
            let message = format!("duplicate key {}", quoted(&entry.key));
            self.problem(entry.place, message, Some(help));
            return;
        }
        entries
            .written
            .insert(entry.key.clone(), entry.place.range.start);
        entries.list.push(entry);
    }

    fn merge(&mut self, entries: &mut Entries, node: Node, place: Place) {
        let merged = match node.kind {
            Kind::Mapping(list) => list,
            Kind::Sequence(nodes) if nodes.iter().all(|n| matches!(n.kind, Kind::Mapping(_))) => {
                nodes.iter().flat_map(|n| n.entries().to_vec()).collect()
            }
            _ => {
                let help = Some("give it an alias of a mapping, such as `<<: *common`".to_owned());
                self.problem(place, "`<<` merges mappings only", help);
                return;
            }
        };
        entries.merged.extend(merged);
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, place: &Place) -> Kind {
        let as_text = || Kind::Text(text.to_owned());
        match tag.map(Tag::core_suffix) {
            None if style != ScalarStyle::Plain => as_text(),
            Some(Some("str")) => as_text(),
            None | Some(Some(_)) => scalar::resolve(text).unwrap_or_else(|why| {
                let message = format!("{} {why}", quoted(text));
                let help = "if it is meant as a word, put it in quotes".to_owned();
                self.problem(place.clone(), message, Some(help));
                Kind::Null
            }),
            Some(None) => {
                self.refuse_tag(tag, place);
                as_text()
            }
        }
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, place: &Place) {
        if let Some(tag) = tag.filter(|tag| tag.core_suffix().is_none()) {
            let message = format!("the tag {} means nothing here", quoted(&tag.original()));
            let help = "if the `!` belongs to a text, put the text in quotes".to_owned();
            self.problem(place.clone(), message, Some(help));
        }
    }

    fn count(&mut self, nodes: usize, span: &Span) -> Result<(), Stop> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            let help = "aliases that repeat aliases grow quickly; write out what is needed";
            return Err(self.stop(span, "the document is too large from here on", help));
        }
        Ok(())
    }

    fn too_deep(&mut self, span: &Span) -> Stop {
        let message = format!("more than {MAX_DEPTH} levels of nesting");
        self.stop(span, &message, "no key of an experiment needs so many")
    }

    fn stop(&mut self, span: &Span, message: &str, help: &str) -> Stop {
        let help = (!help.is_empty()).then(|| help.to_owned());
        self.problem(self.place(span), message, help);
        Stop
    }

    fn syntax_error(&mut self, error: &ScanError) -> Stop {
        let mut start = error.marker().byte_offset().unwrap_or(self.text.len());
        if is_tab(error.kind()) {
            // It is reported at the start of what holds it.
            start += self
                .text
                .get(start..)
                .and_then(|rest| rest.find('\t'))
                .unwrap_or(0);
        }
        let place = Place {
            source: self.source,
            range: start..start,
        };
        let (message, help) = explain(error);
        let message = format!("this is not valid YAML: {message}");
        self.problems.add(place, message, Some(help.to_owned()));
        Stop
    }

    fn problem(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
        let path = self
            .path
            .iter()
            .fold(String::new(), |path, key| join(&path, key));
        self.problems.add_at(path, place, message, help);
    }

    fn place(&self, span: &Span) -> Place {
        Place {
            source: self.source,
            range: span.byte_range().unwrap_or(0..0),
        }
    }
}

/// The entries of a mapping under construction: a key that is written beats one that is merged in.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    written: HashMap<String, usize>,
    merged: Vec<Entry>,
}

impl Entries {
    fn finish(mut self) -> Vec<Entry> {
        for entry in self.merged {
            if let std::collections::hash_map::Entry::Vacant(free) =
                self.written.entry(entry.key.clone())
            {
                free.insert(entry.place.range.start);
                self.list.push(entry);
            }
        }
        self.list
    }
}

fn height(node: &Node) -> usize {
    match &node.kind {
        Kind::Sequence(nodes) => 1 + nodes.iter().map(height).max().unwrap_or(0),
        Kind::Mapping(entries) => 1 + entries.iter().map(|e| height(&e.node)).max().unwrap_or(0),
        _ => 0,
    }
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn is_tab(kind: &ErrorKind) -> bool {
    use ErrorKind::{TabInIndentation, TabInPlainScalar, TabNotAllowed};
    matches!(kind, TabNotAllowed | TabInIndentation | TabInPlainScalar)
}

/// A syntax error in words, and what would be right.
fn explain(error: &ScanError) -> (String, &'static str) {
    let own = || error.info();
    match error.kind() {
        kind if is_tab(kind) => ("there is a tab here".to_owned(), "indent with spaces"),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => (
            "a text in quotes goes on here".to_owned(),
            "close the quotes, or indent the lines of a long text",
        ),
        ErrorKind::UnknownAnchor => (
            "unknown alias".to_owned(),
            "`*name` stands for a value marked `&name` further up; a text that starts with `*` needs quotes",
        ),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            (own(), "each `[` and `{` needs its `]` or `}`")
        }
        ErrorKind::InvalidColonPlacement => (
            own(),
            "a `[` or `{` before it may not be closed; a text that holds `: ` needs quotes",
        ),
        ErrorKind::RecursionLimitExceeded => (
            format!("more than {MAX_DEPTH} levels of nesting"),
            "no key of an experiment needs so many",
        ),
        _ => (
            own(),
            "check the indentation and the brackets; a text that holds any of `: # { } [ ] * & ! % @ |` needs quotes",
        ),
    }
}
