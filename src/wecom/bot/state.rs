//! What the connection is doing, for status, health and metrics.

use std::fmt;
use std::time::Duration;

use super::ErrorCode;

/// What the connection is doing.
///
/// Only [`Live`](Self::Live) sends. [`AuthFailed`](Self::AuthFailed) and
/// [`Kicked`](Self::Kicked) end with [`BotClient::resume`](super::BotClient::resume),
/// [`Closed`](Self::Closed) never does, all others go on by themselves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ConnectionState {
    /// Reaching WeCom, or subscribing.
    Connecting {
        /// Connects since the last success, this one included.
        attempt: u32,
    },
    /// Subscribed: the bot works.
    Live {
        /// When the subscription was confirmed, ms since 1970.
        since_ms: i64,
    },
    /// Between two attempts of a fast round.
    Waiting {
        /// The pause before the next attempt.
        retry_in: Duration,
        /// Connects since the last success.
        attempt: u32,
        /// Why the last one ended.
        cause: Cause,
    },
    /// The fast round is used up; slow rounds follow for ever.
    Resting {
        /// The pause before the next round.
        retry_in: Duration,
        /// Rounds used up since the last success.
        rounds: u32,
        /// Why the last attempt ended.
        cause: Cause,
    },
    /// WeCom refused the credentials too often. Parked.
    AuthFailed {
        /// WeCom's number.
        code: ErrorCode,
        /// WeCom's text.
        message: String,
        /// Refused subscribes in a row.
        attempts: u32,
    },
    /// Another connection took the bot over. Parked, unless reclaiming is configured.
    Kicked {
        /// When we were told, ms since 1970.
        at_ms: i64,
        /// The pause before the bot is taken back; `None` without
        /// [`Reclaim`](crate::config::Reclaim).
        reclaim_in: Option<Duration>,
    },
    /// Closed by us, for good.
    Closed,
}

impl ConnectionState {
    /// Whether commands are sent.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }

    /// Whether only an operator (or a changed configuration) gets the bot back.
    pub fn is_parked(&self) -> bool {
        matches!(
            self,
            Self::AuthFailed { .. }
                | Self::Kicked {
                    reclaim_in: None,
                    ..
                }
        )
    }

    /// One word for status output and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connecting { .. } => "connecting",
            Self::Live { .. } => "live",
            Self::Waiting { .. } => "waiting",
            Self::Resting { .. } => "resting",
            Self::AuthFailed { .. } => "auth_failed",
            Self::Kicked { .. } => "kicked",
            Self::Closed => "closed",
        }
    }
}

/// Why the connection is not, or no longer, live.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// WeCom could not be reached.
    #[error("cannot connect: {step}: {detail}")]
    Connect {
        /// The step that failed.
        step: ConnectStep,
        /// The error and its causes.
        detail: String,
    },
    /// The socket opened and the subscribe was not answered.
    #[error("the subscribe was not answered in time")]
    SubscribeTimeout,
    /// WeCom answered the subscribe with an error.
    #[error("the subscribe was refused: {0}")]
    SubscribeRefused(super::Refusal),
    /// Two heartbeats were not answered.
    #[error("the heartbeat was not answered")]
    Silent,
    /// The other side closed the socket.
    #[error("WeCom closed the connection")]
    ClosedByPeer {
        /// The WebSocket close code, if there was one.
        code: Option<u16>,
    },
    /// Reading or writing failed.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// A frame above the size limit came in; what follows it on the socket is lost with it.
    #[error("a frame of {size_bytes} bytes was refused; the limit is {limit_bytes}")]
    FrameTooLarge {
        /// The announced size.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// WeCom says that the socket is not subscribed, though it was.
    #[error("WeCom lost the subscription")]
    NotSubscribed,
    /// Another connection took the bot over.
    #[error("another connection with this bot id took over")]
    Kicked,
}

impl Cause {
    /// One word for status output and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connect { step, .. } => step.name(),
            Self::SubscribeTimeout => "subscribe_timeout",
            Self::SubscribeRefused(_) => "subscribe_refused",
            Self::Silent => "silent",
            Self::ClosedByPeer { .. } => "closed_by_peer",
            Self::Broken(_) => "broken",
            Self::FrameTooLarge { .. } => "frame_too_large",
            Self::NotSubscribed => "not_subscribed",
            Self::Kicked => "kicked",
        }
    }
}

/// The steps of connecting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectStep {
    /// Finding the address of WeCom, or of the proxy.
    Resolve,
    /// TCP to WeCom, or to the proxy.
    Tcp,
    /// Having the proxy open a tunnel.
    Proxy,
    /// TLS with WeCom, or with the proxy.
    Tls,
    /// The WebSocket handshake.
    WebSocket,
}

impl ConnectStep {
    /// One word for status output and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Tcp => "tcp",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::WebSocket => "websocket",
        }
    }
}

impl fmt::Display for ConnectStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
