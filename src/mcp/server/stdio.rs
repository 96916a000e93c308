//! The server over standard input and output, for one client.

use std::time::Duration;

use rmcp::service::{QuitReason, ServerInitializeError};
use rmcp::transport::io::stdio_pipes;
use rmcp::{ServerHandler, serve_server};
use tokio_util::sync::CancellationToken;

use super::{Server, ServerParts};
use crate::mcp::credentials::Credential;

/// What running calls get to finish after the end of the input or a signal.
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
    let beginning = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        beginning = serve_server(handler, stdio_pipes()) => beginning,
    };
    let running = match beginning {
        Ok(running) => running,
        // The client went away before it had said anything.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(Box::new(error)),
    };
    let ending = running.cancellation_token();
    let over = running.waiting();
    tokio::pin!(over);
    tokio::select! {
        reason = &mut over => return said(reason),
        () = stop.cancelled() => {}
    }
    ending.cancel();
    match tokio::time::timeout(GRACE, over).await {
        Ok(reason) => said(reason),
        Err(_) => {
            tracing::info!("running calls were cancelled");
            Ok(())
        }
    }
}

fn said(
    reason: Result<QuitReason, tokio::task::JoinError>,
) -> Result<(), Box<ServerInitializeError>> {
    match reason {
        Ok(QuitReason::JoinError(error)) | Err(error) => {
            tracing::error!(%error, "serving the client failed");
        }
        Ok(_) => {}
    }
    Ok(())
}
