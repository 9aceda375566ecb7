//! The format of server-sent events: lines, of which `data:` carry an event, and an empty one ends it. Pure: bytes go in, events come out.

use crate::wire::Event;

/// Reads a stream of events piece by piece.
#[derive(Debug, Default)]
pub struct Parser {
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    data: String,
}

impl Parser {
    /// The events that these bytes complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, serde_json::Error> {
        let mut events = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                events.extend(self.line(&String::from_utf8_lossy(&line))?);
            }
        }
        Ok(events)
    }

    fn line(&mut self, line: &str) -> Result<Option<Event>, serde_json::Error> {
        let line = line.trim_end_matches(['\r', '\n']);
        if let Some(data) = line.strip_prefix("data:") {
            self.data += data.strip_prefix(' ').unwrap_or(data);
            return Ok(None);
        }
        if !line.is_empty() || self.data.is_empty() {
            return Ok(None);
        }
        serde_json::from_str(&std::mem::take(&mut self.data)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": heartbeat\n\nid: 7\nevent: trial\ndata: {\"seq\":7,\"experiment\":\"größe\",\"at\":\"1970-01-01T00:00:00Z\",\
        \"kind\":\"trial\",\"trial\":0,\"data\":{\"state\":\"queued\"}}\n\nid: 8\r\nevent: experiment\r\ndata: {\"seq\":8,\
        \"experiment\":\"größe\",\"at\":\"1970-01-01T00:00:00Z\",\"kind\":\"experiment\",\"data\":{}}\r\n\r\n";

    #[test]
    fn events_are_whole_however_the_bytes_come() {
        for size in [1, 2, 7, 1000] {
            let mut parser = Parser::default();
            let pieces = STREAM.as_bytes().chunks(size);
            let events: Vec<Event> = pieces
                .flat_map(|piece| parser.push(piece).unwrap())
                .collect();
            let numbers: Vec<i64> = events.iter().map(|event| event.seq).collect();
            assert_eq!(numbers, [7, 8]);
            assert_eq!(events[0].experiment, "größe");
        }
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        assert!(Parser::default().push(b"data: 1\n\n").is_err());
    }
}
