//! What the program says about itself.

use crate::harness::Place;
use insta::assert_snapshot;

#[test]
fn help() {
    let said = Place::new().tune(&["-h"]);
    assert_eq!(said.code, 0);
    assert_snapshot!(said.out, @r"
    Finds the best configuration of a machine-learning pipeline

    Usage: tune [OPTIONS] <COMMAND>

    Commands:
      run          Run an experiment, or go on with it
      resume       Go on with an experiment where it was
      pause        Let running steps end and start nothing new until the experiment is resumed
      cancel       End an experiment for good; what was found so far stays
      watch        Follow an experiment until it ends
      list         List the experiments
      show         Show an experiment, or one of its trials
      best         Print the best configuration
      trials       List the trials of an experiment
      compare      Compare the values of a parameter: which is better, and how sure that is
      importance   Show which parameters matter, for the objective or another metric
      logs         Print what a step of a trial printed
      export       Write all trials with everything that is known of them
      tag          Tag an experiment or a trial, or show its tags
      note         Write a note about an experiment or a trial, or show it
      delete       Delete experiments with all their trials and logs
      create       Create an experiment without running it
      ask          Get trials to evaluate
      tell         Tell how a trial ended
      report       Report metrics of a trial that is being evaluated
      serve        Run experiments for others, over HTTP
      ui           Open the dashboard in the browser
      token        Make, list and revoke the tokens of the service
      init         Write a commented experiment file that runs as it is
      validate     Check experiment files
      schema       Print the JSON Schema of experiment files
      completions  Print completions for a shell
      man          Print the manual page
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Global options:
          --store <STORE>   Where everything is kept: a directory, or postgres://USER@HOST/DATABASE
                            [env: TUNE_STORE] [default: .tune]
          --data <DIR>      Where the files beside a store in PostgreSQL are [env: TUNE_DATA=] [default:
                            .tune]
          --server <URL>    Ask this server instead of a store [env: TUNE_SERVER=]
          --token <TOKEN>   What lets you in at the server; better in the environment, where others do
                            not see it [env: TUNE_TOKEN]
          --ca-cert <FILE>  Certificates to trust at the server, PEM, beside those of the system [env:
                            TUNE_CA_CERT=]
          --color <WHEN>    When to use colours [default: auto] [possible values: auto, always, never]
      -q, --quiet           Say only what was asked for, and errors
      -v, --verbose...      Say more about what happens inside; twice: much more

    First steps:
      tune init experiment.yaml     write an experiment that runs as it is
      tune run experiment.yaml      run it; the same command goes on where it was
      tune best NAME                the best configuration
    ");
}

#[test]
fn help_of_run() {
    let said = Place::new().tune(&["run", "-h"]);
    assert_eq!(said.code, 0);
    assert_snapshot!(said.out, @r"
    Run an experiment, or go on with it

    Usage: tune run [OPTIONS] <FILE>

    Arguments:
      <FILE>  The experiment file; `-` for standard input

    Options:
          --set <KEY=VALUE>  Set a key of the file, as in --set algorithm.seed=7; may be repeated
          --name <NAME>      Give the experiment another name
          --max-trials <N>   Another limit of trials
          --parallel <N>     Another number of trials at once
          --seed <N>         Another seed of the algorithm
          --processes <N>    At most so many processes at once [default: as many as the experiment can
                             use]
          --json             Print what becomes of the experiment, its trials and steps as JSON lines
          --ui[=<PORT>]      Show it in the browser meanwhile, at this port [default: a free one]
      -h, --help             Print help (see more with '--help')

    Global options:
          --store <STORE>   Where everything is kept: a directory, or postgres://USER@HOST/DATABASE
                            [env: TUNE_STORE] [default: .tune]
          --data <DIR>      Where the files beside a store in PostgreSQL are [env: TUNE_DATA=] [default:
                            .tune]
          --server <URL>    Ask this server instead of a store [env: TUNE_SERVER=]
          --token <TOKEN>   What lets you in at the server; better in the environment, where others do
                            not see it [env: TUNE_TOKEN]
          --ca-cert <FILE>  Certificates to trust at the server, PEM, beside those of the system [env:
                            TUNE_CA_CERT=]
          --color <WHEN>    When to use colours [default: auto] [possible values: auto, always, never]
      -q, --quiet           Say only what was asked for, and errors
      -v, --verbose...      Say more about what happens inside; twice: much more
    ");
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
