//! `curl 'http://…/trials?metric.loss<=0.5'` sends the sign as it is; by the letter it should be percent-encoded, and the parser of
//! requests insists on it. Here the signs of the first line of a request that reads something are encoded on their way in, as long as
//! nothing else has come over the connection than such requests, each whole and without a body. Afterwards nothing is touched: it may be
//! the body of a request, whose length has been announced.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// See the head of this file.
pub struct Signs<S> {
    stream: S,
    /// Whether nothing but whole requests without a body has arrived.
    only_reads: bool,
    /// Read and encoded, not taken yet.
    rest: Vec<u8>,
}

impl<S> Signs<S> {
    /// Over that connection.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            only_reads: true,
            rest: Vec::new(),
        }
    }

    /// Hands out what was encoded, as far as there is room.
    fn hand_out(&mut self, buffer: &mut ReadBuf<'_>) {
        let count = self.rest.len().min(buffer.remaining());
        buffer.put_slice(&self.rest[..count]);
        self.rest.drain(..count);
    }
}

/// Whether this is one request that reads something, from its beginning to its end.
fn is_whole(bytes: &[u8]) -> bool {
    const END: &[u8] = b"\r\n\r\n";
    let end = bytes.windows(END.len()).position(|part| part == END);
    let mut lines = bytes.split(|byte| *byte == b'\n');
    reads(bytes)
        && end.is_some_and(|end| end + END.len() == bytes.len())
        && !lines.any(announces_body)
}

/// Whether a line of a head says that something follows the head.
fn announces_body(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line).to_ascii_lowercase();
    match line.split_once(':') {
        Some(("content-length", length)) => length.trim() != "0",
        _ => line.starts_with("content-length") || line.starts_with("transfer-encoding"),
    }
}

fn reads(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GET /") || bytes.starts_with(b"HEAD /")
}

/// The bytes with the signs of their first line encoded, if they begin a request in which there are any.
fn encoded(bytes: &[u8]) -> Option<Vec<u8>> {
    if !reads(bytes) {
        return None;
    }
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let (line, rest) = bytes.split_at(end);
    if !line.iter().any(|byte| b"<>".contains(byte)) {
        return None;
    }
    let mut all = Vec::with_capacity(bytes.len() + 16);
    for byte in line {
        match byte {
            b'<' => all.extend(b"%3C"),
            b'>' => all.extend(b"%3E"),
            other => all.push(*other),
        }
    }
    all.extend(rest);
    Some(all)
}

impl<S: AsyncRead + Unpin> AsyncRead for Signs<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.rest.is_empty() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
            let arrived = &buffer.filled()[before..];
            let begins = self.only_reads;
            self.only_reads = begins && is_whole(arrived);
            let Some(bytes) = begins.then(|| encoded(arrived)).flatten() else {
                return Poll::Ready(Ok(()));
            };
            buffer.set_filled(before);
            self.rest = bytes;
        }
        self.hand_out(buffer);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Signs<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[test]
    fn only_the_first_line_of_a_request_is_touched() {
        let request = b"GET /t?a<=1&b>2 HTTP/1.1\r\nx: <y>\r\n\r\n";
        let expected = b"GET /t?a%3C=1&b%3E2 HTTP/1.1\r\nx: <y>\r\n\r\n";
        assert_eq!(encoded(request).unwrap(), expected);
        for other in [
            &b"GET /t HTTP/1.1\r\nx: <y>\r\n\r\n"[..],
            b"POST /t?a<1 HTTP/1.1\r\n",
            b"<xml>\r\n",
            b"",
        ] {
            assert_eq!(encoded(other), None);
        }
    }

    #[tokio::test]
    async fn a_body_that_looks_like_a_request_is_left_alone() {
        let (get, encoded) = ("GET /<<>> \r\n\r\n", "GET /%3C%3C%3E%3E \r\n\r\n");
        let announced = "GET /t \r\nContent-Length: 9\r\n\r\n";
        for (before, expected) in [
            ("GET /t \r\nhost: a\r\n\r\n", encoded),
            ("GET /t \r\nContent-Length: 0\r\n\r\n", encoded),
            ("POST /t HTTP/1.1\r\n\r\n", get),
            (announced, get),
            ("GET /t \r\n\r\nPOST /t \r\n\r\n", get),
            ("GET /t \r\nhost", get),
        ] {
            let (near, mut far) = tokio::io::duplex(1024);
            let mut near = Signs::new(near);
            let mut some = [0; 100];
            for (piece, arrives) in [(before, before), (get, expected)] {
                far.write_all(piece.as_bytes()).await.unwrap();
                let count = near.read(&mut some).await.unwrap();
                assert_eq!(&some[..count], arrives.as_bytes(), "after {before:?}");
            }
        }
    }

    #[tokio::test]
    async fn what_became_longer_arrives_whole() {
        let (near, mut far) = tokio::io::duplex(1024);
        far.write_all(b"GET /<<<<<<<< HTTP/1.1\r\n\r\nmore")
            .await
            .unwrap();
        drop(far);
        let mut near = Signs::new(near);
        let (mut all, mut some) = (Vec::<u8>::new(), [0; 40]);
        loop {
            let count = near.read(&mut some).await.unwrap();
            if count == 0 {
                break;
            }
            all.extend(&some[..count]);
        }
        assert_eq!(all, b"GET /%3C%3C%3C%3C%3C%3C%3C%3C HTTP/1.1\r\n\r\nmore");
    }
}
