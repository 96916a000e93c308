//! Settings of the back end for OpenClaw, and of the link that its plugin dials.

use std::net::SocketAddr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::secret::Secret;

/// Which of the two ways leads to OpenClaw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenClawBackend {
    /// By the connector plugin, which dials this program.
    Plugin(OpenClawPlugin),
    /// By the WebSocket of its gateway.
    Gateway(OpenClawGateway),
}

/// Settings of the way by the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenClawPlugin {
    /// OpenClaw's agent; `None`: OpenClaw finds it by its own bindings.
    pub agent: Option<String>,
    /// How long a question waits for a gateway before the one who asked is told that it does
    /// (`waitMs`, default 10 s).
    pub wait: Duration,
}

/// Settings of the way by the gateway's WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenClawGateway {
    /// `ws://` or `wss://`.
    pub url: Url,
    /// Its shared token or password.
    pub token: Secret,
    /// OpenClaw's agent; `None`: the one of the same id as here.
    pub agent: Option<String>,
    /// How long a question waits for a gateway that is away (`waitMs`, default 10 s).
    pub wait: Duration,
}

/// The two ways as they stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OpenClawMode {
    /// By the connector plugin.
    #[default]
    Plugin,
    /// By the WebSocket of its gateway.
    Gateway,
}

/// The link's port, for a gateway that can't reach the socket in the state directory: one of
/// another user, or in a container.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenClawLink {
    /// Where it listens, on this machine only; `None`: nowhere beside the socket.
    pub listen: Option<LinkPort>,
}

/// A port that a token opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPort {
    /// A loopback address.
    pub address: SocketAddr,
    /// What the plugin has to say.
    pub token: Secret,
}
