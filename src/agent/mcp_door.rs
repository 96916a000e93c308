//! The way of agents that are programs of their own to the tools of this process.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::ToolTurn;
use crate::ids::AccountId;
use crate::secret::Secret;

/// Opens the MCP server of this process to agents that have a client for it.
pub trait McpDoor: Send + Sync + fmt::Debug {
    /// Makes a credential for one of an agent's sessions. It acts for nobody until a turn
    /// [enters](McpPass::enter), and ends when the pass is dropped.
    ///
    /// `workspace` is where arguments of calls may name files.
    ///
    /// # Errors
    /// There is no room for another credential.
    fn open(&self, account: &AccountId, workspace: PathBuf) -> Result<Arc<dyn McpPass>, DoorFull>;
}

/// The credential of an agent's session, for as long as the session lives.
///
/// A session outlives its turns, and in a group the next turn is somebody else's. So the
/// credential acts for whoever's turn runs, and between turns for nobody.
pub trait McpPass: Send + Sync + fmt::Debug {
    /// How the agent reaches the server with it.
    fn access(&self) -> &McpAccess;

    /// Lets the credential act for the member whose turn it is, until the guard is dropped.
    fn enter(&self, turn: &ToolTurn) -> McpTurn;
}

/// How an agent reaches the MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpAccess {
    /// The server's address on this machine, for clients that speak HTTP; `None` where it is
    /// not served that way.
    pub url: Option<String>,
    /// What such a client shows as its bearer token.
    pub token: Secret,
    /// The program that serves other clients over standard input and output.
    pub command: PathBuf,
    /// The program's arguments.
    pub args: Vec<String>,
    /// The program's environment, the token among it.
    pub env: Vec<(String, Secret)>,
}

/// A turn in which a credential acts for a member. Dropping it ends that.
#[must_use = "the credential acts for nobody once this is dropped"]
pub struct McpTurn {
    _guard: Box<dyn Send + Sync>,
}

/// No room for another credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many credentials are in use at once")]
pub struct DoorFull;

impl McpTurn {
    /// A turn that ends with `guard`.
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self {
            _guard: Box::new(guard),
        }
    }
}

impl fmt::Debug for McpTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("McpTurn")
    }
}
