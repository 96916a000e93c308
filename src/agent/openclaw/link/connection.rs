//! One connection, from the first frame to the last.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use subtle::ConstantTimeEq;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::frame::{ByeReason, FromPlugin, Hello, KnownTurn, PROTO, ToPlugin, TurnEvent};
use super::hub::{Gateway, Link, QUEUE};
use super::lines::Lines;
use super::service::Service;
use super::{AccountReport, LinkHost};
use crate::clock::SharedClock;
use crate::secret::Secret;

/// The first frame comes within this time.
const HELLO_PATIENCE: Duration = Duration::from_secs(5);

/// Which turns still run is answered within this time; without an answer none does.
const KNOWN_PATIENCE: Duration = Duration::from_secs(5);

/// A sign of life is sent so often.
const PING_INTERVAL: Duration = Duration::from_secs(15);

/// Without any frame for this long the connection is dead.
const SILENCE: Duration = Duration::from_secs(45);

/// How long a line may take to be written: the other side is on this machine.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// How often accounts that OpenClaw watches are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Accounts that OpenClaw may watch; more is no installation that there is.
const MAX_WATCHED: usize = 1_000;

/// Kinds of frames that are not known are remembered, so that each is logged once.
const MAX_UNKNOWN: usize = 100;

/// What is announced in `welcome`.
const FEATURES: &[&str] = &["turns", "resume", "out", "tool", "pairing", "agents"];

/// What every connection has.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    pub(super) link: Link,
    pub(super) host: Arc<dyn LinkHost>,
    pub(super) clock: SharedClock,
    /// What opens the link; `None` where who dials is known by the system.
    pub(super) token: Option<Secret>,
    pub(super) tracker: TaskTracker,
    pub(super) stop: CancellationToken,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the gateway closed it")]
    Closed,
    #[error("no frame came for {} s", SILENCE.as_secs())]
    Silent,
    #[error("the gateway does not read")]
    NotReading,
    #[error("another gateway took its place, or it does not read what it is sent")]
    Replaced,
    #[error("the daemon goes down")]
    Stopped,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Serves a connection until it ends.
pub(super) async fn serve<S>(stream: S, around: Surroundings)
where
    S: AsyncRead + AsyncWrite + Send,
{
    let (reader, mut writer) = tokio::io::split(stream);
    let mut lines = Lines::new(reader);
    let hello = match greeted(&mut lines, &around).await {
        Ok(hello) => hello,
        Err(Refusal { reason, message }) => {
            tracing::warn!(?reason, message, "a gateway was refused");
            let bye = ToPlugin::Bye {
                reason,
                message: message.to_owned(),
            };
            if let Ok(line) = bye.to_line() {
                // It may be gone.
                write(&mut writer, &line).await.ok();
            }
            return;
        }
    };
    let (frames, written) = mpsc::channel(QUEUE);
    let about = format!("plugin {}, OpenClaw {}", hello.plugin, hello.openclaw);
    let (gateway, before) = around.link.enter(hello, around.clock.now_ms(), frames);
    if let Some(before) = before {
        tracing::warn!("another gateway took the place of the one that was linked");
        let bye = ToPlugin::Bye {
            reason: ByeReason::Replaced,
            message: "another gateway took the place of this one".to_owned(),
        };
        before.send(&bye).ok();
        before.end();
    }
    tracing::info!(about, "a gateway is linked");
    let mut reading = Reading::new(&around, gateway.clone());
    let ended = tokio::select! {
        ended = reading.run(&mut lines) => ended,
        ended = write_all(&mut writer, written, &gateway) => ended,
        // No goodbye: the plugin dials again at once, and finds the next process.
        () = around.stop.cancelled() => Ended::Stopped,
    };
    around.link.leave(&gateway);
    tracing::info!(%ended, "the link of a gateway ended");
}

/// Why somebody is not let in.
struct Refusal {
    reason: ByeReason,
    message: &'static str,
}

async fn greeted<R: AsyncRead + Unpin>(
    lines: &mut Lines<R>,
    around: &Surroundings,
) -> Result<Hello, Refusal> {
    let refused = |reason, message| Err(Refusal { reason, message });
    let first = timeout(HELLO_PATIENCE, lines.next()).await;
    let Ok(Ok(Some(line))) = first else {
        return refused(ByeReason::Proto, "no hello came within 5 s");
    };
    let Ok(FromPlugin::Hello(hello)) = FromPlugin::parse(&line) else {
        return refused(ByeReason::Proto, "the first frame is no hello");
    };
    if hello.proto != PROTO {
        return refused(
            ByeReason::Proto,
            "this daemon speaks version 1 of the protocol: run `wecom openclaw setup` again",
        );
    }
    if let Some(token) = &around.token {
        let given = hello.token.as_ref().map_or("", Secret::reveal);
        let is_right: bool = given.as_bytes().ct_eq(token.reveal().as_bytes()).into();
        if !is_right {
            return refused(
                ByeReason::Token,
                "the token is not the one of `openclaw.token` in the daemon's configuration",
            );
        }
    }
    Ok(hello)
}

/// Writes what is sent; ends once the connection is to end and nothing waits.
async fn write_all<W: AsyncWrite + Unpin>(
    writer: &mut W,
    mut frames: mpsc::Receiver<String>,
    gateway: &Gateway,
) -> Ended {
    loop {
        // What waits goes out before the end.
        let line = tokio::select! {
            biased;
            line = frames.recv() => line,
            () = gateway.ended().cancelled() => None,
        };
        let Some(line) = line else {
            return Ended::Replaced;
        };
        if let Err(ended) = write(writer, &line).await {
            return ended;
        }
    }
}

async fn write<W: AsyncWrite + Unpin>(writer: &mut W, line: &str) -> Result<(), Ended> {
    match timeout(WRITE_PATIENCE, writer.write_all(line.as_bytes())).await {
        Ok(written) => Ok(written?),
        Err(_) => Err(Ended::NotReading),
    }
}

/// The reading half.
struct Reading<'a> {
    around: &'a Surroundings,
    gateway: Gateway,
    service: Service,
    /// Accounts that OpenClaw watches, and what it was told last.
    watched: BTreeMap<String, Option<AccountReport>>,
    unknown: HashSet<String>,
    /// Id of the question which turns still run, until it is answered.
    known: Option<String>,
}

impl<'a> Reading<'a> {
    fn new(around: &'a Surroundings, gateway: Gateway) -> Self {
        Self {
            around,
            service: Service::new(
                around.host.clone(),
                gateway.clone(),
                around.tracker.clone(),
                around.stop.clone(),
            ),
            gateway,
            watched: BTreeMap::new(),
            unknown: HashSet::new(),
            known: None,
        }
    }

    async fn run<R: AsyncRead + Unpin>(&mut self, lines: &mut Lines<R>) -> Ended {
        self.welcome();
        let mut pings = interval(PING_INTERVAL);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looks = interval(LOOK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let known_by = Instant::now() + KNOWN_PATIENCE;
        let mut dead_at = Instant::now() + SILENCE;
        loop {
            // Every branch is cancel safe: lines that are read stay, and timers.
            tokio::select! {
                line = lines.next() => {
                    dead_at = Instant::now() + SILENCE;
                    match line {
                        Ok(Some(line)) => self.take(&line).await,
                        Ok(None) => return Ended::Closed,
                        Err(error) => return error.into(),
                    }
                }
                _ = looks.tick() => self.look(),
                _ = pings.tick() => self.send(&ToPlugin::Ping {}),
                () = tokio::time::sleep_until(known_by), if self.known.is_some() => {
                    tracing::warn!("the gateway does not say which turns it knows");
                    self.resume(&[]);
                }
                () = tokio::time::sleep_until(dead_at) => return Ended::Silent,
            }
        }
    }

    fn welcome(&mut self) {
        self.send(&ToPlugin::Welcome {
            proto: PROTO,
            wecom: env!("CARGO_PKG_VERSION"),
            features: FEATURES,
            http: self.around.host.http(),
        });
        let id = self.around.link.next_id();
        self.known = Some(id.clone());
        self.send(&ToPlugin::TurnsAsk { id });
    }

    /// Whoever does not read is noticed by the other half.
    fn send(&self, frame: &ToPlugin) {
        self.gateway.send(frame).ok();
    }

    fn resume(&mut self, known: &[KnownTurn]) {
        self.known = None;
        let turns = self.around.link.known(&self.gateway, known);
        self.send(&ToPlugin::TurnsResume { turns });
        self.around.link.ready(&self.gateway);
    }

    async fn take(&mut self, written: &[u8]) {
        let frame = match FromPlugin::parse(written) {
            Ok(frame) => frame,
            Err(error) => {
                tracing::warn!(%error, "a frame of the gateway was passed over");
                return;
            }
        };
        let hub = &self.around.link;
        match frame {
            FromPlugin::TurnEvent { turn, n, event } => {
                let is_delivery = matches!(event, TurnEvent::Deliver(_));
                hub.event(&turn, n, event);
                if is_delivery {
                    // Also where nobody wants it any more: OpenClaw waits for this word.
                    self.send(&ToPlugin::TurnDelivered { turn, n });
                }
            }
            FromPlugin::TurnAck { turn } => hub.taken(&turn),
            FromPlugin::TurnsKnown { id, turns } => {
                if self.known.as_ref() == Some(&id) {
                    self.resume(&turns);
                }
            }
            FromPlugin::Out(out) => self.service.out(out),
            FromPlugin::Tool(call) => self.service.tool(call),
            FromPlugin::ToolCancel { id } => self.service.cancel_tool(&id),
            FromPlugin::ToolsList { id } => self.service.list_tools(id),
            FromPlugin::AccountStart { account } => {
                if self.watched.len() < MAX_WATCHED {
                    self.watched.insert(account, None);
                    self.look();
                }
            }
            FromPlugin::AccountStop { account } => {
                self.watched.remove(&account);
            }
            FromPlugin::PairingAllowed { id, account, users } => {
                if let (Some(account), Some(users)) = (&account, &users) {
                    self.around.host.allowed(account, users.clone()).await;
                }
                if let Some(question) = id.clone() {
                    let answer = FromPlugin::PairingAllowed { id, account, users };
                    hub.answered(&question, answer);
                }
            }
            FromPlugin::PairingApproved { account, user } => {
                self.around.host.approved(&account, &user).await;
            }
            FromPlugin::PairingCode { ref id, .. } | FromPlugin::AgentReady { ref id, .. } => {
                hub.answered(&id.clone(), frame);
            }
            FromPlugin::Ping => self.send(&ToPlugin::Pong {}),
            FromPlugin::Pong => {}
            FromPlugin::Hello(_) => self.note_unknown("a second hello".to_owned()),
            FromPlugin::Unknown(t) => self.note_unknown(t),
        }
    }

    fn note_unknown(&mut self, t: String) {
        if self.unknown.len() < MAX_UNKNOWN && !self.unknown.contains(&t) {
            tracing::info!(
                t,
                "the gateway sends frames that are not known; passed over"
            );
            self.unknown.insert(t);
        }
    }

    /// Tells what changed of the accounts that OpenClaw watches.
    fn look(&mut self) {
        for (account, told) in &mut self.watched {
            let report = self.around.host.account(account);
            if told.as_ref() == Some(&report) {
                continue;
            }
            let AccountReport {
                running,
                connected,
                error,
            } = report.clone();
            *told = Some(report);
            let status = ToPlugin::AccountStatus {
                account: account.clone(),
                running,
                connected,
                error,
            };
            self.gateway.send(&status).ok();
        }
    }
}
