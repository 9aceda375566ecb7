//! A client that costs next to nothing: HTTP/1.1 over one connection, one request after the other.

use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// One connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    host: String,
    body: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::with_capacity(64 * 1024, stream),
            host: address.to_string(),
            body: Vec::new(),
        }
    }

    pub async fn get(&mut self, path: &str) -> Result<&str, String> {
        self.ask("GET", path, "").await
    }

    pub async fn post(&mut self, path: &str, body: &str) -> Result<&str, String> {
        self.ask("POST", path, body).await
    }

    /// The body of the answer; an answer that is an error is one.
    async fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<&str, String> {
        self.send(method, path, body).await.map_err(words)?;
        let head = self.head().await.map_err(words)?;
        self.body.resize(head.length, 0);
        self.stream
            .read_exact(&mut self.body)
            .await
            .map_err(words)?;
        let body = str::from_utf8(&self.body).map_err(|error| error.to_string())?;
        match head.status {
            200..400 => Ok(body),
            status => Err(format!("{method} {path}: {status} {body}")),
        }
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) -> io::Result<()> {
        let (host, length) = (&self.host, body.len());
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(request.as_bytes()).await
    }

    async fn head(&mut self) -> io::Result<Head> {
        let mut head = Head::default();
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let text = line.trim_end();
            if text.is_empty() {
                return Ok(head);
            }
            head.take(text);
        }
    }

    /// Asks for a stream; its lines follow.
    pub async fn stream(mut self, path: &str) -> io::Result<BufReader<TcpStream>> {
        self.send("GET", path, "").await?;
        match self.head().await? {
            Head { status: 200, .. } => Ok(self.stream),
            Head { status, .. } => Err(io::Error::other(format!("status {status}"))),
        }
    }
}

/// What matters of an answer's head.
#[derive(Default)]
struct Head {
    status: u16,
    length: usize,
}

impl Head {
    fn take(&mut self, line: &str) {
        if self.status == 0 {
            let status = line
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok());
            self.status = status.unwrap_or_default();
        } else if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            self.length = value.trim().parse().unwrap_or_default();
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` wants")]
fn words(error: io::Error) -> String {
    error.to_string()
}
