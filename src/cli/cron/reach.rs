//! Whom the commands ask: the running daemon, or the store itself where none runs.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::remote::Remote;
use super::{CronService, print};
use crate::cli::mcp::surroundings;
use crate::clock::SystemClock;
use crate::config::{Config, Environment, LiveConfig, Location};
use crate::cron::desk::Desk;
use crate::cron::mirror::Mirror;
use crate::cron::served::Served;
use crate::daemon::{self, ContactError, HomeLock};
use crate::store::{SqliteStore, Store};

/// How other programs are told to reach their daemon. Ours is found by its file.
#[derive(Debug, Args)]
pub(super) struct Reach {
    /// Has no meaning here
    #[arg(long, hide = true, global = true)]
    url: Option<String>,
    /// Has no meaning here
    #[arg(long, hide = true, global = true)]
    port: Option<String>,
    /// Has no meaning here
    #[arg(long, hide = true, global = true)]
    token: Option<String>,
    /// Has no meaning here
    #[arg(long, hide = true, global = true)]
    password: Option<String>,
    /// Has no meaning here
    #[arg(long, hide = true, global = true, value_name = "MS")]
    timeout: Option<String>,
}

impl Reach {
    pub(super) fn note(&self) {
        for (given, option) in [
            (&self.url, "--url"),
            (&self.port, "--port"),
            (&self.token, "--token"),
            (&self.password, "--password"),
            (&self.timeout, "--timeout"),
        ] {
            if given.is_some() {
                print::note(&format!(
                    "note: {option} has no meaning here: the daemon is found by its state directory"
                ));
            }
        }
    }
}

/// No daemon runs, and nothing else can do it.
#[derive(Debug, thiserror::Error)]
#[error(
    "no daemon runs with the state directory {}: start it with `wecom run`; jobs run there", .home.display()
)]
pub(super) struct Unreached {
    home: PathBuf,
}

/// The jobs, and what belongs to asking for them.
#[derive(Debug)]
pub(super) struct Jobs {
    /// The configuration as the command reads it.
    pub(super) config: Config,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Daemon(Remote),
    Store { served: Served, _lock: HomeLock },
}

impl Jobs {
    pub(super) fn open(location: &Location, environment: &Environment) -> anyhow::Result<Self> {
        let config = surroundings::configuration(location, environment);
        let way = match daemon::find(&location.home) {
            Ok(contact) => Way::Daemon(Remote(contact)),
            Err(ContactError::NotRunning { .. }) => Self::store(location, &config)?,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { config, way })
    }

    fn store(location: &Location, config: &Config) -> anyhow::Result<Way> {
        let lock = HomeLock::acquire(&location.home)?;
        let database = location.home.join("state.db");
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&database)?);
        let clock = SystemClock::shared();
        let live = LiveConfig::new(config.clone());
        let desk = Desk::new(store.clone(), live.clone(), clock.clone());
        let file = config.cron.store.clone();
        let mirror = Mirror::new(file, desk.clone(), store.clone(), clock.clone());
        let served = Served {
            desk,
            mirror: Arc::new(mirror),
            scheduler: None,
            store,
            database,
            config: live,
            clock,
        };
        Ok(Way::Store {
            served,
            _lock: lock,
        })
    }

    /// The same, if a daemon answers.
    pub(super) fn of_daemon(self, location: &Location) -> anyhow::Result<Self> {
        match self.way {
            Way::Daemon(_) => Ok(self),
            Way::Store { .. } => Err(Unreached {
                home: location.home.clone(),
            }
            .into()),
        }
    }

    pub(super) fn service(&self) -> &dyn CronService {
        match &self.way {
            Way::Daemon(remote) => remote,
            Way::Store { served, .. } => served,
        }
    }

    /// After a change: the daemon writes the job file by itself; without one it is written
    /// here. The change stands either way.
    pub(super) async fn settle(&self) {
        let Way::Store { served, .. } = &self.way else {
            return;
        };
        match served.mirror.write().await {
            Ok(imported) if imported.is_empty() => {}
            Ok(imported) => print::note(&format!("note: the job file was edited: {imported}")),
            Err(error) => print::note(&format!("warning: {error}")),
        }
        print::note("note: no daemon runs; jobs run while `wecom run` does");
    }
}
