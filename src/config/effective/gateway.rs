//! The daemon's HTTP listener.

use std::net::{IpAddr, Ipv4Addr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::ip_range::IpRange;
use crate::secret::Secret;

/// The daemon's HTTP listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewaySettings {
    /// Address to bind; loopback by default.
    pub bind: IpAddr,
    /// Port (default 19789); 0 picks a free one.
    pub port: u16,
    /// Whether changes of the file apply by themselves.
    pub reload: bool,
    /// What the console, `/mcp` and the local API ask for off loopback.
    pub auth: GatewayAuth,
    /// Base of callback URLs as WeCom reaches them.
    pub public_origin: Option<Url>,
    /// Proxies whose forwarded addresses are believed, for logs only.
    pub trusted_proxies: Vec<IpRange>,
}

impl GatewaySettings {
    /// Port when none is configured: beside the host program's own, so that both run on
    /// one machine.
    pub const DEFAULT_PORT: u16 = 19_789;
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: Self::DEFAULT_PORT,
            reload: true,
            auth: GatewayAuth::default(),
            public_origin: None,
            trusted_proxies: Vec::new(),
        }
    }
}

/// Operator authentication of the listener.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GatewayAuth {
    /// Which of the two is asked for.
    pub mode: GatewayAuthMode,
    /// Bearer token.
    pub token: Option<Secret>,
    /// Password.
    pub password: Option<Secret>,
}

/// What an operator proves himself with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GatewayAuthMode {
    /// A bearer token.
    #[default]
    Token,
    /// A password.
    Password,
    /// Nothing; loopback only.
    None,
}
