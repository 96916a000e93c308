//! All accounts side by side: started, reloaded and stopped one by one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::account::{AccountState, AccountStatus, Change, RunningAccount, Shared, of_idle};
use super::bots::Registry;
use super::media::inbound::DownloadSlots;
use super::outbound::Planner;
use super::outbound::doors::{ApiDoor, SocketDoor};
use super::pairing::Pairings;
use super::surroundings::Surroundings;
use super::webhook::{self, Desk};
use crate::agent::openclaw::link::Link;
use crate::agent::{Agent, AgentServices, AgentTools, Agents, McpDoor, NoTools};
use crate::config::{Account, AgentsSettings, Config};
use crate::ids::AccountId;
use crate::store::{RouteStore, StoreError};
use crate::wecom::bot::Bots;

/// Turns that may run at the same time in the whole process. Each holds a few kilobytes
/// and whatever its agent needs; more than this wait for a place.
const MAX_RUNNING_TURNS: usize = 1_024;

/// How long the turns of an account may go on that is gone from the configuration.
const REPLACE_DRAIN: Duration = Duration::from_secs(30);

/// The runtime of all accounts. Methods may be called from anywhere; changes are applied
/// one after another.
#[derive(Debug)]
pub struct Runtime {
    shared: Shared,
    backends: Backends,
    agents: watch::Sender<Arc<Agents>>,
    slots: Mutex<BTreeMap<AccountId, Slot>>,
}

/// Where agents come from.
#[derive(Debug, Clone, Default)]
pub enum Backends {
    /// From the configuration.
    #[default]
    Configured,
    /// From the configuration, with tools.
    Equipped {
        /// For back ends without a tool client of their own.
        tools: Arc<dyn AgentTools>,
        /// For those that have one.
        mcp: Option<Arc<dyn McpDoor>>,
        /// The way to the plugin inside of OpenClaw.
        openclaw: Link,
    },
    /// This one answers everything: for programs that bring their own.
    Only(Arc<dyn Agent>),
}

/// A runtime whose accounts are not started yet: what is made for them needs its ways out.
#[derive(Debug)]
pub struct Prepared {
    shared: Shared,
    agents: watch::Sender<Arc<Agents>>,
}

/// An account as configured, and its tasks if it runs.
#[derive(Debug)]
struct Slot {
    settings: Arc<Account>,
    running: RunningAccount,
    /// Why it could not be started although its configuration seemed right.
    failure: Option<String>,
}

/// What applying a configuration did, by account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Same settings as before.
    pub unchanged: Vec<AccountId>,
    /// New settings in use, same connection.
    pub updated: Vec<AccountId>,
    /// Connection replaced.
    pub reconnected: Vec<AccountId>,
    /// Runs now.
    pub started: Vec<AccountId>,
    /// No longer runs.
    pub stopped: Vec<AccountId>,
}

/// Why an account can't be resumed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError {
    /// No such account.
    #[error("unknown account `{id}`; known accounts: {known}")]
    Unknown {
        /// As asked.
        id: AccountId,
        /// Those there are, or "none".
        known: String,
    },
    /// It is not meant to run.
    #[error("account `{0}` does not run: it is disabled or not configured")]
    NotRunning(AccountId),
}

impl Prepared {
    /// Reads what the accounts need to start.
    ///
    /// # Errors
    /// The approved pairings can't be read: without them nobody could be told from a
    /// stranger.
    pub async fn new(surroundings: Surroundings) -> Result<Self, StoreError> {
        let (agents, agents_seen) = watch::channel(Arc::default());
        let Surroundings {
            config,
            store,
            clock,
            media,
            user_home,
        } = surroundings;
        let pairings = Pairings::load(store.clone(), clock.clone()).await?;
        let bots: Arc<Registry> = Arc::default();
        let apps = Arc::new(ApiDoor::new(
            config.clone(),
            media.clone(),
            clock.clone(),
            user_home.clone(),
        ));
        let routes: Arc<dyn RouteStore> = store.clone();
        let door = Arc::new(SocketDoor::new(bots.clone()));
        let planner = Planner::new(config.clone(), routes, door, apps.clone());
        let shared = Shared {
            config,
            store,
            clock,
            agents: agents_seen,
            bots,
            desk: Arc::<Desk>::default(),
            planner: Arc::new(planner),
            apps,
            questions: Arc::default(),
            pairings: Arc::new(pairings),
            media,
            downloads: DownloadSlots::default(),
            user_home,
            turns: Arc::new(Semaphore::new(MAX_RUNNING_TURNS)),
        };
        Ok(Self { shared, agents })
    }

    /// The bots of the accounts, once they run.
    pub fn bots(&self) -> Arc<dyn Bots> {
        let bots: Arc<Registry> = self.shared.bots.clone();
        bots
    }

    /// Sending of our own accord, over the bots that will run.
    pub fn planner(&self) -> Arc<Planner> {
        self.shared.planner.clone()
    }

    /// The agents of the configuration in use; none before the start.
    pub fn agents(&self) -> watch::Receiver<Arc<Agents>> {
        self.shared.agents.clone()
    }

    /// Starts every account that can run.
    pub async fn start(self, backends: Backends) -> Runtime {
        let initial = self.shared.config.get();
        let runtime = Runtime {
            shared: self.shared,
            backends,
            agents: self.agents,
            slots: Mutex::default(),
        };
        runtime.apply(&initial).await;
        runtime
    }
}

impl Runtime {
    /// Prepares the accounts and starts every one that can run.
    ///
    /// # Errors
    /// As [`Prepared::new`].
    pub async fn start(surroundings: Surroundings, backends: Backends) -> Result<Self, StoreError> {
        Ok(Prepared::new(surroundings).await?.start(backends).await)
    }

    /// Makes the accounts what `config` says. An account whose connection settings are the
    /// same keeps its connection.
    pub async fn apply(&self, config: &Config) -> Applied {
        let agents = match &self.backends {
            Backends::Configured => {
                self.configured(&config.agents, Arc::new(NoTools), None, Link::default())
            }
            Backends::Equipped {
                tools,
                mcp,
                openclaw,
            } => self.configured(&config.agents, tools.clone(), mcp.clone(), openclaw.clone()),
            Backends::Only(agent) => Agents::only(agent.clone()),
        };
        self.agents.send_replace(Arc::new(agents));
        self.shared.config.replace(config.clone());
        let mut slots = self.slots.lock().await;
        let mut applied = Applied::default();
        let mut gone: Vec<(AccountId, Slot)> = Vec::new();
        for id in slots.keys().cloned().collect::<Vec<_>>() {
            if !config.accounts.contains_key(&id)
                && let Some(slot) = slots.remove(&id)
            {
                gone.push((id, slot));
            }
        }
        for (id, slot) in gone {
            if slot.running.runs() {
                let hurry = CancellationToken::new();
                slot.running.stop(REPLACE_DRAIN, &hurry).await;
                applied.stopped.push(id);
            }
        }
        for (id, account) in &config.accounts {
            let previous = slots.remove(id);
            let slot = self
                .replace(previous, Arc::new(account.clone()), &mut applied)
                .await;
            slots.insert(id.clone(), slot);
        }
        applied
    }

    fn configured(
        &self,
        settings: &AgentsSettings,
        tools: Arc<dyn AgentTools>,
        mcp: Option<Arc<dyn McpDoor>>,
        openclaw: Link,
    ) -> Agents {
        let Shared {
            config,
            store,
            clock,
            ..
        } = &self.shared;
        let services = AgentServices {
            config: config.clone(),
            store: store.clone(),
            clock: clock.clone(),
            tools,
            mcp,
            openclaw,
        };
        let earlier = self.agents.borrow().clone();
        Agents::from_settings(settings, &services, &earlier)
    }

    async fn replace(
        &self,
        previous: Option<Slot>,
        settings: Arc<Account>,
        applied: &mut Applied,
    ) -> Slot {
        let id = settings.id.clone();
        let (old, mut running) = match previous {
            // One that could not be started is tried again.
            Some(slot) if slot.failure.is_none() => (Some(slot.settings), slot.running),
            Some(slot) => (None, slot.running),
            None => (None, RunningAccount::default()),
        };
        let change = running.apply(old.as_deref(), &settings, &self.shared).await;
        let failure = match change {
            Ok(change) => {
                let list = match change {
                    Change::Unchanged => &mut applied.unchanged,
                    Change::Updated => &mut applied.updated,
                    Change::Started => &mut applied.started,
                    Change::Stopped => &mut applied.stopped,
                    Change::Reconnected => &mut applied.reconnected,
                };
                list.push(id);
                None
            }
            Err(error) => {
                let failure = error.to_string();
                tracing::error!(account = %id, %failure, "the account could not be started");
                applied.started.push(id);
                Some(failure)
            }
        };
        Slot {
            settings,
            running,
            failure,
        }
    }

    /// The bots of the accounts that run, now and later.
    pub fn bots(&self) -> Arc<dyn Bots> {
        let bots: Arc<Registry> = self.shared.bots.clone();
        bots
    }

    /// Sending of our own accord, over the bots that run and the agent apps of the
    /// configuration.
    pub fn planner(&self) -> Arc<Planner> {
        self.shared.planner.clone()
    }

    /// The routes that WeCom calls.
    pub fn callbacks(&self) -> axum::Router {
        let Shared {
            desk,
            config,
            clock,
            ..
        } = &self.shared;
        webhook::router(desk.clone(), config.clone(), clock.clone())
    }

    /// Who was let in by pairing, and who asks to be.
    pub fn pairings(&self) -> &Arc<Pairings> {
        &self.shared.pairings
    }

    /// The status of every account, in order of id.
    pub async fn status(&self) -> Vec<AccountStatus> {
        self.slots.lock().await.values().map(Slot::status).collect()
    }

    /// Lets a parked account (kicked, refused) try again.
    pub async fn resume(&self, id: &AccountId) -> Result<(), ResumeError> {
        let slots = self.slots.lock().await;
        let Some(slot) = slots.get(id) else {
            let known = slots
                .keys()
                .map(AccountId::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known
            };
            return Err(ResumeError::Unknown {
                id: id.clone(),
                known,
            });
        };
        if !slot.running.resume() {
            return Err(ResumeError::NotRunning(id.clone()));
        }
        tracing::info!(account = %id, "resumed by the operator");
        Ok(())
    }

    /// Ends all accounts side by side: no new work, running turns get until `drain` is over
    /// or `hurry` is cancelled. Returns how many messages were left to the next start.
    pub async fn shutdown(&self, drain: Duration, hurry: &CancellationToken) -> usize {
        let slots = std::mem::take(&mut *self.slots.lock().await);
        let running = slots.into_values().map(|slot| slot.running);
        let stops = running.map(|running| async move { running.stop(drain, hurry).await });
        futures_util::future::join_all(stops)
            .await
            .into_iter()
            .sum()
    }
}

impl Slot {
    fn status(&self) -> AccountStatus {
        if self.running.runs() && self.failure.is_none() {
            return self.running.status(&self.settings);
        }
        let status = of_idle(&self.settings);
        match &self.failure {
            Some(failure) => AccountStatus {
                state: AccountState::ConfigError,
                last_error: Some(failure.clone()),
                ..status
            },
            None => status,
        }
    }
}
