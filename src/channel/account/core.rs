//! What the tasks of one seat of an account work with.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::seat::Seat;
use super::status::Activity;
use super::ways::Ways;
use crate::agent::Agents;
use crate::channel::bots::Registry;
use crate::channel::mailbox::Mailboxes;
use crate::channel::media::inbound::DownloadSlots;
use crate::channel::outbound::Planner;
use crate::channel::outbound::doors::ApiDoor;
use crate::channel::pairing::Pairings;
use crate::channel::policy::Refusal;
use crate::channel::questions::Questions;
use crate::channel::throttle::Throttle;
use crate::channel::webhook::Desk;
use crate::clock::SharedClock;
use crate::config::{Account, LiveConfig};
use crate::egress::EgressError;
use crate::files::MediaStore;
use crate::ids::{AccountId, BotId, Chat, MessageId, UserId};
use crate::store::Store;
use crate::task;
use crate::wecom::bot::SettingsError;

/// A refused sender shows up in the log once in this time, per reason.
const REFUSAL_LOG_INTERVAL: Duration = Duration::from_mins(1);

/// A chat that no agent answers is told so once in this time.
const UNROUTED_INTERVAL: Duration = Duration::from_hours(1);

/// A sender who may not command is told so once in this time.
const FORBIDDEN_INTERVAL: Duration = Duration::from_secs(10);

/// For how long a command that is pushed again is known. WeCom repeats a push within seconds.
const REPEAT_INTERVAL: Duration = Duration::from_hours(1);

/// A callback that names another bot shows up in the log once in this time.
const OTHER_BOT_INTERVAL: Duration = Duration::from_hours(1);

/// What every account shares with the others.
#[derive(Debug, Clone)]
pub(in crate::channel) struct Shared {
    /// The configuration in use, of all accounts.
    pub(in crate::channel) config: LiveConfig,
    pub(in crate::channel) store: Arc<dyn Store>,
    pub(in crate::channel) clock: SharedClock,
    pub(in crate::channel) agents: watch::Receiver<Arc<Agents>>,
    /// Where other rooms find the bots.
    pub(in crate::channel) bots: Arc<Registry>,
    /// Where WeCom's callbacks find the accounts.
    pub(in crate::channel) desk: Arc<Desk>,
    /// Sending of our own accord: the way of answers that no other can take.
    pub(in crate::channel) planner: Arc<Planner>,
    /// The agent apps of all accounts.
    pub(in crate::channel) apps: Arc<ApiDoor>,
    /// What running turns ask the members that they answer.
    pub(in crate::channel) questions: Arc<Questions>,
    /// Who was let in by pairing.
    pub(in crate::channel) pairings: Arc<Pairings>,
    /// Where files are kept that people send.
    pub(in crate::channel) media: MediaStore,
    /// Downloads that may run at the same time, over all accounts.
    pub(in crate::channel) downloads: DownloadSlots,
    /// What `~/` stands for in names of files.
    pub(in crate::channel) user_home: Option<PathBuf>,
    /// Turns that may run at the same time, over all accounts.
    pub(in crate::channel) turns: Arc<Semaphore>,
}

/// Why an account does not start.
#[derive(Debug, thiserror::Error)]
pub(in crate::channel) enum StartError {
    /// A certificate or key of the configuration can't be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// There is no way to WeCom's HTTP servers.
    #[error(transparent)]
    Egress(#[from] EgressError),
}

/// What the tasks of a seat work with.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) id: AccountId,
    settings: RwLock<Arc<Account>>,
    ways: RwLock<Arc<Ways>>,
    pub(super) seat: Arc<dyn Seat>,
    pub(super) shared: Shared,
    pub(super) mailboxes: Mailboxes,
    pub(super) refusals: Throttle<(UserId, Refusal)>,
    /// Chats that nobody answers were told so lately.
    pub(super) unrouted: Throttle<Chat>,
    /// Who was refused a command was told so lately.
    pub(super) forbidden: Throttle<UserId>,
    /// Commands that were obeyed, or refused, lately.
    pub(super) obeyed: Throttle<MessageId>,
    /// Bots that a callback named in place of the configured one, lately.
    pub(super) other_bots: Throttle<BotId>,
    pub(super) activity: Activity,
    pub(super) tracker: TaskTracker,
    /// Stops beginning new work.
    pub(super) soft_stop: CancellationToken,
    /// Ends the work at hand.
    pub(super) hard_stop: CancellationToken,
}

impl Core {
    /// For a seat whose connection, if it has one, ends with `hard_stop` and runs on
    /// `tracker`.
    pub(super) fn new(
        settings: Arc<Account>,
        ways: Ways,
        seat: Arc<dyn Seat>,
        shared: Shared,
        tracker: TaskTracker,
        hard_stop: CancellationToken,
    ) -> Self {
        Self {
            id: settings.id.clone(),
            activity: Activity::started(shared.clock.now_ms()),
            settings: RwLock::new(settings),
            ways: RwLock::new(Arc::new(ways)),
            seat,
            shared,
            mailboxes: Mailboxes::default(),
            refusals: Throttle::new(REFUSAL_LOG_INTERVAL),
            unrouted: Throttle::new(UNROUTED_INTERVAL),
            forbidden: Throttle::new(FORBIDDEN_INTERVAL),
            obeyed: Throttle::new(REPEAT_INTERVAL),
            other_bots: Throttle::new(OTHER_BOT_INTERVAL),
            tracker,
            soft_stop: CancellationToken::new(),
            hard_stop,
        }
    }

    /// The account as its seat sees it.
    pub(super) fn settings(&self) -> Arc<Account> {
        self.settings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The ways in use. Hold them for one piece of work.
    pub(super) fn ways(&self) -> Arc<Ways> {
        self.ways
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Applies settings that need no new connection; running turns finish with the old.
    pub(super) fn update(&self, settings: Arc<Account>) {
        let old = self.settings();
        if (&old.media, &old.network) != (&settings.media, &settings.network) {
            match Ways::new(&settings, &self.shared) {
                Ok(ways) => {
                    *self.ways.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ways);
                }
                Err(error) => tracing::error!(
                    account = %self.id,
                    error = &error as &dyn std::error::Error,
                    "the new settings of media can't be used; the old ones stay"
                ),
            }
        }
        *self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner) = settings;
        self.seat.updated(self);
    }
}

/// Starts a task of a seat.
pub(super) fn spawn(
    core: &Arc<Core>,
    name: &'static str,
    future: impl Future<Output = ()> + Send + 'static,
) {
    task::spawn(&core.tracker, name, future.in_current_span());
}
