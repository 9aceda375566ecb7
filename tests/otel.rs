//! Spans arrive at an OpenTelemetry collector, at the latest when the program ends.

use crate::harness::Place;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

const EXPERIMENT: &str = "
name: watched
objective: { metric: loss, goal: minimize }
algorithm: { name: random }
max_trials: 2
parameters:
  x: { type: float, min: 0, max: 1 }
pipeline:
  traced_step: { run: 'echo loss=${{ params.x }}' }
";

/// A collector that takes one request.
fn collector() -> (String, JoinHandle<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a port").to_string();
    let collecting = std::thread::spawn(move || received(&listener.accept().expect("a client").0));
    (address, collecting)
}

/// What a request asks for, and its body.
fn received(stream: &TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let mut lines = reader.by_ref().lines().map(|line| line.expect("a line"));
    let asked = lines.next().expect("a request");
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let length = headers.iter().find_map(|header| {
        let (name, value) = header.split_once(": ")?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.parse().expect("a number"))
    });
    let mut body = vec![0; length.expect("a length")];
    reader.read_exact(&mut body).expect("a body");
    let mut stream = stream;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        .expect("it is there");
    (asked, body)
}

/// A span as it is on the wire: its id, that of the span around it, and its name.
struct Span {
    id: Vec<u8>,
    around: Vec<u8>,
    name: String,
}

/// Those of an export: resources hold scopes, which hold spans.
fn spans(export: &[u8]) -> Vec<Span> {
    let scopes = parts(export, 1).into_iter().flat_map(|it| parts(it, 2));
    let spans = scopes.flat_map(|it| parts(it, 2));
    let bytes = |span, field| parts(span, field).concat();
    spans
        .map(|span| Span {
            id: bytes(span, 2),
            around: bytes(span, 4),
            name: String::from_utf8(bytes(span, 5)).expect("a name"),
        })
        .collect()
}

/// The parts of a protobuf message that have that number, all of which must be of the kind with a length.
fn parts(mut message: &[u8], number: u64) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let length = match tag & 7 {
            0 => {
                varint(&mut message);
                0
            }
            1 => 8,
            2 => usize::try_from(varint(&mut message)).expect("a length"),
            5 => 4,
            kind => panic!("{kind} is no kind of a part"),
        };
        let (part, rest) = message.split_at(length);
        if tag >> 3 == number {
            found.push(part);
        }
        message = rest;
    }
    found
}

/// Seven bits to the byte, the lowest first.
fn varint(message: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first().expect("a byte");
        *message = rest;
        number |= u64::from(byte & 127) << shift;
        if byte & 128 == 0 {
            break;
        }
    }
    number
}

#[test]
fn spans_of_trials_are_around_those_of_their_steps() {
    let place = Place::new();
    place.write("experiment.yaml", EXPERIMENT);
    let (address, collecting) = collector();
    let mut run = place.command(&["run", "experiment.yaml"]);
    run.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}"));
    // Nothing but the end sends them.
    run.env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
    place.said(&run.output().unwrap()).success();
    // A collector that nobody has called does not wait for ever.
    drop(TcpStream::connect(&address));
    let (asked, export) = collecting.join().expect("an export");
    assert_eq!(asked, "POST /v1/traces HTTP/1.1");
    let spans = spans(&export);
    let named = |name: &str| -> Vec<&Span> { spans.iter().filter(|it| it.name == name).collect() };
    let (experiments, trials, steps) = (named("experiment"), named("trial"), named("step"));
    assert_eq!((experiments.len(), trials.len(), steps.len()), (1, 2, 2));
    assert!(trials.iter().all(|trial| trial.around == experiments[0].id));
    for trial in &trials {
        let own = steps.iter().filter(|step| step.around == trial.id);
        assert_eq!(own.count(), 1);
    }
    let text = String::from_utf8_lossy(&export);
    for said in ["traced_step", "service.name", "tune", "succeeded"] {
        assert!(text.contains(said), "{said}");
    }
}
