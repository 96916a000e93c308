//! How agents that the daemon starts reach its MCP server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use crate::agent::{DoorFull, McpAccess, McpDoor, McpPass, McpTurn, ToolTurn};
use crate::config::LiveConfig;
use crate::files::FileGrant;
use crate::ids::AccountId;
use crate::interceptors::Delivery;
use crate::mcp::credentials::{AgentToken, SessionCredentials};
use crate::mcp::server::SESSION_TOKEN_VARIABLE;
use crate::secret::Secret;

/// The MCP server of this daemon.
#[derive(Debug)]
pub(super) struct ServedDoor {
    pub(super) sessions: SessionCredentials,
    pub(super) config: LiveConfig,
    /// Where the HTTP server listens.
    pub(super) address: SocketAddr,
    /// The state directory, by which the other way finds the daemon.
    pub(super) home: PathBuf,
}

#[derive(Debug)]
struct Pass {
    access: McpAccess,
    token: AgentToken,
}

impl McpDoor for ServedDoor {
    fn open(&self, account: &AccountId, workspace: PathBuf) -> Result<Arc<dyn McpPass>, DoorFull> {
        let files = FileGrant {
            workspace: Some(workspace),
            roots: Vec::new(),
        };
        // The agent runs on this machine and reads files by itself.
        let token = self.sessions.open(account, files, Delivery::Path);
        let token = token.map_err(|_| DoorFull)?;
        let access = self.access(token.token());
        Ok(Arc::new(Pass { access, token }))
    }
}

impl ServedDoor {
    fn access(&self, token: &Secret) -> McpAccess {
        let home = self.home.to_string_lossy().into_owned();
        McpAccess {
            url: self.url(),
            token: token.clone(),
            command: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("wecom")),
            args: vec!["mcp".to_owned()],
            env: vec![
                ("WECOM_HOME".to_owned(), Secret::new(home)),
                (SESSION_TOKEN_VARIABLE.to_owned(), token.clone()),
            ],
        }
    }

    /// `None`: what is bound to more than this machine serves it only if the operator says so.
    fn url(&self) -> Option<String> {
        let served = self.address.ip().is_loopback() || self.config.get().mcp_server.public;
        let ip = match self.address.ip() {
            ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        let address = SocketAddr::new(ip, self.address.port());
        served.then(|| format!("http://{address}/mcp"))
    }
}

impl McpPass for Pass {
    fn access(&self) -> &McpAccess {
        &self.access
    }

    fn enter(&self, turn: &ToolTurn) -> McpTurn {
        McpTurn::new(self.token.enter(turn.identity.clone()))
    }
}
