//! PostgreSQL servers for tests: the one that `tests/postgres.sh` has started for all of them, or one that a test may stop and start.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A server.
pub struct Cluster {
    /// Its address.
    pub url: String,
    own: Option<Own>,
}

/// It lives as long as the script's standard input is open.
struct Own {
    script: Child,
    control: String,
}

impl Cluster {
    /// The one for all tests.
    pub fn shared() -> Self {
        let url = std::env::var("TUNE_TEST_POSTGRES").expect(
            "`tests/postgres.sh cargo nextest run` starts a server and sets TUNE_TEST_POSTGRES",
        );
        Self { url, own: None }
    }

    /// One for this test alone.
    pub fn own() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres.sh");
        let mut command = Command::new(script);
        command.args(["sh", "-c"]);
        command.arg("echo $TUNE_TEST_POSTGRES; echo $TUNE_TEST_POSTGRES_CONTROL; exec cat");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = command.spawn().expect("the script starts");
        let lines = BufReader::new(script.stdout.take().expect("a pipe")).lines();
        let lines: Vec<String> = lines.take(2).map(|line| line.expect("a line")).collect();
        let [url, control] = lines.try_into().expect("two lines");
        let own = Some(Own { script, control });
        Self { url, own }
    }

    /// Does to the server what `pg_ctl` does with these arguments, and waits until it is done.
    pub fn control(&self, arguments: &[&str]) {
        let own = self.own.as_ref().expect("a server of this test's own");
        let done = Command::new(&own.control)
            .args(arguments)
            .stdout(Stdio::null())
            .status();
        assert!(done.expect("the script").success(), "{arguments:?}");
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        // It cleans up before it ends.
        let _ = self.script.wait();
    }
}
