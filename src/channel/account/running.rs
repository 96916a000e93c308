//! The seats of an account: started, changed and stopped one by one.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::app::{AppSeat, seen_by_app};
use super::hook::HookSeat;
use super::seat::Seat;
use super::socket::SocketSeat;
use super::status::{self, AccountStatus};
use super::ways::Ways;
use super::{Core, Shared, StartError, frames, recovery};
use crate::config::{Account, BotSocket};
use crate::task;
use crate::wecom::bot::{BotClient, BotSettings};

/// How long the turns of a seat may go on when it has to be replaced.
const REPLACE_DRAIN: Duration = Duration::from_secs(30);

/// What an account runs; nothing at first.
#[derive(Debug, Default)]
pub(in crate::channel) struct RunningAccount {
    bot: Option<RunningBot>,
    app: Option<Arc<Core>>,
}

/// A bot at work.
#[derive(Debug)]
enum RunningBot {
    Socket {
        core: Arc<Core>,
        seat: Arc<SocketSeat>,
        settings: BotSocket,
    },
    Webhook(Arc<Core>),
}

/// What new settings did to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::channel) enum Change {
    /// Nothing.
    Unchanged,
    /// Another way of doing the same.
    Updated,
    /// A seat is there that was not.
    Started,
    /// A seat is gone.
    Stopped,
    /// A connection was replaced.
    Reconnected,
}

impl RunningAccount {
    /// Makes the seats what `settings` say; a seat whose connection settings are the same
    /// keeps its connection. `old` are the settings until now.
    ///
    /// # Errors
    /// A certificate or key of the configuration can't be used: the seats from there on are
    /// not started.
    pub(in crate::channel) async fn apply(
        &mut self,
        old: Option<&Account>,
        settings: &Arc<Account>,
        shared: &Shared,
    ) -> Result<Change, StartError> {
        if old == Some(settings) {
            return Ok(Change::Unchanged);
        }
        let on = settings.enabled;
        let socket = settings.bot_socket.as_ref().filter(|_| on);
        let webhook = settings.bot_webhook.as_ref().filter(|_| on);
        let kept = match &self.bot {
            Some(RunningBot::Socket { settings, .. }) => socket == Some(settings),
            Some(RunningBot::Webhook(_)) => webhook.is_some() && socket.is_none(),
            None => false,
        };
        let mut change = Change::Unchanged;
        if kept {
            if let Some(bot) = &self.bot {
                bot.core().update(settings.clone());
            }
            change = Change::Updated;
        } else {
            let before = self.bot.take();
            if let Some(bot) = &before {
                bot.stop(REPLACE_DRAIN, &CancellationToken::new()).await;
            }
            let after = if let Some(socket) = socket {
                Some(RunningBot::connect(settings.clone(), socket, shared)?)
            } else if webhook.is_some() {
                Some(RunningBot::listen(settings.clone(), shared)?)
            } else {
                None
            };
            change = change.max(of_seat(before.is_some(), after.is_some()));
            self.bot = after;
        }
        change = change.max(self.apply_app(settings, shared).await?);
        if change == Change::Unchanged && old.is_some() && self.runs() {
            change = Change::Updated;
        }
        Ok(change)
    }

    async fn apply_app(
        &mut self,
        settings: &Arc<Account>,
        shared: &Shared,
    ) -> Result<Change, StartError> {
        let receives = |account: &Account| {
            let app = account.agent_app.as_ref();
            account.enabled && app.is_some_and(|app| app.receive.is_some())
        };
        let wanted = receives(settings);
        if let Some(core) = self.app.as_ref().filter(|_| wanted) {
            core.update(Arc::new(seen_by_app(settings)));
            return Ok(Change::Updated);
        }
        let before = self.app.take();
        if let Some(core) = &before {
            stop(core, REPLACE_DRAIN, &CancellationToken::new()).await;
        }
        if wanted {
            self.app = Some(start_app(settings, shared)?);
        }
        Ok(of_seat(before.is_some(), wanted))
    }

    /// Whether anything runs.
    pub(in crate::channel) fn runs(&self) -> bool {
        self.bot.is_some() || self.app.is_some()
    }

    /// Lets a parked connection (kicked, refused) try again. Whether there is a connection.
    pub(in crate::channel) fn resume(&self) -> bool {
        match &self.bot {
            Some(RunningBot::Socket { seat, .. }) => {
                seat.client().resume();
                true
            }
            _ => false,
        }
    }

    /// What the account is doing.
    pub(in crate::channel) fn status(&self, settings: &Account) -> AccountStatus {
        let connection = match &self.bot {
            Some(RunningBot::Socket { seat, .. }) => Some(seat.client().state().borrow().clone()),
            _ => None,
        };
        let bot = self.bot.as_ref().map(|bot| &**bot.core());
        let app = self.app.as_deref();
        let cores: Vec<&Core> = bot.into_iter().chain(app).collect();
        status::of_running(settings, connection.as_ref(), &cores)
    }

    /// Stops taking up work, gives running turns until `drain` is over or `hurry` is
    /// cancelled, then ends them. Returns how many messages were left to the next start.
    pub(in crate::channel) async fn stop(
        &self,
        drain: Duration,
        hurry: &CancellationToken,
    ) -> usize {
        let bot = async {
            match &self.bot {
                Some(bot) => bot.stop(drain, hurry).await,
                None => 0,
            }
        };
        let app = async {
            match &self.app {
                Some(core) => stop(core, drain, hurry).await,
                None => 0,
            }
        };
        let (bot, app) = tokio::join!(bot, app);
        bot + app
    }
}

fn of_seat(before: bool, after: bool) -> Change {
    match (before, after) {
        (false, false) => Change::Unchanged,
        (false, true) => Change::Started,
        (true, false) => Change::Stopped,
        (true, true) => Change::Reconnected,
    }
}

impl RunningBot {
    fn connect(
        settings: Arc<Account>,
        socket: &BotSocket,
        shared: &Shared,
    ) -> Result<Self, StartError> {
        let tracker = TaskTracker::new();
        let hard_stop = CancellationToken::new();
        let ways = Ways::new(&settings, shared)?;
        let bot = BotSettings::load(settings.id.clone(), socket)?;
        let (client, pushes) =
            BotClient::start(bot, shared.clock.clone(), &tracker, hard_stop.clone());
        let seat = Arc::new(SocketSeat::new(client.clone(), &ways));
        shared.bots.add(&settings.id, seat.line());
        let core = Core::new(
            settings,
            ways,
            seat.clone(),
            shared.clone(),
            tracker,
            hard_stop,
        );
        let core = Arc::new(core);
        let (id, bots) = (core.id.clone(), shared.bots.clone());
        task::spawn(&core.tracker, "bot changes", async move {
            bots.follow(&id, client.state()).await;
        });
        let intake = core.clone();
        task::spawn(&core.tracker, "intake", async move {
            recovery::take_up(&intake).await;
            frames::work_off(intake, pushes).await;
        });
        Ok(Self::Socket {
            core,
            seat,
            settings: socket.clone(),
        })
    }

    fn listen(settings: Arc<Account>, shared: &Shared) -> Result<Self, StartError> {
        let seat = Arc::new(HookSeat::default());
        let core = begin(settings, seat.clone(), shared)?;
        let opening = core.clone();
        task::spawn(&core.tracker, "recovery", async move {
            // First, so that answers of before are there when WeCom asks for them.
            recovery::take_up(&opening).await;
            seat.open(&opening);
        });
        Ok(Self::Webhook(core))
    }

    fn core(&self) -> &Arc<Core> {
        match self {
            Self::Socket { core, .. } | Self::Webhook(core) => core,
        }
    }

    async fn stop(&self, drain: Duration, hurry: &CancellationToken) -> usize {
        stop(self.core(), drain, hurry).await
    }
}

fn start_app(settings: &Account, shared: &Shared) -> Result<Arc<Core>, StartError> {
    let seat = Arc::new(AppSeat::default());
    let core = begin(Arc::new(seen_by_app(settings)), seat.clone(), shared)?;
    let opening = core.clone();
    task::spawn(&core.tracker, "recovery", async move {
        recovery::take_up(&opening).await;
        seat.open(&opening);
    });
    Ok(core)
}

/// A seat that has no connection of its own.
fn begin(
    settings: Arc<Account>,
    seat: Arc<dyn Seat>,
    shared: &Shared,
) -> Result<Arc<Core>, StartError> {
    let ways = Ways::new(&settings, shared)?;
    let (tracker, hard_stop) = (TaskTracker::new(), CancellationToken::new());
    let core = Core::new(settings, ways, seat, shared.clone(), tracker, hard_stop);
    Ok(Arc::new(core))
}

/// Stops a seat as [`RunningAccount::stop`] says.
async fn stop(core: &Core, drain: Duration, hurry: &CancellationToken) -> usize {
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
    // In this order: an answer that waits for the connection is left to the next start, not
    // given up because the connection is closed.
    core.hard_stop.cancel();
    core.seat.close(core).await;
    core.tracker.close();
    core.tracker.wait().await;
    left
}
