//! Who may talk to an account.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who may talk to an account. Entries as written; [`crate::channel`] normalises them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// Direct messages.
    pub dm_policy: DmPolicy,
    /// Senders admitted under `pairing` and `allowlist`.
    pub allow_from: Vec<String>,
    /// Groups.
    pub group_policy: GroupPolicy,
    /// Groups admitted under `allowlist`.
    pub group_allow_from: Vec<String>,
    /// Rules per group id, or `*`.
    pub groups: BTreeMap<String, GroupRule>,
    /// Members of `accessGroups` that apply to WeCom (`*` and `wecom` joined), by name.
    pub access_groups: BTreeMap<String, Vec<String>>,
}

/// Rules of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRule {
    /// `false` blocks the group.
    pub enabled: bool,
    /// Senders admitted; empty admits everybody.
    pub allow_from: Vec<String>,
}

/// Policy for direct messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DmPolicy {
    /// Everybody.
    #[default]
    Open,
    /// Listed and paired senders; others get a pairing code.
    Pairing,
    /// Listed and paired senders; others are dropped.
    Allowlist,
    /// Nobody.
    Disabled,
}

/// Policy for groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupPolicy {
    /// Every group that has the bot.
    #[default]
    Open,
    /// Listed groups.
    Allowlist,
    /// None.
    Disabled,
}

/// Who may command an agent (`commands`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent switches of the file"
)]
pub struct CommandsSettings {
    /// Slash commands in chats; `false` leaves the abort words only.
    pub text: bool,
    /// `/restart` for owners.
    pub restart: bool,
    /// `/config` for owners.
    pub config: bool,
    /// Owners, as written (`wecom:<userid>`).
    pub owner_allow_from: Vec<String>,
    /// The only source of command rights when present; an empty list denies all.
    pub allow_from: Option<Vec<String>>,
    /// `false` lets every admitted sender command.
    pub use_access_groups: bool,
}

impl Default for CommandsSettings {
    fn default() -> Self {
        Self {
            text: true,
            restart: true,
            config: false,
            owner_allow_from: Vec::new(),
            allow_from: None,
            use_access_groups: true,
        }
    }
}
