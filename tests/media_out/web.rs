//! A web server that answers by the book it is given.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// Answers every request for a path with the same bytes, head and all.
pub(crate) struct Web {
    pub(crate) address: SocketAddr,
}

impl Web {
    /// `answers` are paths and what is sent for each; of what is not listed there is none.
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    pub(crate) async fn serve(answers: Vec<(&'static str, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        TaskTracker::new().spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => request.push(byte),
                        Err(_) => break,
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                let known = answers.iter().find(|(known, _)| *known == path);
                let answer = known.map_or(answer("404 Not Found", &[], b""), |(_, answer)| {
                    answer.clone()
                });
                // The client may hang up before it has everything.
                let _ = stream.write_all(&answer).await;
                let _ = tokio::time::timeout(Duration::from_secs(1), stream.shutdown()).await;
            }
        });
        Self { address }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

pub(crate) fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    let mut bytes = format!("{text}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
