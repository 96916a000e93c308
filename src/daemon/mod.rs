//! The daemon: one process that owns the state directory, the accounts and the HTTP port.

mod contact;
mod housekeeping;
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

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::agent::AgentTools;
use crate::agent::openclaw::link::Link;
use crate::channel::outbound::Planner;
use crate::channel::{Backends, Prepared, Runtime, Surroundings};
use crate::clock::SharedClock;
use crate::config::{Environment, GatewaySettings, LiveConfig, Loaded, Location};
use crate::cron::service::CronService;
use crate::files::MediaStore;
use crate::http::{self, CronServices, MessageServices, PairingServices, Services};
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
use reload::FileReloader;
use scheduled::Scheduled;
use sending::PlannedNotice;
pub use standalone::Standalone;
use toolbelt::Toolbelt;
use tools::ToolSurroundings;
pub use tools::Toolbox;

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    address: SocketAddr,
    runtime: Arc<Runtime>,
    toolbox: Toolbox,
    store: Arc<dyn Store>,
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
        let Ground {
            lock,
            path,
            listener,
            address,
            token,
            credentials,
            contact_file,
            surroundings,
            prepared,
        } = Ground::lay(&location, &environment, &loaded, clock).await?;
        let live = surroundings.config.clone();
        let stop = CancellationToken::new();
        let tracker = TaskTracker::new();
        let toolbox = Toolbox::new(surroundings.clone(), prepared.bots());
        let sources = SkillSources::new(&live.get().mcp_server);
        let skills = LiveSkills::start(sources, &tracker, stop.clone());
        let planner = prepared.planner();
        let scheduled = Scheduled::new(&surroundings, &prepared, path);
        let lent: Arc<dyn AgentTools> = Arc::new(Toolbelt::new(
            toolbox.tools.clone(),
            skills.clone(),
            planner.clone(),
            live.clone(),
            Some(scheduled.tool()),
        ));
        let door = ServedDoor {
            sessions: credentials.sessions().clone(),
            config: live.clone(),
            address,
            home: location.home.clone(),
        };
        let link = Link::default();
        let backends = Backends::Equipped {
            tools: lent.clone(),
            mcp: Some(Arc::new(door)),
            openclaw: link.clone(),
        };
        let runtime = Arc::new(prepared.start(backends).await);
        let jobs = stop.child_token();
        scheduled.start(&tracker, jobs.clone(), stop.clone()).await;
        let parts = OpenClawParts {
            link: link.clone(),
            runtime: runtime.clone(),
            planner: planner.clone(),
            tools: lent,
            surroundings: &surroundings,
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
            scheduled.served(),
        ));
        reload::follow(&reloader, follow_files, &tracker, &stop);
        let services = Services {
            runtime: runtime.clone(),
            reloader,
            openclaw: link,
            token,
        };
        let routes = doors(services, planner, scheduled.served()).merge(tools);
        let serving = http::serve(listener, routes, stop.clone());
        task::spawn(&tracker, "http", serving);
        housekeeping::start(&surroundings, &tracker, &stop);
        tracing::info!(%address, "the daemon is up");
        Ok(Self {
            address,
            runtime,
            toolbox,
            store: surroundings.store,
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

    /// Whether the store answers: what a supervisor is told by.
    ///
    /// # Errors
    /// [`StoreError`] where it does not.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.store.next_cron_due().await?;
        Ok(())
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

/// What stands before anything runs.
struct Ground {
    lock: HomeLock,
    /// The database file.
    path: PathBuf,
    listener: TcpListener,
    address: SocketAddr,
    /// What the local API asks for.
    token: Secret,
    credentials: Arc<Credentials>,
    contact_file: PathBuf,
    surroundings: Surroundings,
    prepared: Prepared,
}

impl Ground {
    async fn lay(
        location: &Location,
        environment: &Environment,
        loaded: &Loaded,
        clock: SharedClock,
    ) -> Result<Self, StartError> {
        let lock = HomeLock::acquire(&location.home)?;
        let path = location.home.join("state.db");
        let unreadable = |source| StartError::Store {
            path: path.clone(),
            source,
        };
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).map_err(unreadable)?);
        let (listener, address) = bind(&loaded.config.gateway).await?;
        let token = Secret::new(contact::new_token());
        let live = LiveConfig::new(loaded.config.clone());
        let sessions = SessionCredentials::new();
        let known = Credentials::load(live.clone(), store.clone(), clock.clone(), sessions).await;
        let credentials = Arc::new(known.map_err(unreadable)?);
        let contact_file = contact::publish(&location.home, address, &token)?;
        let surroundings = Surroundings {
            media: MediaStore::new(live.clone(), clock.clone()),
            config: live,
            store,
            clock,
            user_home: environment.home_dir().map(Path::to_owned),
        };
        let prepared = Prepared::new(surroundings.clone())
            .await
            .map_err(unreadable)?;
        Ok(Self {
            lock,
            path,
            listener,
            address,
            token,
            credentials,
            contact_file,
            surroundings,
            prepared,
        })
    }
}

async fn bind(gateway: &GatewaySettings) -> Result<(TcpListener, SocketAddr), StartError> {
    let address = SocketAddr::new(gateway.bind, gateway.port);
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(|source| StartError::Bind { address, source })?;
    let address = listener.local_addr().unwrap_or(address);
    Ok((listener, address))
}

/// What the command line and WeCom call.
fn doors(services: Services, planner: Arc<Planner>, jobs: Arc<dyn CronService>) -> Router {
    let (runtime, token) = (services.runtime.clone(), services.token.clone());
    http::router(services)
        .merge(http::pairing_router(PairingServices {
            pairings: runtime.pairings().clone(),
            notice: Some(Arc::new(PlannedNotice(planner.clone()))),
            token: token.clone(),
        }))
        .merge(http::cron_router(CronServices {
            jobs,
            token: token.clone(),
        }))
        .merge(http::message_router(MessageServices { planner, token }))
        .merge(runtime.callbacks())
}
