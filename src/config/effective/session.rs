//! Conversations: what they share, when they start anew.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How messages are gathered into conversations (`session`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionSettings {
    /// Scope of direct messages.
    pub dm_scope: DmScope,
    /// Scope of groups.
    pub group_scope: GroupScope,
    /// Name of the one conversation of scope `main`; `None` is `main`.
    pub main_key: Option<String>,
    /// Canonical name to the addresses (`wecom:<userid>`) of one person.
    pub identity_links: BTreeMap<String, Vec<String>>,
    /// When a conversation starts anew.
    pub reset: ResetRule,
    /// The same for direct messages only.
    pub reset_direct: Option<ResetRule>,
    /// The same for groups only.
    pub reset_group: Option<ResetRule>,
    /// The same for this channel; weaker than the two above.
    pub reset_channel: Option<ResetRule>,
}

/// Which direct messages share a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DmScope {
    /// All of them: members read each other's history through the agent.
    Main,
    /// Those of one person, over all channels.
    PerPeer,
    /// Those of one person in one channel.
    PerChannelPeer,
    /// Those of one person with one account.
    #[default]
    PerAccountChannelPeer,
}

/// Which group messages share a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GroupScope {
    /// Those of one group.
    #[default]
    PerGroup,
    /// All of them, and the direct messages of scope `main`.
    Main,
}

/// When a conversation starts anew by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResetRule {
    /// Never.
    #[default]
    Never,
    /// Each day at this hour (0 to 23), local time.
    Daily {
        /// Hour of the day.
        at_hour: u8,
    },
    /// After this long without a message.
    Idle {
        /// Length of the silence.
        after: Duration,
    },
}
