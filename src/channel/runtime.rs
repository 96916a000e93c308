//! All accounts side by side: started, reloaded and stopped one by one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::account::{AccountState, AccountStatus, RunningAccount, Shared, of_idle};
use super::bots::Registry;
use super::media::inbound::DownloadSlots;
use super::outbound::doors::BotLines;
use super::pairing::Pairings;
use super::surroundings::Surroundings;
use crate::agent::{Agent, Agents};
use crate::config::{Account, Config};
use crate::ids::AccountId;
use crate::store::StoreError;
use crate::wecom::bot::Bots;

/// Turns that may run at the same time in the whole process. Each holds a few kilobytes
/// and whatever its agent needs; more than this wait for a place.
const MAX_RUNNING_TURNS: usize = 1_024;

/// How long the turns of an account may go on when its connection has to be replaced.
const RECONNECT_DRAIN: Duration = Duration::from_secs(30);

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
    /// This one answers everything: for programs that bring their own.
    Only(Arc<dyn Agent>),
}

/// An account as configured, and its tasks if it runs.
#[derive(Debug)]
struct Slot {
    settings: Arc<Account>,
    running: Option<RunningAccount>,
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

impl Runtime {
    /// Starts every account that can run.
    ///
    /// # Errors
    /// The approved pairings can't be read: without them nobody could be told from a
    /// stranger.
    pub async fn start(surroundings: Surroundings, backends: Backends) -> Result<Self, StoreError> {
        let (agents, agents_seen) = watch::channel(Arc::default());
        let Surroundings {
            config,
            store,
            clock,
            media,
            user_home,
        } = surroundings;
        let pairings = Pairings::load(store.clone(), clock.clone()).await?;
        let initial = config.get();
        let shared = Shared {
            config,
            store,
            clock,
            agents: agents_seen,
            bots: Arc::default(),
            pairings: Arc::new(pairings),
            media,
            downloads: DownloadSlots::default(),
            user_home,
            turns: Arc::new(Semaphore::new(MAX_RUNNING_TURNS)),
        };
        let runtime = Self {
            shared,
            backends,
            agents,
            slots: Mutex::default(),
        };
        runtime.apply(&initial).await;
        Ok(runtime)
    }

    /// Makes the accounts what `config` says. An account whose connection settings are the
    /// same keeps its connection.
    pub async fn apply(&self, config: &Config) -> Applied {
        let agents = match &self.backends {
            Backends::Configured => Agents::from_settings(&config.agents),
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
            if let Some(running) = slot.running {
                running
                    .stop(RECONNECT_DRAIN, &CancellationToken::new())
                    .await;
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

    async fn replace(
        &self,
        previous: Option<Slot>,
        settings: Arc<Account>,
        applied: &mut Applied,
    ) -> Slot {
        let id = settings.id.clone();
        let wanted = settings.bot_socket.as_ref().filter(|_| settings.enabled);
        let running =
            previous.and_then(|slot| slot.running.map(|running| (slot.settings, running)));
        match (running, wanted) {
            (Some((old, running)), Some(wanted)) if old.bot_socket.as_ref() == Some(wanted) => {
                if old == settings {
                    applied.unchanged.push(id);
                } else {
                    running.update(settings.clone());
                    applied.updated.push(id);
                }
                Slot {
                    settings,
                    running: Some(running),
                    failure: None,
                }
            }
            (Some((_, running)), wanted) => {
                running
                    .stop(RECONNECT_DRAIN, &CancellationToken::new())
                    .await;
                if wanted.is_some() {
                    applied.reconnected.push(id);
                } else {
                    applied.stopped.push(id);
                }
                self.start_account(settings)
            }
            (None, Some(_)) => {
                applied.started.push(id);
                self.start_account(settings)
            }
            (None, None) => {
                applied.unchanged.push(id);
                Slot {
                    settings,
                    running: None,
                    failure: None,
                }
            }
        }
    }

    fn start_account(&self, settings: Arc<Account>) -> Slot {
        let wanted = settings.bot_socket.as_ref().filter(|_| settings.enabled);
        let started = wanted
            .map(|socket| RunningAccount::start(settings.clone(), socket, self.shared.clone()))
            .transpose();
        match started {
            Ok(running) => Slot {
                settings,
                running,
                failure: None,
            },
            Err(error) => {
                let failure = error.to_string();
                tracing::error!(account = %settings.id, %failure, "the account could not be started");
                Slot {
                    settings,
                    running: None,
                    failure: Some(failure),
                }
            }
        }
    }

    /// The bots of the accounts that run, now and later.
    pub fn bots(&self) -> Arc<dyn Bots> {
        let bots: Arc<Registry> = self.shared.bots.clone();
        bots
    }

    /// The bots that run, for sending of our own accord.
    pub fn bot_lines(&self) -> Arc<dyn BotLines> {
        let lines: Arc<Registry> = self.shared.bots.clone();
        lines
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
        let running = slot
            .running
            .as_ref()
            .ok_or_else(|| ResumeError::NotRunning(id.clone()))?;
        running.resume();
        tracing::info!(account = %id, "resumed by the operator");
        Ok(())
    }

    /// Ends all accounts side by side: no new work, running turns get until `drain` is over
    /// or `hurry` is cancelled. Returns how many messages were left to the next start.
    pub async fn shutdown(&self, drain: Duration, hurry: &CancellationToken) -> usize {
        let slots = std::mem::take(&mut *self.slots.lock().await);
        let running = slots.into_values().filter_map(|slot| slot.running);
        let stops = running.map(|running| async move { running.stop(drain, hurry).await });
        futures_util::future::join_all(stops)
            .await
            .into_iter()
            .sum()
    }
}

impl Slot {
    fn status(&self) -> AccountStatus {
        if let Some(running) = &self.running {
            return running.status();
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
