//! Connections: each has a time for its headers, and ends in order at shutdown.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use crate::channel::webhook::Peer;
use crate::task;

/// How long a client may take for the headers of a request, from the first moment that one
/// is waited for. A client that dribbles holds a connection no longer.
const HEADERS: Duration = Duration::from_secs(10);

/// What requests at hand get to finish at shutdown. A tool call may take minutes; whoever
/// waits for it is told by the closed connection.
const GRACE: Duration = Duration::from_secs(5);

/// After a failed accept, which is mostly for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves `app` until `stop` is cancelled, then gives the requests at hand five seconds.
pub async fn serve(listener: TcpListener, app: Router, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let app = OfRouter(app.clone(), Peer(peer));
                let serving = serve_one(stream, app, stop.clone());
                task::spawn(&connections, "http connection", serving);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn serve_one(stream: TcpStream, app: OfRouter, stop: CancellationToken) {
    // Answers are small and waited for.
    stream.set_nodelay(true).ok();
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS);
    let service = TowerToHyperService::new(app);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(GRACE, connection).await {
                Ok(served) => served,
                Err(_) => return tracing::debug!("a request was cut at shutdown"),
            }
        }
    };
    if let Err(error) = served {
        tracing::trace!(error, "a connection broke");
    }
}

/// The router for the connection's own kind of body.
#[derive(Clone)]
struct OfRouter(Router, Peer);

impl<B> Service<axum::http::Request<B>> for OfRouter
where
    B: axum::body::HttpBody<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = axum::response::Response;
    type Error = Infallible;
    type Future = <Router as Service<Request>>::Future;

    fn poll_ready(
        &mut self,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.0, context)
    }

    fn call(&mut self, request: axum::http::Request<B>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.1);
        self.0.call(request)
    }
}
