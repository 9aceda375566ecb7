//! Files that no one would write on purpose: no panic, no endless work, an answer that helps.

use super::super::{MAX_BYTES, read_document};
use super::*;
use proptest::prelude::*;

#[test]
fn bytes_that_are_no_text_are_refused() {
    let error = Source::from_bytes("x.yaml", b"name: a\n\xff\xfe".to_vec()).unwrap_err();
    assert_eq!(error.problems[0].message, "line 2 is not UTF-8 text");
    let error = Source::from_bytes("x.yaml", vec![b'x'; MAX_BYTES + 1]).unwrap_err();
    assert_eq!(
        error.problems[0].message,
        "the file is too large (4,194,305 bytes)"
    );
    assert!(read_text(&"x".repeat(MAX_BYTES + 1)).is_err());
}

#[test]
fn what_was_accepted_can_be_read_again_however_large() {
    let values: Vec<String> = (0..700_000).map(|_| "1".to_owned()).collect();
    let compact = format!("[[{}]]", values.join(","));
    assert!(compact.len() > 1_000_000);
    let long = format!("&long \"{}\"", "x".repeat(1_000_000));
    let aliased = format!("[{long}{}]", ", *long".repeat(5));
    let key = format!("{{ ? {} : 1 }}", "k".repeat(100_000));
    for input in [compact, aliased, key, "{ \"<<\": { a: 1 } }".to_owned()] {
        let text = small(
            "    run: echo loss=${{ params.x }}",
            &format!("    uses: anything\n    with: {{ data: {input} }}"),
        );
        let submission = read(&source(&text), &[], &Anything).unwrap();
        let again = read_document(&submission.document, &Anything);
        assert_eq!(again.unwrap(), submission.experiment);
    }
}

/// A component that takes whatever it is given.
struct Anything;

impl Components for Anything {
    fn all(&self) -> Vec<ComponentInfo> {
        vec![component("anything", &[], &["data"], &[])]
    }

    fn check(&self, _: &str, _: &With) -> Vec<ComponentProblem> {
        Vec::new()
    }

    fn metrics(&self, _: &str, _: &With) -> Vec<String> {
        vec!["loss".to_owned()]
    }

    fn artifacts(&self, _: &str) -> IndexMap<String, String> {
        IndexMap::new()
    }

    fn command(&self, _: &str, _: &Path) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn an_empty_file_and_one_of_another_kind_are_told_apart() {
    for empty in ["", " \n", "# nothing\n", "---\n", "null"] {
        assert_eq!(
            error(empty).problems[0].message,
            "the file is empty",
            "{empty:?}"
        );
    }
    assert_eq!(told("- a\n"), [" 1:1 expected a mapping, found a list"]);
    assert_eq!(told("hello"), [" 1:1 expected a mapping, found `hello`"]);
    assert_eq!(
        told("a: 1\n---\nb: 2\n"),
        [" 2:1 a second document starts here"]
    );
}

#[test]
fn what_grows_without_end_is_stopped() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..10 {
        let alias = format!("*a{}", i - 1);
        bomb += &format!("a{i}: &a{i} [{}]\n", [alias.as_str(); 10].join(", "));
    }
    assert_eq!(
        error(&bomb).problems[0].message,
        "the document is too large from here on"
    );
    let long = format!("a: [&a {}{}]\n", "x".repeat(1_000_000), ", *a".repeat(1000));
    let kept: String = (0..60).map(|number| format!("[&k{number} ")).collect();
    let kept = format!("a: {kept}[{}]{}\n", "1,".repeat(100_000), "]".repeat(60));
    for input in [long, kept] {
        assert_eq!(
            error(&input).problems[0].message,
            "the document is too large from here on"
        );
    }
    let chain: String = (1..1000)
        .map(|i| format!("b{i}: &b{i} [*b{}]\n", i - 1))
        .collect();
    let chain = format!("b0: &b0 [x]\n{chain}");
    assert_eq!(
        error(&chain).problems[0].message,
        "more than 64 levels of nesting"
    );
    assert!(!error("a: &a [*a]\n").problems.is_empty());
    for open in ["[", "{a: ", "- "] {
        assert!(!error(&open.repeat(100_000)).problems.is_empty());
    }
}

#[test]
fn ten_thousand_problems_are_counted_and_the_first_are_shown() {
    let keys: String = (0..10_000).map(|i| format!("key_{i}: 1\n")).collect();
    let error = error(&format!("{SMALL}{keys}"));
    assert_eq!(error.problems.len(), 10_000);
    assert_eq!(error.problems[9_999].line, 10_008);
    let report = render(&error);
    assert!(report.contains("10,000 problems"), "{report}");
    assert!(report.contains("… and 9,950 more"), "{report}");
    assert!(report.lines().count() < 1000);
}

#[test]
fn ten_thousand_problems_in_one_line_are_no_worse() {
    let keys: Vec<String> = (0..10_000)
        .map(|i| format!("\"key_{i}\": [{}]", "1,".repeat(50)))
        .collect();
    let error = error(&format!("{{{}}}", keys.join(", ")));
    assert!(error.problems.len() > 10_000);
    assert!(render(&error).len() < 50_000);
}

#[test]
fn ten_thousand_wrong_references_are_no_worse() {
    let steps: String = (0..10_000)
        .map(|i| format!("  s{i}: {{ run: \"${{{{ steps.t{i}.values.x }}}}\" }}\n"))
        .collect();
    let head = SMALL.split("  train:").next().unwrap();
    assert_eq!(error(&format!("{head}{steps}")).problems.len(), 10_000);
}

#[test]
fn ten_thousand_wrong_parameters_are_no_worse() {
    let parameters: String = (0..10_000)
        .map(|i| format!("  x{i}: {{ type: int, min: 2, max: 1, when: {{ x{i}: 1 }} }}\n"))
        .collect();
    let text = small("  x: { type: float, min: 0, max: 1 }\n", &parameters);
    assert!(error(&text).problems.len() > 10_000);
}

#[test]
fn nothing_in_a_file_reaches_the_terminal_unseen() {
    let text = small(
        "name: small",
        "name: \"\\e]0;x\\a\\u202E\"\n\u{1b}[31mred: \u{202E}1",
    );
    let report = render(&error(&text));
    assert!(
        !report.contains(['\u{1b}', '\u{7}', '\u{202E}']),
        "{report}"
    );
}

/// Pieces of files, to be put together at random: nearer to a file than random characters are.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "name",
        "objective",
        "metric",
        "goal",
        "parameters",
        "pipeline",
        "type",
        "float",
        "run",
        "uses",
        "train",
        "with",
        "when",
        ": ",
        ":",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "\"",
        "'",
        "|",
        ">",
        "|-\n  ",
        "&a",
        "*a",
        "<<",
        "!!str",
        "!x",
        "---",
        "...",
        "${{",
        "}}",
        " params.x ",
        "steps.train.artifacts.model",
        "1",
        "1e9",
        ".inf",
        "~",
        "#",
        "\t",
        "\r\n",
        "\u{FEFF}",
        "é",
        "\\u00",
        "\0",
        "?",
        "%YAML 1.2",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// The example with some bytes replaced.
fn damaged() -> impl Strategy<Value = String> {
    prop::collection::vec((0..IRIS.len(), "[ -~\n\t]{0,3}"), 1..6).prop_map(|damages| {
        let mut text = IRIS.to_owned();
        for (at, with) in damages {
            let at = at.min(text.len().saturating_sub(2));
            text.replace_range(at..at + 2, &with);
        }
        text
    })
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![".{0,80}", pieces(), damaged()]) {
        if let Err(error) = read_text(&text) {
            prop_assert!(!error.problems.is_empty());
            prop_assert!(error.problems.iter().all(|p| text.get(p.span.clone()).is_some()), "{:?}", error.problems);
            render(&error);
        }
    }

    #[test]
    fn no_override_makes_it_panic(key in "[a-z_.]{0,20}|algorithm.seed|pipeline.train.with.data|parameters", value in prop_oneof![".{0,20}", pieces()]) {
        if let Err(error) = read_with(IRIS, &[(&key, &value)]) {
            render(&error);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        if let Ok(source) = Source::from_bytes("x", bytes) {
            let _ = read(&source, &[], &Fakes);
        }
    }
}
