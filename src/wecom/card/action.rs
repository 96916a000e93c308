//! Where a tap leads. On the wire a number (`type`) and the fields that belong to it; here
//! the fields are the variants', so that a link without an address cannot be built.

use serde::{Deserialize, Serialize};

/// What a tap on a card, a quote or a picture opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum Action {
    /// A page (`type` 1).
    Url(String),
    /// A mini program (`type` 2).
    MiniProgram {
        /// Its id.
        appid: String,
        /// The page inside it; the start page without.
        pagepath: Option<String>,
    },
}

/// What an entry of `jump_list` does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum JumpAction {
    /// Opens something (`type` 1 and 2).
    Open(Action),
    /// Asks the bot a question in the user's name (`type` 3; at most
    /// [`QUESTION_MAX_BYTES`](super::limits::QUESTION_MAX_BYTES) bytes).
    Question(String),
}

/// What the value of a horizontal line does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum ValueAction {
    /// Opens a page (`type` 1).
    Url(String),
    /// Shows a member (`type` 3; 2 does not exist here).
    Member(String),
}

/// All of them as they stand in JSON.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Wire {
    r#type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagepath: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    userid: Option<String>,
}

/// A `type` without the field that belongs to it, or none that we know.
#[derive(Debug, thiserror::Error)]
#[error("no action of type {0} with its fields")]
struct NoAction(u8);

impl TryFrom<Wire> for Action {
    type Error = NoAction;

    fn try_from(wire: Wire) -> Result<Self, NoAction> {
        match (wire.r#type, wire.url, wire.appid) {
            (1, Some(url), _) => Ok(Self::Url(url)),
            (2, _, Some(appid)) => Ok(Self::MiniProgram {
                appid,
                pagepath: wire.pagepath,
            }),
            (other, ..) => Err(NoAction(other)),
        }
    }
}

impl From<Action> for Wire {
    fn from(action: Action) -> Self {
        match action {
            Action::Url(url) => Self {
                r#type: 1,
                url: Some(url),
                ..Self::default()
            },
            Action::MiniProgram { appid, pagepath } => Self {
                r#type: 2,
                appid: Some(appid),
                pagepath,
                ..Self::default()
            },
        }
    }
}

impl TryFrom<Wire> for JumpAction {
    type Error = NoAction;

    fn try_from(wire: Wire) -> Result<Self, NoAction> {
        match (wire.r#type, wire.question.clone()) {
            (3, Some(question)) => Ok(Self::Question(question)),
            _ => Action::try_from(wire).map(Self::Open),
        }
    }
}

impl From<JumpAction> for Wire {
    fn from(action: JumpAction) -> Self {
        match action {
            JumpAction::Open(action) => action.into(),
            JumpAction::Question(question) => Self {
                r#type: 3,
                question: Some(question),
                ..Self::default()
            },
        }
    }
}

impl TryFrom<Wire> for ValueAction {
    type Error = NoAction;

    fn try_from(wire: Wire) -> Result<Self, NoAction> {
        match (wire.r#type, wire.url, wire.userid) {
            (1, Some(url), _) => Ok(Self::Url(url)),
            (3, _, Some(user)) => Ok(Self::Member(user)),
            (other, ..) => Err(NoAction(other)),
        }
    }
}

impl From<ValueAction> for Wire {
    fn from(action: ValueAction) -> Self {
        match action {
            ValueAction::Url(url) => Self {
                r#type: 1,
                url: Some(url),
                ..Self::default()
            },
            ValueAction::Member(user) => Self {
                r#type: 3,
                userid: Some(user),
                ..Self::default()
            },
        }
    }
}
