//! The daemon: one process that owns the state directory, the accounts and the HTTP port.

mod contact;
mod lock;
mod mcp_door;
mod openclaw;
mod reload;
mod scheduled;
mod sending;
mod standalone;
mod toolbelt;
mod tools;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::agent::AgentTools;
use crate::agent::openclaw::link::Link;
use crate::channel::{Backends, Prepared, Runtime, Surroundings};
use crate::clock::SharedClock;
use crate::config::{Environment, LiveConfig, Loaded, Location};
use crate::files::MediaStore;
use crate::http::{self, MessageServices, PairingServices, Services};
use crate::mcp::credentials::{Credentials, SessionCredentials};
use crate::secret::Secret;
use crate::skills::{LiveSkills, SkillSources};
use crate::store::{SqliteStore, Store, StoreError};
use crate::task;

pub use contact::{Contact, ContactError, find};
pub(crate) use lock::HomeLock;
pub use lock::LockError;
use mcp_door::ServedDoor;
use openclaw::OpenClawParts;
use reload::{FileReloader, watch_files};
use scheduled::Scheduled;
use sending::PlannedNotice;
pub use standalone::Standalone;
use toolbelt::Toolbelt;
use tools::ToolSurroundings;
pub use tools::Toolbox;

/// Closed messages are remembered this long, so that a repeated push is known.
const REMEMBER_CLOSED: Duration = Duration::from_hours(24);

/// How often closed messages are looked through.
const PRUNE_INTERVAL: Duration = Duration::from_mins(10);

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    address: SocketAddr,
    runtime: Arc<Runtime>,
    toolbox: Toolbox,
    credentials: Arc<Credentials>,
    contact_file: PathBuf,
    /// Ends the scheduler, before the accounts go that its jobs send with.
    jobs: CancellationToken,
    stop: CancellationToken,
    tracker: TaskTracker,
    /// Held for as long as the daemon lives.
    _lock: HomeLock,
}

/// What a daemon is started with.
#[derive(Debug)]
pub struct DaemonOptions {
    /// Where the file and the state are.
    pub location: Location,
    /// The environment that references are resolved with.
    pub environment: Environment,
    /// The configuration, already read.
    pub loaded: Loaded,
    /// The time of day.
    pub clock: SharedClock,
}

/// Why the daemon did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Another daemon uses the state directory, or it can't be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The state can't be opened.
    #[error("cannot open the state in {path}")]
    Store {
        /// The database file.
        path: PathBuf,
        /// What the store said.
        #[source]
        source: StoreError,
    },
    /// The port is taken or not allowed.
    #[error(
        "cannot listen on {address}: is another daemon running? Set `gateway.port` to a free port"
    )]
    Bind {
        /// As configured.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file that tells the command line how to reach the daemon can't be written.
    #[error(transparent)]
    Contact(#[from] ContactError),
}

impl Daemon {
    /// Locks the state directory, opens the store, binds the port and starts the accounts.
    pub async fn start(options: DaemonOptions) -> Result<Self, StartError> {
        let DaemonOptions {
            location,
            environment,
            loaded,
            clock,
        } = options;
        let lock = HomeLock::acquire(&location.home)?;
        let path = location.home.join("state.db");
        let store: Arc<dyn Store> = match SqliteStore::open(&path) {
            Ok(store) => Arc::new(store),
            Err(source) => return Err(StartError::Store { path, source }),
        };
        let gateway = &loaded.config.gateway;
        let address = SocketAddr::new(gateway.bind, gateway.port);
        let bound = TcpListener::bind(address).await;
        let listener = bound.map_err(|source| StartError::Bind { address, source })?;
        let address = listener.local_addr().unwrap_or(address);
        let token = Secret::new(contact::new_token());

        let live = LiveConfig::new(loaded.config.clone());
        let sessions = SessionCredentials::new();
        let known = Credentials::load(live.clone(), store.clone(), clock.clone(), sessions).await;
        let credentials = match known {
            Ok(credentials) => Arc::new(credentials),
            Err(source) => return Err(StartError::Store { path, source }),
        };
        let contact_file = contact::publish(&location.home, address, &token)?;
        let surroundings = Surroundings {
            config: live.clone(),
            store: store.clone(),
            clock: clock.clone(),
            media: MediaStore::new(live.clone(), clock.clone()),
            user_home: environment.home_dir().map(Path::to_owned),
        };
        let prepared = match Prepared::new(surroundings.clone()).await {
            Ok(prepared) => prepared,
            Err(source) => return Err(StartError::Store { path, source }),
        };
        let stop = CancellationToken::new();
        let tracker = TaskTracker::new();
        let toolbox = Toolbox::new(surroundings.clone(), prepared.bots());
        let sources = SkillSources::new(&live.get().mcp_server);
        let skills = LiveSkills::start(sources, &tracker, stop.clone());
        let planner = prepared.planner();
        let scheduled = Scheduled::new(&surroundings, &prepared);
        let lent = Toolbelt::new(
            toolbox.tools.clone(),
            skills.clone(),
            planner.clone(),
            live.clone(),
            Some(scheduled.tool()),
        );
        let link = Link::default();
        let lent: Arc<dyn AgentTools> = Arc::new(lent);
        let backends = Backends::Equipped {
            tools: lent.clone(),
            mcp: Some(Arc::new(ServedDoor {
                sessions: credentials.sessions().clone(),
                config: live.clone(),
                address,
                home: location.home.clone(),
            })),
            openclaw: link.clone(),
        };
        let runtime = Arc::new(prepared.start(backends).await);
        let jobs = stop.child_token();
        scheduled.start(&tracker, jobs.clone());
        let parts = OpenClawParts {
            link: link.clone(),
            runtime: runtime.clone(),
            planner: planner.clone(),
            tools: lent,
            store: store.clone(),
            config: live.clone(),
            clock: clock.clone(),
            address,
        };
        openclaw::start(parts, &tracker, &stop).await;
        let tools = toolbox.routes(ToolSurroundings {
            runtime: runtime.clone(),
            credentials: credentials.clone(),
            skills,
            config: live.clone(),
            token: token.clone(),
            bind: address.ip(),
            stop: stop.clone(),
            tracker: tracker.clone(),
        });
        let follow_files = loaded.config.gateway.reload;
        let reloader = Arc::new(FileReloader::new(
            location,
            environment,
            loaded,
            runtime.clone(),
        ));
        if follow_files {
            task::spawn(
                &tracker,
                "configuration watch",
                watch_files(reloader.clone(), stop.clone()),
            );
        }
        let routes = http::router(Services {
            runtime: runtime.clone(),
            reloader: reloader.clone(),
            openclaw: link,
            token: token.clone(),
        })
        .merge(http::pairing_router(PairingServices {
            pairings: runtime.pairings().clone(),
            notice: Some(Arc::new(PlannedNotice(planner.clone()))),
            token: token.clone(),
        }))
        .merge(http::message_router(MessageServices { planner, token }))
        .merge(runtime.callbacks())
        .merge(tools);
        task::spawn(
            &tracker,
            "http",
            http::serve(listener, routes, stop.clone()),
        );
        housekeeping(&tracker, &toolbox, store, clock, &stop);
        task::spawn(&tracker, "hangup", reload_on_hangup(reloader, stop.clone()));
        tracing::info!(%address, "the daemon is up");
        Ok(Self {
            address,
            runtime,
            toolbox,
            credentials,
            contact_file,
            jobs,
            stop,
            tracker,
            _lock: lock,
        })
    }

    /// Where the HTTP server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The accounts.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// The tokens of MCP clients.
    pub fn credentials(&self) -> &Arc<Credentials> {
        &self.credentials
    }

    /// Stops taking up work, gives running turns until `drain` is over or `hurry` is
    /// cancelled, then ends everything. Returns how many messages were left to the next
    /// start.
    pub async fn shutdown(self, drain: Duration, hurry: &CancellationToken) -> usize {
        self.jobs.cancel();
        let left = self.runtime.shutdown(drain, hurry).await;
        self.stop.cancel();
        self.toolbox.servers.shutdown().await;
        self.tracker.close();
        self.tracker.wait().await;
        contact::withdraw(&self.contact_file);
        left
    }
}

/// Keeps files and state from growing for ever.
fn housekeeping(
    tracker: &TaskTracker,
    toolbox: &Toolbox,
    store: Arc<dyn Store>,
    clock: SharedClock,
    stop: &CancellationToken,
) {
    let (media, until) = (toolbox.media.clone(), stop.clone());
    task::spawn(tracker, "media", async move {
        media.keep_clean(until).await;
    });
    task::spawn(tracker, "prune", prune(store, clock, stop.clone()));
}

async fn prune(store: Arc<dyn Store>, clock: SharedClock, stop: CancellationToken) {
    let mut timer = tokio::time::interval(PRUNE_INTERVAL);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let remembered_ms = i64::try_from(REMEMBER_CLOSED.as_millis()).unwrap_or(i64::MAX);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = timer.tick() => {}
        }
        let now_ms = clock.now_ms();
        if let Err(error) = store.prune_routes(now_ms).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "could not prune the routes"
            );
        }
        let forgotten = store.prune_out(now_ms.saturating_sub(remembered_ms)).await;
        if let Err(error) = forgotten {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "could not prune what OpenClaw sent"
            );
        }
        match store.prune(now_ms.saturating_sub(remembered_ms)).await {
            Ok(0) => {}
            Ok(messages) => tracing::debug!(messages, "forgot closed messages"),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "could not prune the store"
                );
            }
        }
    }
}

#[cfg(unix)]
async fn reload_on_hangup(reloader: Arc<FileReloader>, stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangups = match signal(SignalKind::hangup()) {
        Ok(hangups) => hangups,
        Err(error) => {
            tracing::warn!(%error, "SIGHUP will not reload the configuration");
            return;
        }
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            received = hangups.recv() => if received.is_none() { return },
        }
        http::Reloader::reload(&*reloader).await;
    }
}

#[cfg(not(unix))]
async fn reload_on_hangup(_reloader: Arc<FileReloader>, _stop: CancellationToken) {}
