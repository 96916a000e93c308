//! Agents: what answers a message, behind one trait.

mod echo;

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use tokio_util::sync::CancellationToken;

use crate::config::{AgentBackend, AgentsSettings};
use crate::identity::Identity;
use crate::ids::{Chat, MessageId};

pub use echo::EchoAgent;

/// What an agent is asked to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnRequest {
    /// The conversation, which is also the agent's session.
    pub chat: Chat,
    /// For whom tools act that the agent uses: the account, the chat, and as requester the
    /// one who wrote. Made by the runtime; nothing an agent says changes it.
    pub identity: Arc<Identity>,
    /// The message that is answered.
    pub message_id: MessageId,
    /// What was written, without a leading mention of the bot. May be empty when there
    /// are attachments.
    pub text: String,
    /// The text of a quoted message.
    pub quote: Option<String>,
    /// What came with the text, in order.
    pub attachments: Vec<AttachmentKind>,
    /// How often this message was tried before (a restart in the middle of a turn).
    pub earlier_attempts: u32,
}

/// What kind of thing came with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttachmentKind {
    /// A picture.
    Image,
    /// A file of any type.
    File,
    /// A video.
    Video,
}

/// What an agent reports while it works.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AgentEvent {
    /// More of the answer; deltas are joined as they are.
    Text(String),
    /// The answer is complete. Nothing follows.
    Done,
    /// The agent gave up. Nothing follows.
    Failed(AgentFailure),
}

/// Why an agent gave up. The class is what a user may be told; the detail goes to the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{class:?}: {detail}")]
pub struct AgentFailure {
    /// What kind of failure.
    pub class: FailureClass,
    /// For the operator; no secrets.
    pub detail: String,
}

/// Kinds of failure that a user can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureClass {
    /// The back end can't be reached.
    Unreachable,
    /// The back end is there and refused or broke.
    Broken,
}

/// A back end that answers messages.
pub trait Agent: Send + Sync + std::fmt::Debug {
    /// Begins a turn and yields what happens, ending with [`AgentEvent::Done`] or
    /// [`AgentEvent::Failed`]; a stream that ends without either has failed.
    ///
    /// Dropping the stream, or `cancel`, ends the turn and whatever it started.
    fn run(&self, turn: TurnRequest, cancel: CancellationToken) -> BoxStream<'static, AgentEvent>;
}

/// The configured agents by id.
#[derive(Debug, Clone, Default)]
pub struct Agents {
    by_id: HashMap<String, Arc<dyn Agent>>,
    default_agent: Option<String>,
}

impl Agents {
    /// Builds every configured agent.
    pub fn from_settings(settings: &AgentsSettings) -> Self {
        let by_id = settings
            .list
            .iter()
            .map(|entry| (entry.id.clone(), build(&entry.backend)))
            .collect();
        Self {
            by_id,
            default_agent: settings.default_agent.clone(),
        }
    }

    /// One agent that answers everything.
    pub fn only(agent: Arc<dyn Agent>) -> Self {
        let id = "main".to_owned();
        Self {
            by_id: HashMap::from([(id.clone(), agent)]),
            default_agent: Some(id),
        }
    }

    /// The agent that answers where nothing else is said; `None` when the configuration
    /// names none.
    pub fn default_agent(&self) -> Option<Arc<dyn Agent>> {
        self.by_id.get(self.default_agent.as_deref()?).cloned()
    }
}

fn build(backend: &AgentBackend) -> Arc<dyn Agent> {
    match backend {
        AgentBackend::Echo(settings) => Arc::new(EchoAgent::new(*settings)),
    }
}
