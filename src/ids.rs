//! Identifiers as types, so that the compiler keeps them apart.
//!
//! Every identifier keeps the letters' case as received: WeCom answers `93006` to a
//! chat id whose case was changed.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the identifier as received.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The identifier's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self::new(id)
            }
        }
    };
}

identifier!(
    /// One account of `channels.wecom`, normalised (lower case, `[a-z0-9_-]`, at most 64
    /// characters). [`crate::config`] does the normalising.
    AccountId
);
identifier!(
    /// A bot's id (`BotID` of the admin console).
    BotId
);
identifier!(
    /// A member's `userid`.
    UserId
);
identifier!(
    /// A group conversation's id, or a user's id where the conversation is direct.
    ChatId
);
identifier!(
    /// The `msgid` of a push: unique per push, repeated when the push is repeated.
    MessageId
);
identifier!(
    /// The `req_id` that ties the frames of one exchange together.
    ReqId
);
identifier!(
    /// The id of one stream message, chosen by us.
    StreamId
);
identifier!(
    /// A `media_id` of WeCom's temporary media store (valid for three days).
    MediaId
);

impl UserId {
    /// The form in which two ids are compared: small letters, as WeCom takes a member's id in
    /// any case; encrypted ids as they are.
    pub fn folded(&self) -> Cow<'_, str> {
        let id = self.as_str();
        if is_case_sensitive(id) || !id.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Borrowed(id)
        } else {
            Cow::Owned(id.to_ascii_lowercase())
        }
    }
}

/// Whether a sender's id is an encrypted or external one (`wo…`, `wm…`): those can differ in
/// case alone.
pub(crate) fn is_case_sensitive(sender: &str) -> bool {
    sender.len() >= ENCRYPTED_ID_MIN && (sender.starts_with("wo") || sender.starts_with("wm"))
}

/// Shorter ids that begin with `wo` or `wm` are names that people chose ("wolf").
const ENCRYPTED_ID_MIN: usize = 20;

/// What kind of conversation a chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatKind {
    /// One member and the bot (`single` on the wire).
    Direct,
    /// A group that the bot is in (`group` on the wire).
    Group,
}

impl ChatKind {
    /// `chat_type` of `aibot_send_msg`: 1 for a direct chat, 2 for a group.
    pub fn wire_number(self) -> u8 {
        match self {
            Self::Direct => 1,
            Self::Group => 2,
        }
    }
}

/// One conversation of one account: the unit of order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Chat {
    /// The account whose bot is in the conversation.
    pub account: AccountId,
    /// Direct or group.
    pub kind: ChatKind,
    /// The group's id, or the member's id for a direct chat; original case.
    pub id: ChatId,
}

impl fmt::Display for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ChatKind::Direct => "direct",
            ChatKind::Group => "group",
        };
        write!(f, "{}/{kind}/{}", self.account, self.id)
    }
}

/// Makes a client-chosen id: `<prefix>_<unix ms>_<8 hex digits>`, the random part from
/// the operating system's generator by way of a cryptographic one.
pub fn generate(prefix: &str, now_ms: i64) -> String {
    let random: u32 = rand::random();
    format!("{prefix}_{now_ms}_{random:08x}")
}
