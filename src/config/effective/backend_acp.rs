//! Settings of the back end for programs that speak the Agent Client Protocol.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A program that speaks the Agent Client Protocol on its standard input and output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcpBackend {
    /// The program, by its path or found in `PATH`.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// What every program needs of this process's environment: the paths, the language, the
    /// time zone. Nothing else of it reaches the program.
    pub surroundings: BTreeMap<String, String>,
    /// Its environment as the file says, which goes before the surroundings.
    pub env: BTreeMap<String, Secret>,
    /// Working directory of its sessions; `None` is the agent's workspace.
    pub cwd: Option<PathBuf>,
    /// What becomes of its requests for permission.
    pub permissions: AcpPermissions,
    /// How long such a request waits for a click (`permissionTimeoutMs`, default 10 min).
    pub permission_timeout: Duration,
    /// How long it may take to start, and to begin a session (`startTimeoutMs`, default
    /// 60 s).
    pub start_timeout: Duration,
    /// How long it lives without a turn (`idleMinutes`, default 30).
    pub idle: Duration,
    /// Whether it is given the tools of WeCom.
    pub mcp: bool,
}

/// What becomes of a program's request for permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AcpPermissions {
    /// The one who wrote is asked in the chat.
    #[default]
    Ask,
    /// Everything is allowed, each time anew.
    Allow,
    /// Everything is refused.
    Deny,
}
