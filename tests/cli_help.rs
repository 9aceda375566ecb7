//! What the program says about itself.

use crate::harness::Place;
use insta::assert_snapshot;

#[test]
fn help() {
    let said = Place::new().tune(&["-h"]);
    assert_eq!(said.code, 0);
    assert_snapshot!(said.out, @"");
}

#[test]
fn help_of_run() {
    let said = Place::new().tune(&["run", "-h"]);
    assert_eq!(said.code, 0);
    assert_snapshot!(said.out, @"");
}

#[test]
fn the_long_help_and_the_manual_list_the_exit_codes() {
    let place = Place::new();
    for args in [["--help"], ["man"]] {
        let said = place.tune(&args);
        assert_eq!(said.code, 0);
        assert!(
            said.out.contains("another experiment has that name"),
            "{}",
            said.out
        );
    }
}

#[test]
fn the_manual_has_every_command_that_is_shown() {
    let page = Place::new().tune(&["man"]).out;
    assert!(page.contains(".SH \"TUNE COMPARE\""), "{page}");
    assert!(!page.contains("WATCHDOG"), "{page}");
}

#[test]
fn completions_know_the_commands() {
    let said = Place::new().tune(&["completions", "bash"]);
    assert_eq!(said.code, 0);
    assert!(said.out.contains("validate"), "{}", said.out);
}

#[test]
fn an_unknown_command_is_a_usage_error_with_a_hint() {
    let said = Place::new().tune(&["vaildate"]);
    assert_eq!(said.code, 2);
    assert!(said.error.contains("validate"), "{}", said.error);
}
