//! Agents: what answers a message, behind one trait.

mod acp;
mod demo;
mod echo;
mod event;
mod events;
mod mcp_door;
mod openai;
pub mod openclaw;
mod person;
mod services;
mod tools;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::config::{AgentBackend, AgentsSettings};
use crate::identity::Identity;
use crate::ids::{Chat, MessageId};
use crate::session::SessionKey;
use crate::store::RouteVia;

pub use acp::AcpAgent;
pub use demo::DemoAgent;
pub use echo::EchoAgent;
pub use event::{AgentEvent, AgentFailure, Choice, FailureClass, Question, Tone, ToolStep};
pub use mcp_door::{DoorFull, McpAccess, McpDoor, McpPass, McpTurn};
pub use openai::OpenAiAgent;
pub use person::Person;
pub use services::AgentServices;
pub use tools::{AgentTools, NoTools, ToolAnswer, ToolSpec, ToolTurn};

/// What an agent is asked to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnRequest {
    /// Where the answer goes.
    pub chat: Chat,
    /// What the agent remembers of earlier turns is kept by this.
    pub session: SessionKey,
    /// For whom tools act that the agent uses: the account, the chat, and as requester the
    /// one who wrote. Made by the runtime; nothing an agent says changes it.
    pub identity: Arc<Identity>,
    /// How the message came.
    pub via: RouteVia,
    /// The message that is answered.
    pub message_id: MessageId,
    /// What was written, without a leading mention of the bot. May be empty when there
    /// are attachments.
    pub text: String,
    /// The text of a quoted message.
    pub quote: Option<String>,
    /// What came with the text, in order: what could be fetched. Of what could not, the text
    /// says so.
    pub attachments: Vec<Attachment>,
    /// Whether the sender may use directives of the back end inside an ordinary text.
    pub may_command: bool,
    /// How often this message was tried before (a restart in the middle of a turn).
    pub earlier_attempts: u32,
}

/// A file that came with a text, fetched and decrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// What it was sent as.
    pub kind: AttachmentKind,
    /// Where it lies: absolute, for as long as `media.retentionHours` says.
    pub path: PathBuf,
    /// Its name for people; never a path.
    pub name: String,
    /// By its bytes, else what the server or the name said.
    pub content_type: String,
    /// Bytes.
    pub size: u64,
}

/// What kind of thing came with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AttachmentKind {
    /// A picture.
    Image,
    /// A file of any type.
    File,
    /// A video.
    Video,
}

/// A back end that answers messages.
pub trait Agent: Send + Sync + std::fmt::Debug {
    /// Begins a turn and yields what happens, ending with [`AgentEvent::Done`] or
    /// [`AgentEvent::Failed`]; a stream that ends without either has failed.
    ///
    /// Dropping the stream, or `cancel`, ends the turn and whatever it started.
    fn run(&self, turn: TurnRequest, cancel: CancellationToken) -> BoxStream<'static, AgentEvent>;

    /// Forgets what it remembers of a session, for somebody who wants to begin anew. By
    /// default there is nothing to forget.
    fn forget<'a>(&'a self, session: &'a SessionKey) -> BoxFuture<'a, ()> {
        let _ = session;
        Box::pin(std::future::ready(()))
    }
}

/// A back end, and what it was made of.
#[derive(Debug, Clone)]
struct Built {
    /// `None`: it was brought along.
    settings: Option<AgentBackend>,
    agent: Arc<dyn Agent>,
}

/// The configured agents by id.
#[derive(Debug, Clone, Default)]
pub struct Agents {
    by_id: HashMap<String, Built>,
    /// Answers for every id that is not listed, where it may.
    otherwise: Option<Built>,
    /// Whether it may for ids that nobody makes on demand.
    answers_everything: bool,
}

impl Agents {
    /// Builds every configured agent. `services` is what they work with. Those of `earlier`
    /// whose settings are the same stay: they may hold processes and connections.
    pub fn from_settings(
        settings: &AgentsSettings,
        services: &AgentServices,
        earlier: &Self,
    ) -> Self {
        let built = |backend: &AgentBackend, earlier: Option<&Built>| {
            let same = earlier.filter(|built| built.settings.as_ref() == Some(backend));
            same.cloned().unwrap_or_else(|| Built {
                settings: Some(backend.clone()),
                agent: build(backend, services),
            })
        };
        let by_id = settings
            .list
            .iter()
            .map(|entry| {
                let earlier = earlier.by_id.get(&entry.id);
                (entry.id.clone(), built(&entry.backend, earlier))
            })
            .collect();
        Self {
            by_id,
            otherwise: Some(built(&settings.default_backend, earlier.otherwise.as_ref())),
            answers_everything: false,
        }
    }

    /// One agent that answers everything.
    pub fn only(agent: Arc<dyn Agent>) -> Self {
        Self {
            by_id: HashMap::new(),
            otherwise: Some(Built {
                settings: None,
                agent,
            }),
            answers_everything: true,
        }
    }

    /// The agent of that id; `on_demand` for one that is made for its chat, which no list
    /// has. `None` when there is no such agent: never another one in its place.
    pub fn get(&self, id: &str, on_demand: bool) -> Option<Arc<dyn Agent>> {
        let listed = self.by_id.get(id);
        let otherwise = || {
            self.otherwise
                .as_ref()
                .filter(|_| on_demand || self.answers_everything)
        };
        let built = listed.or_else(otherwise)?;
        Some(built.agent.clone())
    }
}

fn build(backend: &AgentBackend, services: &AgentServices) -> Arc<dyn Agent> {
    match backend {
        AgentBackend::Echo(settings) => Arc::new(EchoAgent::new(*settings)),
        AgentBackend::Demo(settings) => Arc::new(DemoAgent::new(*settings, services.clone())),
        AgentBackend::Acp(settings) => Arc::new(AcpAgent::new(settings.clone(), services.clone())),
        AgentBackend::OpenAi(settings) => {
            Arc::new(OpenAiAgent::new(*settings.clone(), services.clone()))
        }
        AgentBackend::OpenClaw(settings) => openclaw::agent(settings, services),
    }
}
