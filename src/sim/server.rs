//! The one listener and what is behind it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use tokio_util::sync::CancellationToken;

use super::apps::AppsHandle;
use super::gate::Gate;
use super::options::SimOptions;
use super::shared::Shared;
use super::sim::SimError;
use super::world::{Settings, World};
use super::{apps, attachment, control, hooks, mcp, page, socket};
use crate::task;

/// Binds and serves. The token is cancelled when everything has ended.
pub(super) fn start(
    options: SimOptions,
) -> Result<(Arc<Shared>, SocketAddr, CancellationToken), SimError> {
    if !options.allow_remote && !options.bind.ip().is_loopback() {
        return Err(SimError::NotLoopback(options.bind));
    }
    let settings = Settings {
        stream_life: options.stream_life,
        kick_close: options.kick_close,
        limits: options.limits,
        stream_window: options.callbacks.stream_window,
    };
    let mut seed = options.seed;
    let apps = std::mem::take(&mut seed.apps);
    let world = World::new(seed, settings)?;
    let wire = hooks::Wire::new()
        .map_err(|error| SimError::Invalid(format!("no callbacks can be made: {error}")))?;
    let pace = options.callbacks;
    let shared = Shared::new(world, wire, pace, options.clock, options.allow_remote);
    let shared = Arc::new(shared);
    for app in apps {
        AppsHandle::new(Arc::clone(&shared)).add(app)?;
    }
    let cannot_bind = |source| SimError::Bind {
        addr: options.bind,
        source,
    };
    let gate = Gate::bind(options.bind, &shared).map_err(cannot_bind)?;
    let addr = gate.addr();
    {
        let mut world = shared.world();
        world.gateway.listen_at(format!("http://{addr}"));
        world.links.listen_at(format!("http://{addr}"));
        world.respond_at(format!("http://{addr}"));
    }
    let (queue, jobs) = hooks::jobs();
    shared.world().hooks = queue;
    task::spawn(
        &shared.tasks,
        "sim-hooks",
        hooks::run(Arc::clone(&shared), jobs),
    );
    let ended = CancellationToken::new();
    task::spawn(
        &shared.tasks,
        "sim",
        serve(Arc::clone(&shared), gate, ended.clone()),
    );
    Ok((shared, addr, ended))
}

async fn serve(shared: Arc<Shared>, gate: Gate, ended: CancellationToken) {
    let _ended = ended.drop_guard();
    let stop = shared.stop.clone();
    let router = router(Arc::clone(&shared));
    let serving = async {
        let graceful = stop.clone().cancelled_owned();
        let served = axum::serve(gate, router)
            .with_graceful_shutdown(graceful)
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "the simulator's server failed");
        }
    };
    let out_of_time = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    // Requests that are still under way then are cut with the server.
    tokio::select! {
        () = serving => {}
        () = out_of_time => {}
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(root))
        .route("/ws", get(root))
        .route(
            "/mcp/{server}",
            any(mcp::serve).layer(DefaultBodyLimit::max(MCP_BODY_MAX)),
        )
        .route(
            "/cgi-bin/{*call}",
            any(apps::serve).layer(DefaultBodyLimit::max(API_BODY_MAX)),
        )
        .route("/cos/{id}", get(attachment::download))
        .route("/{*path}", get(page::file))
        .nest("/sim", control::router(&shared))
        .with_state(shared)
}

/// The bot socket for an upgrade, the chat page for anybody else.
async fn root(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if !request.headers().contains_key(header::UPGRADE) {
        return page::index();
    }
    let (mut parts, _body) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => socket::accept(shared, upgrade),
        Err(rejection) => rejection.into_response(),
    }
}

/// Of a call of an app: the largest file and its form, and one byte too many.
const API_BODY_MAX: usize = 24 * 1_024 * 1_024;
/// Of a tool call: files of 20 MiB together fit in base64.
const MCP_BODY_MAX: usize = 32 * 1_024 * 1_024;
/// For HTTP requests under way when the simulator stops; sockets are cut at once.
const GRACE: Duration = Duration::from_millis(500);
