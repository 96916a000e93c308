//! Frames of the plugin. Fields that are not known are passed over, and so is a kind that is
//! not known: the plugin may be newer.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::secret::Secret;

/// A frame of the plugin.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FromPlugin {
    /// The first one.
    Hello(Hello),
    /// OpenClaw starts an account, and wants to know how it is until it stops it.
    AccountStart {
        /// Its id, as OpenClaw has it.
        account: String,
    },
    /// OpenClaw stops an account.
    AccountStop {
        /// Its id.
        account: String,
    },
    /// Something happened in a turn.
    TurnEvent {
        /// The turn.
        turn: String,
        /// Its number within the turn, from 1 on.
        n: u64,
        /// What happened.
        event: TurnEvent,
    },
    /// A turn was taken.
    TurnAck {
        /// The turn.
        turn: String,
    },
    /// A message of OpenClaw's own accord.
    Out(Out),
    /// A tool is used.
    Tool(ToolCall),
    /// The result of a tool is not wanted any more.
    ToolCancel {
        /// The call.
        id: String,
    },
    /// Which tools there are.
    ToolsList {
        /// The question.
        id: String,
    },
    /// The code that OpenClaw gives a stranger.
    PairingCode {
        /// The question.
        id: String,
        /// The code, unless there is none.
        code: Option<String>,
        /// Why there is none.
        error: Option<String>,
    },
    /// Who is approved in OpenClaw's own list.
    PairingAllowed {
        /// The question, where it was one.
        id: Option<String>,
        /// The account; absent where the list could not be read.
        account: Option<String>,
        /// All of them; absent where the list could not be read.
        users: Option<Vec<String>>,
    },
    /// Somebody was approved in OpenClaw.
    PairingApproved {
        /// The account.
        account: String,
        /// Who.
        user: String,
    },
    /// An agent of OpenClaw is there, or can't be made.
    AgentReady {
        /// The question.
        id: String,
        /// Whether it is there.
        ok: bool,
        /// Why not.
        error: Option<String>,
    },
    /// The turns that still run.
    TurnsKnown {
        /// The question.
        id: String,
        /// The turns.
        turns: Vec<KnownTurn>,
    },
    /// Is anybody there?
    Ping,
    /// Yes.
    Pong,
    /// A kind that is not known.
    Unknown(String),
}

/// Who dials.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Hello {
    /// Version of the protocol.
    pub proto: u64,
    /// Version of the plugin.
    #[serde(default)]
    pub plugin: String,
    /// Version of OpenClaw.
    #[serde(default)]
    pub openclaw: String,
    /// Process of the gateway.
    #[serde(default)]
    pub pid: Option<u64>,
    /// What opens a link that anybody on the machine could dial.
    #[serde(default, deserialize_with = "secret")]
    pub token: Option<Secret>,
}

/// What happens in a turn.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[non_exhaustive]
pub enum TurnEvent {
    /// It runs.
    Run {},
    /// The model begins a new message.
    Message {},
    /// The whole text of the model's message so far.
    Partial {
        /// It.
        #[serde(default)]
        text: String,
    },
    /// The model thinks.
    Reasoning {},
    /// A tool is used.
    Tool {
        /// Its name.
        #[serde(default)]
        name: String,
        /// Beginning or end.
        phase: ToolPhase,
        /// Whether it did what it was asked for; only at the end.
        #[serde(default)]
        ok: Option<bool>,
    },
    /// Something for the person.
    Deliver(Deliver),
    /// The turn is over.
    Done {
        /// OpenClaw goes on with the question by itself, after a restart amid it or another run;
        /// what comes of it is an outbound message.
        #[serde(default)]
        elsewhere: bool,
    },
    /// The turn failed.
    Error {
        /// What OpenClaw said.
        #[serde(default)]
        message: String,
        /// What kind of failure.
        #[serde(default)]
        class: ErrorClass,
    },
    /// A kind that is not known.
    #[serde(other)]
    Unknown,
}

/// Beginning or end of a tool's use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolPhase {
    /// It begins.
    Start,
    /// It ended.
    End,
    /// Anything between.
    #[serde(other)]
    Other,
}

/// Something for the person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Deliver {
    /// What it is in OpenClaw's eyes.
    pub deliver: DeliverKind,
    /// The text.
    pub text: Option<String>,
    /// Files.
    #[serde(deserialize_with = "or_default")]
    pub media: Vec<PluginMedia>,
    /// Whether the text is an error message of OpenClaw.
    #[serde(deserialize_with = "or_default")]
    pub error: bool,
    /// Whether the text only says how things stand.
    #[serde(deserialize_with = "or_default")]
    pub notice: bool,
}

/// What something for the person is in OpenClaw's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliverKind {
    /// A part of the answer.
    Block,
    /// What a tool has to show.
    Tool,
    /// The answer.
    #[default]
    #[serde(other)]
    Final,
}

/// A file for the person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct PluginMedia {
    /// Where it lies on this machine.
    pub path: Option<String>,
    /// Or from where it is to be fetched.
    pub url: Option<String>,
    /// Its name before OpenClaw gave it another.
    pub name: Option<String>,
}

/// What kind of failure ended a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorClass {
    /// Too much to do.
    Busy,
    /// The model, or OpenClaw's account, can't be reached.
    Unreachable,
    /// Too slow.
    Timeout,
    /// Refused for good.
    Refused,
    /// The conversation is too long.
    TooLong,
    /// Anything else.
    #[default]
    #[serde(other)]
    Broken,
}

/// A message of OpenClaw's own accord.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Out {
    /// The question.
    pub id: String,
    /// The account; the default one where absent.
    #[serde(default)]
    pub account: Option<String>,
    /// Whom it is for.
    pub to: String,
    /// Markdown.
    #[serde(default)]
    pub text: Option<String>,
    /// An absolute path, or an address.
    #[serde(default)]
    pub media: Option<String>,
    /// The file's name before OpenClaw gave it another.
    #[serde(default)]
    pub name: Option<String>,
    /// The same for every repeat of the same message.
    #[serde(default)]
    pub key: Option<String>,
}

/// A tool is used.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ToolCall {
    /// The call.
    pub id: String,
    /// The tool.
    pub tool: String,
    /// Its arguments.
    #[serde(default, deserialize_with = "or_default")]
    pub args: Map<String, Value>,
    /// For whom, as OpenClaw says; nothing of it comes from a model.
    #[serde(default, deserialize_with = "or_default")]
    pub ctx: Ctx,
}

/// For whom a tool is used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Ctx {
    /// The member.
    pub requester_sender_id: Option<String>,
    /// The conversation in OpenClaw's form.
    pub session_key: Option<String>,
    /// OpenClaw's agent.
    pub agent_id: Option<String>,
    /// The channel that the message came by.
    pub message_channel: Option<String>,
    /// The account that the message came by.
    pub agent_account_id: Option<String>,
    /// Where the answer goes.
    pub delivery_context: Option<DeliveryContext>,
    /// The chat's id in its letters' case.
    pub native_channel_id: Option<String>,
}

/// Where an answer goes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeliveryContext {
    /// The channel.
    pub channel: Option<String>,
    /// The chat, such as `group:wrAbC`.
    pub to: Option<String>,
    /// The account.
    pub account_id: Option<String>,
}

/// A turn that still runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum KnownTurn {
    /// With the number of its last event.
    Numbered {
        /// The turn.
        turn: String,
    },
    /// Its id alone.
    Id(String),
}

impl KnownTurn {
    /// The turn.
    pub fn turn(&self) -> &str {
        match self {
            Self::Numbered { turn } | Self::Id(turn) => turn,
        }
    }
}

/// A line that is no frame.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadFrame {
    /// No JSON.
    #[error("a line of the link is no JSON object")]
    NotJson,
    /// No `t`.
    #[error("a frame of the link has no `t`")]
    NoKind,
    /// A field is missing, or of another type.
    #[error("a frame `{t}` of the link can't be read: {reason}")]
    Fields {
        /// Its kind.
        t: String,
        /// Which field.
        reason: String,
    },
}

impl FromPlugin {
    /// Reads a line.
    ///
    /// # Errors
    /// [`BadFrame`]: it says nothing; what follows it is not concerned.
    pub fn parse(line: &[u8]) -> Result<Self, BadFrame> {
        let fields: Map<String, Value> =
            serde_json::from_slice(line).map_err(|_| BadFrame::NotJson)?;
        let Some(t) = fields.get("t").and_then(Value::as_str).map(str::to_owned) else {
            return Err(BadFrame::NoKind);
        };
        let fields = Fields {
            t: &t,
            value: Value::Object(fields),
        };
        Ok(match t.as_str() {
            "hello" => Self::Hello(fields.read()?),
            "account.start" => {
                let OfAccount { account } = fields.read()?;
                Self::AccountStart { account }
            }
            "account.stop" => {
                let OfAccount { account } = fields.read()?;
                Self::AccountStop { account }
            }
            "turn.event" => {
                let Numbered { turn, n } = fields.read()?;
                let event = fields.read()?;
                Self::TurnEvent { turn, n, event }
            }
            "turn.ack" => {
                let OfTurn { turn } = fields.read()?;
                Self::TurnAck { turn }
            }
            "out" => Self::Out(fields.read()?),
            "tool" => Self::Tool(fields.read()?),
            "tool.cancel" => {
                let Asked { id } = fields.read()?;
                Self::ToolCancel { id }
            }
            "tools.list" => {
                let Asked { id } = fields.read()?;
                Self::ToolsList { id }
            }
            "pairing.code" => {
                let Coded { id, code, error } = fields.read()?;
                Self::PairingCode { id, code, error }
            }
            "pairing.allowed" => {
                let Allowed { id, account, users } = fields.read()?;
                Self::PairingAllowed { id, account, users }
            }
            "pairing.approved" => {
                let Approved { account, user } = fields.read()?;
                Self::PairingApproved { account, user }
            }
            "agent.ready" => {
                let Ready { id, ok, error } = fields.read()?;
                Self::AgentReady { id, ok, error }
            }
            "turns.known" => {
                let Known { id, turns } = fields.read()?;
                Self::TurnsKnown { id, turns }
            }
            "ping" => Self::Ping,
            "pong" => Self::Pong,
            _ => Self::Unknown(t.clone()),
        })
    }
}

struct Fields<'a> {
    t: &'a str,
    value: Value,
}

impl Fields<'_> {
    fn read<T: DeserializeOwned>(&self) -> Result<T, BadFrame> {
        T::deserialize(&self.value).map_err(|error| BadFrame::Fields {
            t: self.t.to_owned(),
            reason: error.to_string(),
        })
    }
}

#[derive(Deserialize)]
struct OfAccount {
    account: String,
}

#[derive(Deserialize)]
struct OfTurn {
    turn: String,
}

#[derive(Deserialize)]
struct Numbered {
    turn: String,
    n: u64,
}

#[derive(Deserialize)]
struct Asked {
    id: String,
}

#[derive(Deserialize)]
struct Coded {
    id: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
struct Allowed {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    users: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Approved {
    account: String,
    user: String,
}

#[derive(Deserialize)]
struct Ready {
    id: String,
    #[serde(default)]
    ok: bool,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
struct Known {
    id: String,
    #[serde(default)]
    turns: Vec<KnownTurn>,
}

/// `null` stands for nothing.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}
