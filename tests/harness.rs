//! Runs the program in a directory of its own and hands back what it said.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use crate::cluster::Cluster;
use serde_json::Value as Json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tune_experiments::store::{ExperimentId, Location, Store, StoredEvent};

/// How long to wait for something that must happen before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A directory to run the program in.
pub struct Place {
    directory: TempDir,
    /// Where the store is, if not in the directory.
    store: Option<String>,
}

/// What one run said.
#[derive(Debug)]
pub struct Said {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error, with the directory's path replaced by `DIR`.
    pub error: String,
}

impl Place {
    /// An empty one, whose store is in SQLite; in PostgreSQL where `TUNE_TEST_STORE` says so, which is how the same tests run over both.
    pub fn new() -> Self {
        let in_postgres = std::env::var("TUNE_TEST_STORE").is_ok_and(|it| it == "postgres");
        let cluster = in_postgres.then(Cluster::shared);
        // A thread of its own: a test may run on a runtime already.
        let store = cluster.map(|cluster| {
            let made = std::thread::spawn(move || block_on(new_database(&cluster)));
            made.join().unwrap()
        });
        Self {
            directory: TempDir::new().unwrap(),
            store,
        }
    }

    /// An empty one, with a store in a new database of the cluster.
    pub async fn in_postgres(cluster: &Cluster) -> Self {
        Self {
            directory: TempDir::new().unwrap(),
            store: Some(new_database(cluster).await),
        }
    }

    /// Whether the store is in PostgreSQL.
    pub fn is_shared(&self) -> bool {
        self.store.is_some()
    }

    /// Where the store is.
    pub fn store(&self) -> String {
        match &self.store {
            Some(address) => address.clone(),
            None => self.path(".tune").display().to_string(),
        }
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The program, ready to be run here, away from the settings of whoever runs the tests.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tune"));
        command
            .args(args)
            .current_dir(self.directory.path())
            .env_remove("TUNE_STORE")
            .env_remove("TUNE_LOG")
            .env_remove("TUNE_SERVER")
            .env_remove("TUNE_TOKEN")
            .env_remove("TUNE_DATA")
            .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
            .env_remove("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
            // No test opens a window.
            .env("TUNE_BROWSER", "none")
            .env("NO_COLOR", "1")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        if let Some(store) = &self.store {
            command.env("TUNE_STORE", store);
        }
        command
    }

    /// Runs the program to its end.
    pub fn tune(&self, args: &[&str]) -> Said {
        self.said(&self.command(args).output().unwrap())
    }

    /// Writes an experiment file and runs it.
    pub fn run(&self, experiment: &str) -> Said {
        self.write("experiment.yaml", experiment);
        self.tune(&["run", "experiment.yaml"])
    }

    /// Starts the program without waiting for it.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the program starts")
    }

    /// All trials of an experiment, by number, as `tune trials --format json` prints them.
    pub fn trials(&self, name: &str) -> Vec<Json> {
        let listed = self.tune(&[
            "trials", name, "--sort", "number", "--asc", "--limit", "1000000", "--format", "json",
        ]);
        let listed: Json = serde_json::from_str(&listed.success().out).expect("JSON");
        listed["trials"]
            .as_array()
            .expect("a list of trials")
            .clone()
    }

    /// One trial in full.
    pub fn trial(&self, name: &str, number: u64) -> Json {
        let shown = self.tune(&["show", name, &number.to_string(), "--format", "json"]);
        serde_json::from_str(&shown.success().out).expect("JSON")
    }

    /// An experiment in full.
    pub fn experiment(&self, name: &str) -> Json {
        let shown = self.tune(&["show", name, "--format", "json"]);
        serde_json::from_str(&shown.success().out).expect("JSON")
    }

    /// Every event in the store, in order.
    pub fn events(&self, name: &str) -> Vec<StoredEvent> {
        block_on(async {
            let location = Location::new(self.store());
            let store = Store::connect(&location, &self.path(".tune"), false)
                .await
                .expect("a store");
            let record = store
                .experiment(name)
                .await
                .expect("a readable store")
                .expect("the experiment");
            all_events(&store, record.id).await
        })
    }

    /// The processes that steps of this folder's experiments have left.
    pub fn processes(&self) -> Vec<u32> {
        let mark = format!("TUNE_PARAMS={}", self.path(".tune").display());
        let pids = std::fs::read_dir("/proc")
            .expect("a proc file system")
            .flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid: &u32| environment_has(*pid, &mark))
            .collect()
    }

    /// Waits until no process of a step is left.
    pub fn wait_for_quiet(&self) {
        wait_until("every step has ended", || self.processes().is_empty());
    }

    /// What a run that has ended said.
    pub fn said(&self, output: &Output) -> Said {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        // A temporary directory may be reached by a link.
        let real = self.directory.path().canonicalize().unwrap();
        let error = text(&output.stderr)
            .replace(&*real.to_string_lossy(), "DIR")
            .replace(&*self.directory.path().to_string_lossy(), "DIR");
        Said {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            error,
        }
    }
}

impl Said {
    /// It must have succeeded.
    #[track_caller]
    pub fn success(self) -> Self {
        self.exit(0)
    }

    /// It must have ended with this code, and not by a panic.
    #[track_caller]
    pub fn exit(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.all());
        assert!(!self.error.contains("panicked"), "{}", self.all());
        self
    }

    /// It must have said all of this, on one stream or the other.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        let all = self.all();
        for word in words {
            assert!(all.contains(word), "`{word}` is not in\n{all}");
        }
        self
    }

    fn all(&self) -> String {
        let Self { code, out, error } = self;
        format!("code {code}\n--- stdout\n{out}\n--- stderr\n{error}")
    }
}

fn block_on<T>(doing: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().expect("a runtime");
    runtime.block_on(doing)
}

/// The address of a new database of the cluster.
async fn new_database(cluster: &Cluster) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("whole_{}_{number}", std::process::id());
    let mut connection = PgConnection::connect(&cluster.url).await.unwrap();
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    connection.execute(create).await.unwrap();
    let (server, _) = cluster.url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

async fn all_events(store: &Store, id: ExperimentId) -> Vec<StoredEvent> {
    let mut events = Vec::<StoredEvent>::new();
    loop {
        let last = events.last().map_or(0, |event| event.seq);
        let more = store
            .events_after(Some(id), last, 1000)
            .await
            .expect("readable events");
        if more.is_empty() {
            return events;
        }
        events.extend(more);
    }
}

fn environment_has(pid: u32, mark: &str) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|entry| entry.starts_with(mark.as_bytes()))
}

/// Waits until a program that was started with [`Place::start`] has written a line with these words to standard error. What it writes there
/// afterwards is read and thrown away.
pub fn wait_for_error_line(child: &mut Child, words: &str) {
    let stderr = child.stderr.take().expect("a pipe that nobody reads yet");
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // Nobody may be listening any more, but the pipe must not fill up.
            let _ = sender.send(line);
        }
    });
    loop {
        let line = lines.recv_timeout(PATIENCE);
        let line = line.unwrap_or_else(|_| panic!("waited in vain for a line with `{words}`"));
        if line.contains(words) {
            return;
        }
    }
}

/// Looks again and again until it is so; fails the test when it never is.
pub fn wait_until(what: &str, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::yield_now();
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether the file exists and has at least so many lines.
pub fn has_lines(path: &Path, count: usize) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.lines().count() >= count)
}
