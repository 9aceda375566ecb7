//! What the README shows is what the program does: its commands are run, their output is compared, its table of keys is the code's.
//! `TUNE_UPDATE=1 cargo test --test main readme` writes the output and the table anew.

use crate::harness::Place;
use std::fmt::Write as _;
use std::path::Path;

const README: &str = include_str!("../README.md");

/// Runs the command lines of every `console` block in one scratch folder with the examples and the experiment of the README; the text with
/// their real output.
fn replayed() -> String {
    let place = Place::new();
    copy(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples")
            .as_path(),
        &place.path("examples"),
    );
    place.write("mine.yaml", block_after(README, "```yaml\n# mine.yaml"));
    let mut replayed = String::new();
    let mut rest = README;
    while let Some((before, after)) = rest.split_once("```console\n") {
        let (block, after) = after.split_once("```").expect("a block ends");
        write!(replayed, "{before}```console\n{}```", replay(&place, block)).expect("a string");
        rest = after;
    }
    replayed + rest
}

fn replay(place: &Place, block: &str) -> String {
    let mut replayed = String::new();
    for line in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words.first(), Some(&"tune"), "{line}");
        let said = place.tune(&words[1..]).success();
        let folder = place
            .path("")
            .canonicalize()
            .expect("the folder")
            .display()
            .to_string();
        write!(
            replayed,
            "$ {line}\n{}",
            said.out.replace(&format!("{folder}/"), "")
        )
        .expect("a string");
    }
    replayed
}

fn block_after<'a>(text: &'a str, start: &str) -> &'a str {
    text.split_once(start)
        .and_then(|(_, rest)| rest.split_once("```"))
        .expect("such a block")
        .0
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Times differ from run to run: each becomes `…`.
fn without_times(text: &str) -> String {
    let time = |word: &str| {
        let number = word.trim_end_matches("ms").trim_end_matches('s');
        number.len() < word.len() && number.parse::<f64>().is_ok()
    };
    let line = |line: &str| {
        let words = line
            .split(' ')
            .map(|word| if time(word) { "…" } else { word });
        words
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    // However long ago, on a slow machine.
    let text = text.replace("just now", "0s ago");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn with_keys(text: &str) -> String {
    let (before, rest) = text.split_once("<!-- keys:").expect("a place for the keys");
    let (note, rest) = rest.split_once("-->\n").expect("the note ends");
    let (_, after) = rest
        .split_once("<!-- end of keys -->")
        .expect("the keys end");
    let keys = tune_experiments::spec::reference();
    format!(
        "{before}<!-- keys:{note}-->\n\n{}\n\n<!-- end of keys -->{after}",
        keys.trim()
    )
}

#[test]
fn the_readme_shows_what_happens() {
    let real = with_keys(&replayed());
    if std::env::var_os("TUNE_UPDATE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"), real)
            .expect("the README");
    } else {
        pretty_assert(&without_times(README), &without_times(&real));
    }
}

fn pretty_assert(shown: &str, real: &str) {
    for (number, (shown, real)) in shown.lines().zip(real.lines()).enumerate() {
        assert_eq!(shown, real, "line {} of the README", number + 1);
    }
    assert_eq!(
        shown.lines().count(),
        real.lines().count(),
        "the README has other lines than it should"
    );
}

#[test]
fn the_loop_of_the_readme_finds_its_optimum() {
    let place = Place::new();
    place.write("asked.yaml", block_after(README, "```yaml\n# asked.yaml"));
    let loop_of_shell = block_after(README, "```sh\ntune create");
    let program = Path::new(env!("CARGO_BIN_EXE_tune"));
    let path = program.parent().expect("a folder").display();
    let path = format!("{path}:{}", std::env::var("PATH").expect("a path"));
    let mut shell = std::process::Command::new("sh");
    shell.args(["-euc", &format!("tune create{loop_of_shell}")]);
    shell.env("PATH", path).current_dir(place.path(""));
    assert!(shell.status().expect("a shell").success());
    assert_eq!(place.experiment("asked")["trials"]["succeeded"], 20);
}

#[test]
fn the_exit_codes_of_the_readme_are_those_of_the_help() {
    let help = Place::new().tune(&["--help"]).success().out;
    let (_, codes) = help.split_once("Exit codes:\n").expect("exit codes");
    let codes = codes.lines().filter_map(|line| line.trim().split_once(' '));
    let rows: String = codes
        .map(|(code, meaning)| format!("| {code} | {} |\n", meaning.trim()))
        .collect();
    let shown = block_after_heading("## Exit codes\n\n| code | meaning |\n|---|---|\n");
    assert_eq!(shown, rows.trim_end());
}

fn block_after_heading(heading: &str) -> &'static str {
    let (_, rest) = README.split_once(heading).expect("such a heading");
    rest.split_once("\n\n").expect("an end").0
}

#[test]
fn every_file_that_the_readme_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for link in README
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
    {
        let file = link.0.split('#').next().unwrap_or_default();
        assert!(root.join(file).exists(), "{} is not there", link.0);
    }
}
