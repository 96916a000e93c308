//! An account in the process of one MCP client, without the daemon.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{HomeLock, StartError, Toolbelt, Toolbox};
use crate::agent::openclaw::link::Link;
use crate::channel::{Backends, Prepared, Runtime, Surroundings};
use crate::clock::SharedClock;
use crate::config::{Environment, LiveConfig, Location};
use crate::files::MediaStore;
use crate::mcp::server::LocalRunner;
use crate::skills::{LiveSkills, SkillSources};
use crate::store::{SqliteStore, Store};

/// What running turns get to finish when the client goes away.
const DRAIN: Duration = Duration::from_secs(2);

/// Accounts that this process connects by itself. A connection of the same bot elsewhere is
/// ended by WeCom.
#[derive(Debug)]
pub struct Standalone {
    runtime: Arc<Runtime>,
    toolbox: Toolbox,
    /// Held for as long as the accounts run.
    _lock: HomeLock,
}

impl Standalone {
    /// Claims the state directory and starts the accounts of `config`, messages of people
    /// included: what was accepted must be answered.
    ///
    /// # Errors
    /// A daemon uses the state directory, or the state can't be opened.
    pub async fn start(
        location: &Location,
        environment: &Environment,
        config: &LiveConfig,
        clock: SharedClock,
    ) -> Result<Self, StartError> {
        let lock = HomeLock::acquire(&location.home)?;
        let path = location.home.join("state.db");
        let store: Arc<dyn Store> = match SqliteStore::open(&path) {
            Ok(store) => Arc::new(store),
            Err(source) => return Err(StartError::Store { path, source }),
        };
        let surroundings = Surroundings {
            config: config.clone(),
            store,
            clock: clock.clone(),
            media: MediaStore::new(config.clone(), clock),
            user_home: environment.home_dir().map(Path::to_owned),
        };
        let prepared = match Prepared::new(surroundings.clone()).await {
            Ok(prepared) => prepared,
            Err(source) => return Err(StartError::Store { path, source }),
        };
        let toolbox = Toolbox::new(surroundings, prepared.bots());
        let lent = Toolbelt::new(
            toolbox.tools.clone(),
            LiveSkills::fixed(SkillSources::new(&config.get().mcp_server).read().skills),
            prepared.planner(),
            config.clone(),
            None,
        );
        let backends = Backends::Equipped {
            tools: Arc::new(lent),
            mcp: None,
            openclaw: Link::default(),
        };
        let runtime = Arc::new(prepared.start(backends).await);
        Ok(Self {
            runtime,
            toolbox,
            _lock: lock,
        })
    }

    /// Runs tool calls through these accounts.
    pub fn runner(&self) -> LocalRunner {
        LocalRunner::new(self.toolbox.tools.clone(), self.runtime.clone())
    }

    /// Ends the accounts.
    pub async fn shutdown(self) {
        self.runtime
            .shutdown(DRAIN, &CancellationToken::new())
            .await;
        self.toolbox.servers.shutdown().await;
    }
}
