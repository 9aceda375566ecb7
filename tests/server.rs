//! The program as a server, and a client for single requests.

use crate::harness::{Place, wait_until};
use serde_json::Value as Json;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A server in a place of its own.
pub struct Server {
    child: Child,
    /// Where it is.
    pub url: String,
    log: PathBuf,
}

impl Server {
    /// One with the settings that it has by itself.
    pub fn start(place: &Place) -> Self {
        Self::with(place, &[])
    }

    /// One with these arguments.
    pub fn with(place: &Place, arguments: &[&str]) -> Self {
        let mut all = vec!["serve"];
        if !arguments.contains(&"--listen") {
            all.extend(["--listen", "127.0.0.1:0"]);
        }
        all.extend(arguments);
        let mut command = place.command(&all);
        let log = log(place);
        let messages = File::create(&log).expect("a file");
        command.stdout(Stdio::piped()).stderr(messages);
        let mut child = command.spawn().expect("the program starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("the first line");
        let url = line.trim().to_owned();
        assert!(url.starts_with("http"), "{url:?} is no address");
        Self { child, url, log }
    }

    /// Sends a signal: `-KILL`, `-TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status();
        assert!(sent.expect("kill").success());
    }

    /// Waits for its end; the exit code, if there is one.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().expect("the end").code()
    }

    /// Status and body of an answer.
    pub fn ask(&self, path: &str, arguments: &[&str]) -> (u16, String) {
        let mut command = Command::new("curl");
        command.args(["-s", "-w", "\n%{http_code}", "--max-time", "50"]);
        let output = command
            .args(arguments)
            .arg(format!("{}{path}", self.url))
            .output()
            .expect("curl");
        let text = String::from_utf8(output.stdout).expect("text");
        let (body, status) = text.rsplit_once('\n').expect("a status");
        (status.parse().expect("a number"), body.to_owned())
    }

    /// What is there to be read.
    pub fn get(&self, path: &str) -> Json {
        let (status, body) = self.ask(path, &[]);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// What comes of a request that must succeed.
    pub fn post(&self, path: &str, body: &Json) -> Json {
        let body = body.to_string();
        let arguments = ["-H", "content-type: application/json", "-d", &body];
        let (status, answer) = self.ask(path, &arguments);
        assert_eq!(status, 200, "{path}: {answer}");
        serde_json::from_str(&answer).expect("JSON")
    }

    /// What it has said on standard error so far.
    pub fn said(&self) -> String {
        let said = std::fs::read(&self.log).expect("its messages");
        String::from_utf8_lossy(&said).into_owned()
    }

    /// A new experiment.
    pub fn submit(&self, document: &str) {
        let arguments = [
            "-H",
            "content-type: application/yaml",
            "--data-binary",
            document,
        ];
        let (status, body) = self.ask("/api/v1/experiments", &arguments);
        assert_eq!(status, 201, "{body}");
    }

    /// How many trials have succeeded.
    pub fn succeeded(&self, name: &str) -> u64 {
        let shown = self.get(&format!("/api/v1/experiments/{name}"));
        shown["trials"]["succeeded"].as_u64().expect("a number")
    }

    /// The experiment when it has ended.
    pub fn wait_for_end(&self, name: &str) -> Json {
        let path = format!("/api/v1/experiments/{name}");
        wait_until("the experiment has ended", || {
            self.get(&path)["finished_at"].is_string()
        });
        self.get(&path)
    }
}

/// A file for the messages of another server.
fn log(place: &Place) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    place.path(&format!(
        "server-{}.log",
        NEXT.fetch_add(1, Ordering::Relaxed)
    ))
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
