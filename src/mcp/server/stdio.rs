//! The server over standard input and output, for one client.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rmcp::service::{QuitReason, ServerInitializeError};
use rmcp::transport::io::stdio_pipes;
use rmcp::{ServerHandler, serve_server};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{Server, ServerParts};
use crate::mcp::credentials::Credential;

/// What running calls get to finish once nothing more comes in.
const GRACE: Duration = Duration::from_secs(2);

/// Serves until the input ends or `stop` is cancelled; running calls then get two seconds.
/// Standard output carries messages and nothing else.
///
/// # Errors
/// The first message was no way to begin.
pub async fn serve_stdio(
    parts: ServerParts,
    credential: Credential,
    stop: CancellationToken,
) -> Result<(), Box<ServerInitializeError>> {
    serve_stdio_of(Server::for_one(parts, credential), stop).await
}

/// As [`serve_stdio`], with a handler of one's own.
///
/// # Errors
/// As [`serve_stdio`].
pub async fn serve_stdio_of(
    handler: impl ServerHandler,
    stop: CancellationToken,
) -> Result<(), Box<ServerInitializeError>> {
    let (input, output) = stdio_pipes();
    let ended = CancellationToken::new();
    let input = Input {
        inner: input,
        stopped: Box::pin(stop.cancelled_owned()),
        ended: ended.clone(),
    };
    let running = match serve_server(handler, (input, output)).await {
        Ok(running) => running,
        // The client went away before it had said anything.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(Box::new(error)),
    };
    let calls = running.cancellation_token();
    let over = running.waiting();
    tokio::pin!(over);
    let out_of_time = async {
        ended.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    let reason = tokio::select! {
        reason = &mut over => reason,
        () = out_of_time => {
            calls.cancel();
            over.await
        }
    };
    if let Ok(QuitReason::JoinError(error)) | Err(error) = reason {
        tracing::error!(%error, "serving the client failed");
    }
    Ok(())
}

/// The input, which also ends when the process is told to stop: running calls then finish
/// as they do when the client goes away.
struct Input<R> {
    inner: R,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Cancelled at the end.
    ended: CancellationToken,
}

impl<R: AsyncRead + Unpin> AsyncRead for Input<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = if self.ended.is_cancelled() || self.stopped.as_mut().poll(context).is_ready() {
            Poll::Ready(Ok(()))
        } else {
            Pin::new(&mut self.inner).poll_read(context, buffer)
        };
        if matches!(read, Poll::Ready(Err(_)))
            || (read.is_ready() && buffer.filled().len() == before)
        {
            self.ended.cancel();
        }
        read
    }
}
