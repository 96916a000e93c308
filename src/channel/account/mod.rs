//! One account at work: its connection, its intake, its mailboxes.

mod event;
mod fetch;
mod gate;
mod intake;
mod media;
mod notice;
mod outlet;
mod recovery;
mod status;
mod worker;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::bots::Registry;
use super::mailbox::Mailboxes;
use super::media::inbound::DownloadSlots;
use super::outbound::Budgets;
use super::outbound::doors::BotLine;
use super::pairing::Pairings;
use super::policy::Refusal;
use super::throttle::Throttle;
use crate::agent::Agents;
use crate::clock::SharedClock;
use crate::config::{Account, BotSocket, LiveConfig};
use crate::egress::EgressError;
use crate::files::MediaStore;
use crate::ids::{AccountId, Chat, MessageId, UserId};
use crate::store::Store;
use crate::task;
use crate::wecom::bot::{BotClient, BotSettings, SettingsError};

use media::{MediaWays, PlannedMedia, Ways};
use status::Activity;
pub(super) use status::of_idle;
pub use status::{AccountState, AccountStatus};

/// A refused sender shows up in the log once in this time, per reason.
const REFUSAL_LOG_INTERVAL: Duration = Duration::from_mins(1);

/// A chat that no agent answers is told so once in this time.
const UNROUTED_INTERVAL: Duration = Duration::from_hours(1);

/// A sender who may not command is told so once in this time.
const FORBIDDEN_INTERVAL: Duration = Duration::from_secs(10);

/// For how long a command that is pushed again is known. WeCom repeats a push within seconds.
const REPEAT_INTERVAL: Duration = Duration::from_hours(1);

/// What every account shares with the others.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    /// The configuration in use, of all accounts.
    pub(super) config: LiveConfig,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: SharedClock,
    pub(super) agents: watch::Receiver<Arc<Agents>>,
    /// Where other rooms find the bots.
    pub(super) bots: Arc<Registry>,
    /// Who was let in by pairing.
    pub(super) pairings: Arc<Pairings>,
    /// Where files are kept that people send.
    pub(super) media: MediaStore,
    /// Downloads that may run at the same time, over all accounts.
    pub(super) downloads: DownloadSlots,
    /// What `~/` stands for in names of files.
    pub(super) user_home: Option<PathBuf>,
    /// Turns that may run at the same time, over all accounts.
    pub(super) turns: Arc<Semaphore>,
}

/// Why an account does not start.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// A certificate or key of the configuration can't be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// There is no way to WeCom's HTTP servers.
    #[error(transparent)]
    Egress(#[from] EgressError),
}

/// An account whose tasks run.
#[derive(Debug)]
pub(super) struct RunningAccount {
    core: Arc<Core>,
}

/// What the tasks of an account work with.
#[derive(Debug)]
struct Core {
    id: AccountId,
    settings: RwLock<Arc<Account>>,
    client: BotClient,
    /// Files, in and out.
    ways: Arc<Ways>,
    shared: Shared,
    mailboxes: Mailboxes,
    budgets: Arc<Budgets>,
    refusals: Throttle<(UserId, Refusal)>,
    /// Chats that nobody answers were told so lately.
    unrouted: Throttle<Chat>,
    /// Who was refused a command was told so lately.
    forbidden: Throttle<UserId>,
    /// Commands that were obeyed, or refused, lately.
    obeyed: Throttle<MessageId>,
    activity: Activity,
    tracker: TaskTracker,
    /// Stops beginning new work.
    soft_stop: CancellationToken,
    /// Ends the work at hand.
    hard_stop: CancellationToken,
}

impl RunningAccount {
    /// Connects an account and takes up what was left open.
    ///
    /// # Errors
    ///
    /// A certificate or key of the configuration can't be used.
    pub(super) fn start(
        settings: Arc<Account>,
        socket: &BotSocket,
        shared: Shared,
    ) -> Result<Self, StartError> {
        let tracker = TaskTracker::new();
        let hard_stop = CancellationToken::new();
        let bot = BotSettings::load(settings.id.clone(), socket)?;
        let budgets = Arc::<Budgets>::default();
        let (client, pushes) =
            BotClient::start(bot, shared.clock.clone(), &tracker, hard_stop.clone());
        let ways = MediaWays::new(&settings, client.clone(), budgets.clone(), &shared)?;
        let ways = Arc::new(Ways::new(ways));
        let line = BotLine {
            client: client.clone(),
            budgets: budgets.clone(),
            media: Arc::new(PlannedMedia(ways.clone())),
        };
        shared.bots.add(&settings.id, line);
        let core = Arc::new(Core {
            id: settings.id.clone(),
            activity: Activity::started(shared.clock.now_ms()),
            settings: RwLock::new(settings),
            ways,
            client,
            shared,
            mailboxes: Mailboxes::default(),
            budgets,
            refusals: Throttle::new(REFUSAL_LOG_INTERVAL),
            unrouted: Throttle::new(UNROUTED_INTERVAL),
            forbidden: Throttle::new(FORBIDDEN_INTERVAL),
            obeyed: Throttle::new(REPEAT_INTERVAL),
            tracker: tracker.clone(),
            soft_stop: CancellationToken::new(),
            hard_stop,
        });
        let (id, bots, state) = (
            core.id.clone(),
            core.shared.bots.clone(),
            core.client.state(),
        );
        task::spawn(&tracker, "bot changes", async move {
            bots.follow(&id, state).await;
        });
        let intake = core.clone();
        task::spawn(&tracker, "intake", async move {
            recovery::take_up(&intake).await;
            intake::run(intake, pushes).await;
        });
        Ok(Self { core })
    }

    /// Applies settings that need no new connection; running turns finish with the old.
    pub(super) fn update(&self, settings: Arc<Account>) {
        let core = &self.core;
        let old = core.settings();
        if (&old.media, &old.network) != (&settings.media, &settings.network) {
            let (client, budgets) = (core.client.clone(), core.budgets.clone());
            match MediaWays::new(&settings, client, budgets, &core.shared) {
                Ok(ways) => core.ways.replace(ways),
                Err(error) => tracing::error!(
                    account = %core.id,
                    error = &error as &dyn std::error::Error,
                    "the new settings of media can't be used; the old ones stay"
                ),
            }
        }
        *self
            .core
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// Lets a parked connection (kicked, refused) try again.
    pub(super) fn resume(&self) {
        self.core.client.resume();
    }

    /// What the account is doing.
    pub(super) fn status(&self) -> AccountStatus {
        let core = &self.core;
        let connection = core.client.state().borrow().clone();
        status::of_running(
            &core.settings(),
            &connection,
            &core.activity,
            core.mailboxes.waiting(),
        )
    }

    /// Stops taking up work, gives running turns until `drain` is over or `hurry` is
    /// cancelled, then ends them. Returns how many messages were left to the next start.
    pub(super) async fn stop(&self, drain: Duration, hurry: &CancellationToken) -> usize {
        let core = &self.core;
        core.soft_stop.cancel();
        tokio::select! {
            () = core.activity.idle() => {}
            () = tokio::time::sleep(drain) => {}
            () = hurry.cancelled() => {}
        }
        let left = core.mailboxes.waiting() + core.activity.running();
        if left > 0 {
            tracing::warn!(account = %core.id, messages = left, "messages are left to the next start");
        }
        // In this order: an answer that waits for the connection is left to the next start,
        // not given up because the connection is closed.
        core.hard_stop.cancel();
        core.shared.bots.remove(&core.id);
        core.client.close().await;
        core.tracker.close();
        core.tracker.wait().await;
        left
    }
}

/// Starts a task of an account.
fn spawn(core: &Arc<Core>, name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
    task::spawn(&core.tracker, name, future.in_current_span());
}

impl Core {
    fn settings(&self) -> Arc<Account> {
        self.settings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
