//! A server of HTTP that can lie, stall and break.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

/// What is said to one request.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    announced: Option<usize>,
    then: Then,
    gate: Option<Arc<Semaphore>>,
}

/// What follows the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Close,
    Stall,
}

impl Reply {
    /// 200 with a body and its length.
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self {
            status: 200,
            headers: Vec::new(),
            announced: Some(body.len()),
            body,
            then: Then::Close,
            gate: None,
        }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::ok("")
        }
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::status(302).header("location", to)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    /// Announces another length; `None` none at all, so that the end of the connection is
    /// the end of the body.
    pub(crate) fn announcing(mut self, length: Option<usize>) -> Self {
        self.announced = length;
        self
    }

    /// Stays silent with the connection open.
    pub(crate) fn stalling(mut self) -> Self {
        self.then = Then::Stall;
        self
    }

    /// Waits for a permit before it answers.
    pub(crate) fn behind(mut self, gate: &Arc<Semaphore>) -> Self {
        self.gate = Some(gate.clone());
        self
    }
}

#[derive(Debug, Default)]
struct Log {
    paths: Vec<String>,
    open: usize,
}

/// Serves until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Log>>,
    task: JoinHandle<()>,
}

impl Server {
    /// `answer` is given the path and how many requests for it came before.
    pub(crate) async fn start(
        answer: impl Fn(&str, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start_at("127.0.0.1:0", answer).await
    }

    pub(crate) async fn start_at(
        address: &str,
        answer: impl Fn(&str, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log::default()));
        let (answer, seen) = (Arc::new(answer), log.clone());
        #[expect(clippy::disallowed_methods, reason = "the test's own task")]
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, seen) = (answer.clone(), seen.clone());
                connections.spawn(async move {
                    let _ = serve(stream, &*answer, &seen).await;
                });
            }
        });
        Self { address, log, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Paths that were asked for, in order.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.log.lock().unwrap().paths.clone()
    }

    /// Requests that were asked and are not answered yet.
    pub(crate) fn open(&self) -> usize {
        self.log.lock().unwrap().open
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: &(impl Fn(&str, usize) -> Reply + Sync),
    log: &Mutex<Log>,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    let request = String::from_utf8(request).unwrap();
    assert!(!request.to_lowercase().contains("\r\nreferer:"));
    let path = request.split(' ').nth(1).unwrap().to_owned();
    let before = {
        let mut log = log.lock().unwrap();
        log.paths.push(path.clone());
        log.open += 1;
        log.paths.iter().filter(|known| **known == path).count() - 1
    };
    let reply = answer(&path, before);
    if let Some(gate) = &reply.gate {
        gate.acquire().await.unwrap().forget();
    }
    log.lock().unwrap().open -= 1;
    let mut head = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", reply.status).into_bytes();
    if let Some(length) = reply.announced {
        head.extend(format!("content-length: {length}\r\n").bytes());
    }
    for (name, value) in &reply.headers {
        head.extend(name.bytes().chain(*b": "));
        head.extend(value);
        head.extend(b"\r\n");
    }
    head.extend(b"\r\n");
    stream.write_all(&head).await?;
    stream.write_all(&reply.body).await?;
    if reply.then == Then::Stall {
        tokio::time::sleep(Duration::from_mins(10)).await;
    }
    stream.shutdown().await?;
    // Closing with unread bytes of the client would reset what it still reads.
    let _ = stream.read(&mut [0; 1]).await;
    Ok(())
}
