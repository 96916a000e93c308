//! What outlives a connection: turns, questions, and who is connected.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::frame::{FrameTooLong, FromPlugin, Hello, KnownTurn, ResumeTurn, ToPlugin, TurnEvent};
use super::inbox::{Inbox, Signal};
use crate::agent::ToolTurn;
use crate::ids::{Chat, UserId};

/// Frames that wait to be written. A gateway that leaves so many unread is dead.
pub(super) const QUEUE: usize = 1_024;

/// The daemon's end of the link. A copy is the same link.
#[derive(Debug, Clone, Default)]
pub struct Link(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Who is connected and was asked which turns it knows.
    ready: watch::Sender<Option<Gateway>>,
    /// Who is connected, asked or not.
    connected: Mutex<Option<Gateway>>,
    turns: Mutex<HashMap<String, Seated>>,
    /// Questions by id, and which connection each was asked on.
    asked: Mutex<HashMap<String, (u64, oneshot::Sender<FromPlugin>)>>,
    next: AtomicU64,
}

/// A turn as the link knows it.
#[derive(Debug, Clone)]
struct Seated {
    inbox: Arc<Inbox>,
    /// The connection that it runs on.
    epoch: u64,
    /// For whom it runs.
    turn: Arc<ToolTurn>,
}

/// A gateway that is connected. A copy is the same connection.
#[derive(Debug, Clone)]
pub struct Gateway {
    epoch: u64,
    about: Arc<About>,
    frames: mpsc::Sender<String>,
    ended: CancellationToken,
}

/// Who is connected.
#[derive(Debug)]
struct About {
    hello: Hello,
    since_ms: i64,
}

/// The connection is not there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link to OpenClaw is lost")]
pub struct Gone;

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The connection was lost.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// It took too long.
    #[error("OpenClaw did not answer within {} s", .0.as_secs())]
    Silent(Duration),
}

/// The link, for people and scripts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LinkStatus {
    /// Whether a gateway is connected.
    pub connected: bool,
    /// Version of its plugin.
    pub plugin: Option<String>,
    /// Version of OpenClaw.
    pub openclaw: Option<String>,
    /// Its process.
    pub pid: Option<u64>,
    /// Since when it is connected, in milliseconds since 1970.
    pub since_at: Option<i64>,
    /// Turns that run there, or wait for it.
    pub running_turns: usize,
}

impl Link {
    /// Waits until a gateway is there that turns can be given to. `None`: none came.
    pub async fn gateway(&self, patience: Duration) -> Option<Gateway> {
        let mut ready = self.0.ready.subscribe();
        let found = timeout(patience, ready.wait_for(Option::is_some)).await;
        found.ok()?.ok()?.clone()
    }

    /// Whether a gateway is there that turns can be given to.
    pub fn is_up(&self) -> bool {
        self.0.ready.borrow().is_some()
    }

    /// How it stands.
    pub fn status(&self) -> LinkStatus {
        let running_turns = self.turns().len();
        let connected = lock(&self.0.connected).clone();
        let about = connected.as_ref().map(|gateway| &*gateway.about);
        LinkStatus {
            connected: connected.is_some(),
            plugin: about.map(|about| about.hello.plugin.clone()),
            openclaw: about.map(|about| about.hello.openclaw.clone()),
            pid: about.and_then(|about| about.hello.pid),
            since_at: about.map(|about| about.since_ms),
            running_turns,
        }
    }

    /// Gives a turn a place: what happens in it on this connection arrives there.
    pub fn seat(&self, id: String, gateway: &Gateway, turn: Arc<ToolTurn>) -> TurnSeat {
        let inbox = Arc::<Inbox>::default();
        let seated = Seated {
            inbox: inbox.clone(),
            epoch: gateway.epoch,
            turn,
        };
        self.turns().insert(id.clone(), seated);
        TurnSeat {
            link: self.clone(),
            id,
            inbox,
        }
    }

    /// Asks and waits. `question` is given the id that the answer carries.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ask(
        &self,
        gateway: &Gateway,
        patience: Duration,
        question: impl FnOnce(String) -> ToPlugin,
    ) -> Result<FromPlugin, AskError> {
        let id = self.next_id();
        let (answer, answered) = oneshot::channel();
        lock(&self.0.asked).insert(id.clone(), (gateway.epoch, answer));
        let _forgotten = Forget {
            link: self,
            id: id.clone(),
        };
        gateway.send(&question(id))?;
        match timeout(patience, answered).await {
            Ok(answer) => answer.map_err(|_| Gone.into()),
            Err(_) => Err(AskError::Silent(patience)),
        }
    }

    /// The turn that runs for this member in this chat, if there is one.
    pub fn turn_of(&self, chat: &Chat, user: &UserId) -> Option<Arc<ToolTurn>> {
        let turns = self.turns();
        let of = |seated: &&Seated| {
            let requester = seated.turn.identity.requester();
            seated.turn.chat == *chat && requester.is_some_and(|of| of.folded() == user.folded())
        };
        turns.values().find(of).map(|seated| seated.turn.clone())
    }

    pub(super) fn next_id(&self) -> String {
        self.0.next.fetch_add(1, Ordering::Relaxed).to_string()
    }

    /// Somebody is connected; whoever was before is returned.
    pub(super) fn enter(
        &self,
        hello: Hello,
        since_ms: i64,
        frames: mpsc::Sender<String>,
    ) -> (Gateway, Option<Gateway>) {
        let gateway = Gateway {
            epoch: self.0.next.fetch_add(1, Ordering::Relaxed),
            about: Arc::new(About { hello, since_ms }),
            frames,
            ended: CancellationToken::new(),
        };
        let before = lock(&self.0.connected).replace(gateway.clone());
        if before.is_some() {
            self.0.ready.send_replace(None);
        }
        (gateway, before)
    }

    /// The gateway said which turns it knows: those go on. Returns them.
    pub(super) fn known(&self, gateway: &Gateway, known: &[KnownTurn]) -> Vec<ResumeTurn> {
        let mut resumed = Vec::new();
        for (id, seated) in self.turns().iter_mut() {
            if seated.epoch == gateway.epoch {
                continue;
            }
            if known.iter().any(|known| known.turn() == id) {
                seated.epoch = gateway.epoch;
                seated.inbox.signal(Signal::Resumed);
                resumed.push(ResumeTurn {
                    turn: id.clone(),
                    n: seated.inbox.last(),
                });
            } else {
                seated.inbox.signal(Signal::Forgotten);
            }
        }
        resumed
    }

    /// From now on it is given turns, unless another one took its place.
    pub(super) fn ready(&self, gateway: &Gateway) {
        let connected = lock(&self.0.connected);
        if connected.as_ref().is_some_and(|now| now.is(gateway)) {
            self.0.ready.send_replace(Some(gateway.clone()));
        }
    }

    /// The connection is gone.
    pub(super) fn leave(&self, gateway: &Gateway) {
        // First nothing can be sent any more: what is seated later notices by that.
        gateway.end();
        {
            let mut connected = lock(&self.0.connected);
            if connected.as_ref().is_some_and(|now| now.is(gateway)) {
                *connected = None;
                self.0.ready.send_replace(None);
            }
        }
        for seated in self.turns().values() {
            if seated.epoch == gateway.epoch {
                seated.inbox.signal(Signal::Lost);
            }
        }
        lock(&self.0.asked).retain(|_, (epoch, _)| *epoch != gateway.epoch);
    }

    pub(super) fn taken(&self, turn: &str) {
        if let Some(seated) = self.turns().get(turn) {
            seated.inbox.signal(Signal::Taken);
        }
    }

    pub(super) fn event(&self, turn: &str, n: u64, event: TurnEvent) {
        if let Some(seated) = self.turns().get(turn) {
            seated.inbox.event(n, event);
        }
    }

    pub(super) fn answered(&self, id: &str, answer: FromPlugin) {
        if let Some((_, asked)) = lock(&self.0.asked).remove(id) {
            // Who asked may have gone.
            asked.send(answer).ok();
        }
    }

    fn turns(&self) -> MutexGuard<'_, HashMap<String, Seated>> {
        lock(&self.0.turns)
    }
}

/// Short sections without a wait; every entry is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets a question.
struct Forget<'a> {
    link: &'a Link,
    id: String,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        lock(&self.link.0.asked).remove(&self.id);
    }
}

impl Gateway {
    /// Sends a frame. One that is too long is not sent, and logged.
    ///
    /// # Errors
    /// [`Gone`], or it does not read what it is sent, which ends the connection.
    pub fn send(&self, frame: &ToPlugin) -> Result<(), Gone> {
        match frame.to_line() {
            Ok(line) => self.send_line(line),
            Err(FrameTooLong(bytes)) => {
                tracing::error!(bytes, "a frame is too long for the link and was left out");
                Ok(())
            }
        }
    }

    pub(super) fn send_line(&self, line: String) -> Result<(), Gone> {
        if self.ended.is_cancelled() {
            return Err(Gone);
        }
        self.frames.try_send(line).map_err(|_| {
            self.end();
            Gone
        })
    }

    /// Version of OpenClaw.
    pub fn version(&self) -> &str {
        &self.about.hello.openclaw
    }

    /// Tells this connection from others.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Ends the connection once what waits is written.
    pub(super) fn end(&self) {
        self.ended.cancel();
    }

    pub(super) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    fn is(&self, other: &Self) -> bool {
        self.epoch == other.epoch
    }
}

/// The place of a turn; gone when dropped.
#[derive(Debug)]
pub struct TurnSeat {
    link: Link,
    id: String,
    inbox: Arc<Inbox>,
}

impl TurnSeat {
    /// The turn.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What happens next in it. Cancel safe.
    pub async fn next(&self) -> Signal {
        self.inbox.next().await
    }

    /// Tells the gateway that nobody wants the answer any more.
    pub fn cancel(&self, reason: &'static str) {
        let gateway = lock(&self.link.0.connected).clone();
        let frame = ToPlugin::TurnCancel {
            turn: self.id.clone(),
            reason,
        };
        // Without a gateway there is nothing to stop: a turn that nobody resumes is stopped
        // over there.
        if let Some(gateway) = gateway {
            gateway.send(&frame).ok();
        }
    }
}

impl Drop for TurnSeat {
    fn drop(&mut self) {
        self.link.turns().remove(&self.id);
    }
}
