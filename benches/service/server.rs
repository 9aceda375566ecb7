//! The real server, as a process of its own.

use super::http::Client;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server; it is killed with this.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts it on a store, with files of its own in `directory`.
    pub fn start(store: &str, directory: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tune"))
            .args(["--store", store, "serve", "--listen", "127.0.0.1:0"])
            .args(["--slots", "2"])
            .current_dir(directory)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap();
        let address = address.parse().unwrap();
        Self { child, address }
    }

    /// Lets it end by itself.
    pub fn end(mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").arg(id).status();
        self.child.wait().unwrap();
    }

    pub async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Submits an experiment.
    pub async fn submit(&self, document: &str) {
        let mut client = self.client().await;
        client.post("/experiments", document).await.unwrap();
    }

    /// Its memory, in MB: the most it ever had.
    pub fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        peak.unwrap_or_default() / 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
