//! Agents, and which one serves whom.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backend_acp::AcpBackend;
use super::backend_openai::OpenAiBackend;
use super::backend_openclaw::OpenClawBackend;
use super::session::{DmScope, GroupScope};
use crate::ids::{AccountId, ChatKind};

/// Agents and their back ends.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentsSettings {
    /// Known agents by id, in file order. Without a list: one agent `main`.
    pub list: Vec<AgentEntry>,
    /// Id of the agent that answers where nothing else is said; `None` when several are
    /// listed and none is marked.
    pub default_agent: Option<String>,
    /// Back end of agents that are made on demand.
    pub default_backend: AgentBackend,
    /// Root of the agents' workspaces.
    pub workspace: PathBuf,
}

impl AgentsSettings {
    /// Where an agent keeps its files: what its entry says, else a folder of its own below
    /// the root; agents made on demand lie together in one.
    pub fn workspace_of(&self, agent: &str) -> PathBuf {
        match self.list.iter().find(|entry| entry.id == agent) {
            Some(AgentEntry {
                workspace: Some(workspace),
                ..
            }) => workspace.clone(),
            Some(_) => self.workspace.join(agent),
            None => self.workspace.join("dynamic").join(agent),
        }
    }
}

/// One agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentEntry {
    /// Normalised agent id.
    pub id: String,
    /// Display name.
    pub name: Option<String>,
    /// What answers.
    pub backend: AgentBackend,
    /// Its own workspace; `None` is a folder below the root.
    pub workspace: Option<PathBuf>,
}

/// What stands behind an agent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AgentBackend {
    /// Answers with what it was told.
    Echo(Echo),
    /// Shows by a few rules what an agent can do.
    Demo(Demo),
    /// A program that speaks the Agent Client Protocol.
    Acp(AcpBackend),
    /// An OpenAI-compatible endpoint.
    OpenAi(Box<OpenAiBackend>),
    /// An OpenClaw installation.
    OpenClaw(OpenClawBackend),
}

impl Default for AgentBackend {
    fn default() -> Self {
        Self::Echo(Echo::default())
    }
}

/// Settings of the echo back end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Echo {
    /// Pause between two pieces of an answer (`pieceDelayMs`, default 0, at most 10 s).
    pub piece_delay: Duration,
}

/// Settings of the demo back end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demo {
    /// Pause between two pieces of an answer (`pieceDelayMs`, default 0, at most 10 s).
    pub piece_delay: Duration,
}

/// One entry of `bindings` that concerns WeCom, in file order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Normalised agent id; `known` tells whether the agent exists.
    pub agent: String,
    /// Whether `agents` has it. A message routed to an unknown agent is refused.
    pub known: bool,
    /// Accounts it applies to.
    pub account: AccountMatch,
    /// Conversations it applies to; `None` is all of the account.
    pub peer: Option<PeerMatch>,
    /// Overrides `session.dmScope`.
    pub dm_scope: Option<DmScope>,
    /// Overrides `session.groupScope`.
    pub group_scope: Option<GroupScope>,
}

/// Accounts of a binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountMatch {
    /// `*`: every account.
    Any,
    /// One account; `default` where the file names none.
    Only(AccountId),
}

/// Conversations of a binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerMatch {
    /// Direct or group.
    pub kind: ChatKind,
    /// The id, compared with its case; `None` is `*`.
    pub id: Option<String>,
}

/// Agents made on demand, one per conversation (`dynamicAgents`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynamicAgents {
    /// Whether they are made at all.
    pub enabled: bool,
    /// For direct chats.
    pub direct: bool,
    /// For groups.
    pub group: bool,
    /// Members who keep the ordinary route, as written.
    pub admin_users: Vec<String>,
    /// Beyond this many the least recently used idle one is archived.
    pub max_agents: u32,
    /// Form of the ids.
    pub id_style: DynamicIdStyle,
}

/// How the id of a dynamic agent is formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DynamicIdStyle {
    /// With a hash where the plain form would lose or share something.
    #[default]
    Lossless,
    /// The plain form everywhere, as the official plugin makes it.
    Upstream,
}
