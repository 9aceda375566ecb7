//! The dashboard that the program opens by itself: of a store, beside a run, of a server.

use crate::harness::{Place, Said, wait_for_error_line, wait_until};
use crate::server::Server;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

/// A browser that writes down what it was asked to open.
fn browser(place: &Place) -> String {
    let script = place.path("browser.sh");
    let opened = place.path("opened");
    place.write(
        "browser.sh",
        format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\n",
            opened.display()
        ),
    );
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("a file");
    script.display().to_string()
}

/// What it was asked to open, once it has been.
fn opened(place: &Place) -> String {
    let read = || std::fs::read_to_string(place.path("opened")).unwrap_or_default();
    wait_until("the browser was asked", || read().ends_with('\n'));
    read().trim().to_owned()
}

/// The program with that browser, or with none.
fn with_browser(place: &Place, arguments: &[&str], browser: &str) -> Command {
    let mut command = place.command(arguments);
    command.env("TUNE_BROWSER", browser);
    command
}

fn curl(url: &str, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new("curl");
    let output = command
        .args(["-s", "-w", "\n%{http_code}", "--max-time", "50", url])
        .args(arguments)
        .output()
        .expect("curl");
    let text = String::from_utf8(output.stdout).expect("text");
    let (body, status) = text.rsplit_once('\n').expect("a status");
    (status.to_owned(), body.to_owned())
}

/// One trial that runs until the file `go` is there.
const WAITS: &str = "
name: waits
objective: { metric: loss, goal: minimize }
algorithm: { name: random }
max_trials: 1
parameters:
  x: { type: float, min: 0, max: 1 }
pipeline:
  wait: { run: 'while ! [ -e go ]; do sleep 0.02; done; echo loss=1' }
";

const ASKED: &str = "
name: asked
objective: { metric: loss, goal: minimize }
max_trials: 1
parameters:
  x: { type: float, min: 0, max: 1 }
";

/// Everything can be seen, nothing changed.
fn only_shows(url: &str) {
    let (status, page) = curl(url, &[]);
    assert!(status == "200" && page.contains("<title>tune"), "{page}");
    let (_, session) = curl(&format!("{url}/api/v1/session"), &[]);
    assert!(session.contains(r#""role":"viewer""#), "{session}");
    let (_, shown) = curl(&format!("{url}/api/v1/experiments/waits"), &[]);
    assert!(shown.contains(r#""state":"running""#), "{shown}");
    let cancel = format!("{url}/api/v1/experiments/waits/cancel");
    let (status, refused) = curl(&cancel, &["-X", "POST"]);
    assert_eq!(status, "403", "{refused}");
    assert!(
        refused.contains("another process works on this store"),
        "{refused}"
    );
}

fn end(mut child: Child) -> i32 {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.expect("kill").success());
    child.wait().expect("the end").code().expect("a code")
}

/// Starts it and waits for the line that says where it is.
fn start(mut command: Command) -> (Child, String) {
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program starts");
    let mut line = String::new();
    let out = child.stdout.take().expect("a pipe");
    BufReader::new(out).read_line(&mut line).expect("a line");
    (child, line.trim().to_owned())
}

#[test]
fn a_run_shows_its_dashboard_meanwhile() {
    let place = Place::new();
    place.write("waits.yaml", WAITS);
    let mut run = with_browser(&place, &["run", "waits.yaml", "--ui"], &browser(&place));
    run.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut run = run.spawn().expect("the program starts");
    wait_for_error_line(&mut run, "the dashboard is at http://127.0.0.1:");
    let opened = opened(&place);
    let url = opened.strip_suffix("/experiments/waits").expect("its page");
    wait_until("the trial runs", || {
        let (_, shown) = curl(&format!("{url}/api/v1/experiments/waits"), &[]);
        shown.contains(r#""running":1"#)
    });
    only_shows(url);

    // Whoever opens the dashboard of the store meanwhile only looks on, too.
    let (ui, other) = start(with_browser(&place, &["ui"], "none"));
    assert_ne!(other, url);
    only_shows(&other);

    // It takes over at the same address when the other process has ended.
    place.write("go", "");
    assert_eq!(run.wait().expect("the end").code(), Some(0));
    wait_until("more can be done", || {
        let (_, session) = curl(&format!("{other}/api/v1/session"), &[]);
        session.contains(r#""role":"admin""#)
    });
    assert_eq!(end(ui), 0);
}

#[test]
fn a_port_that_is_taken_is_found_out_before_anything_is_stored() {
    let place = Place::new();
    place.write("waits.yaml", WAITS);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let ui = format!("--ui={port}");
    let run = place.tune(&["run", "waits.yaml", &ui]).exit(1);
    run.says(&[&format!("cannot listen at port {port}")]);
    place.tune(&["show", "waits"]).exit(1);

    // Where nothing has to be run, no port is needed.
    place.write("go", "");
    place.tune(&["run", "waits.yaml"]).success();
    place.tune(&["run", "waits.yaml", &ui]).success();
    place.tune(&["resume", "waits", &ui]).success();
}

#[test]
fn who_looks_on_is_done_at_a_signal() {
    let place = Place::new();
    place.write("waits.yaml", WAITS);
    let mut run = place.command(&["run", "waits.yaml"]);
    run.stdout(Stdio::null()).stderr(Stdio::null());
    let mut run = run.spawn().expect("the program starts");
    wait_until("the experiment is there", || {
        let shown = place.command(&["show", "waits"]).output().expect("output");
        String::from_utf8_lossy(&shown.stdout).contains("running")
    });
    let (ui, url) = start(with_browser(&place, &["ui"], "none"));
    only_shows(&url);
    assert_eq!(end(ui), 0);
    place.write("go", "");
    assert_eq!(run.wait().expect("the end").code(), Some(0));
}

#[test]
fn a_run_without_a_browser_is_a_run() {
    let place = Place::new();
    place.write("waits.yaml", WAITS);
    place.write("go", "");
    for browser in ["/no/such/browser", "none"] {
        let run = with_browser(
            &place,
            &["run", "waits.yaml", "--name", "other", "--ui"],
            browser,
        )
        .output()
        .unwrap();
        place.said(&run).success();
        place.tune(&["delete", "other", "--yes"]).success();
    }
}

#[test]
fn a_store_that_nobody_works_on_is_served() {
    let place = Place::new();
    place.tune(&["ui"]).exit(1).says(&["there is no store"]);
    place.write("asked.yaml", ASKED);
    place.tune(&["create", "asked.yaml"]).success();
    let command = with_browser(&place, &["ui", "asked"], &browser(&place));
    let (ui, url) = start(command);
    assert_eq!(opened(&place), format!("{url}/experiments/asked"));
    let (_, session) = curl(&format!("{url}/api/v1/session"), &[]);
    assert!(session.contains(r#""role":"admin""#), "{session}");
    let cancel = format!("{url}/api/v1/experiments/asked/cancel");
    assert_eq!(curl(&cancel, &["-X", "POST"]).0, "200");
    assert_eq!(end(ui), 0);
    place
        .tune(&["ui", "aksed"])
        .says(&["there is no experiment `aksed`", "did you mean `asked`?"]);
}

#[test]
fn a_server_that_has_nothing_to_do_is_not_replaced_until_it_ends() {
    let place = Place::new();
    let mut server = Server::start(&place);
    let (ui, url) = start(with_browser(&place, &["ui"], "none"));
    let session = || curl(&format!("{url}/api/v1/session"), &[]).1;
    assert!(session().contains(r#""role":"viewer""#), "{}", session());
    server.signal("-KILL");
    server.ended();
    wait_until("more can be done", || {
        session().contains(r#""role":"admin""#)
    });
    assert_eq!(end(ui), 0);
}

#[test]
fn the_dashboard_of_a_server_is_where_the_server_is() {
    let place = Place::new();
    let server = Server::start(&place);
    let arguments = ["ui", "my experiment", "--server", &server.url];
    let shown = with_browser(&place, &arguments, &browser(&place))
        .output()
        .unwrap();
    let Said { out, .. } = place.said(&shown).success();
    let page = format!("{}/experiments/my%20experiment", server.url);
    assert_eq!(out.trim(), page);
    assert_eq!(opened(&place), page);
}
