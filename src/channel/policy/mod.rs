//! Who may speak: one pure function from facts to a verdict with its reason.

pub mod aim;
mod decide;
mod entry;

use std::fmt;

use crate::config::place::Place;
use crate::config::{Access, Account, Config, DmPolicy, GroupPolicy, GroupRule};
use crate::ids::{Chat, ChatKind, UserId};

pub use decide::{Check, Decision, Facts, Outcome, Step, decide};
use entry::lists_chat;
pub(crate) use entry::{is_everybody, lists_sender, means_sender, plain_sender};

/// What the gate decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The message goes on.
    Admit,
    /// The message is dropped without an answer.
    Refuse(Refusal),
    /// The sender is told how to get access; the message is dropped.
    Pair,
}

/// Why the gate refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// `dmPolicy` is `disabled`.
    #[error("direct messages are disabled")]
    DirectDisabled,
    /// `dmPolicy` is `allowlist` and the sender is not on it.
    #[error("the sender is not in allowFrom")]
    SenderNotListed,
    /// `groupPolicy` is `disabled`.
    #[error("groups are disabled")]
    GroupsDisabled,
    /// `groupPolicy` is `allowlist` and the group is not on it.
    #[error("the group is not in groupAllowFrom")]
    GroupNotListed,
    /// The group's own rule switches it off.
    #[error("the group is switched off in groups")]
    GroupOff,
    /// The group's own rule lists other senders.
    #[error("the sender is not in the group's allowFrom")]
    GroupSenderNotListed,
}

/// A verdict and what decided it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement<'a> {
    /// What becomes of the message.
    pub verdict: Verdict,
    /// What decided.
    pub because: Because<'a>,
}

/// What decided about a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Because<'a> {
    /// The policy for direct messages.
    DmPolicy(DmPolicy),
    /// The sender is in `allowFrom`.
    Listed,
    /// The sender's pairing was approved.
    Paired,
    /// The policy for groups; under `allowlist` the group is listed, and nothing else is said
    /// about it.
    GroupPolicy(GroupPolicy),
    /// The group is not in `groupAllowFrom`.
    GroupList,
    /// `enabled: false` in `groups`, at this key.
    GroupSwitch(&'a str),
    /// The senders listed in `groups`, at this key.
    GroupSenders(&'a str),
}

impl Because<'_> {
    /// The configuration key that decided.
    pub fn key(&self, config: &Config, account: &Account) -> String {
        match self {
            Self::DmPolicy(DmPolicy::Allowlist | DmPolicy::Pairing) | Self::Listed => {
                key_of(config, account, "allowFrom")
            }
            Self::DmPolicy(_) | Self::Paired => key_of(config, account, "dmPolicy"),
            Self::GroupPolicy(_) => key_of(config, account, "groupPolicy"),
            Self::GroupList => key_of(config, account, "groupAllowFrom"),
            Self::GroupSwitch(group) => place_of(config, account)
                .key("groups")
                .key(group)
                .key("enabled")
                .to_string(),
            Self::GroupSenders(group) => place_of(config, account)
                .key("groups")
                .key(group)
                .key("allowFrom")
                .to_string(),
        }
    }
}

impl fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DmPolicy(DmPolicy::Open) => "direct messages are open to everybody",
            Self::DmPolicy(DmPolicy::Disabled) => "direct messages are disabled",
            Self::DmPolicy(DmPolicy::Allowlist) => "the sender is neither listed nor paired",
            Self::DmPolicy(DmPolicy::Pairing) => {
                "the sender is neither listed nor paired, and gets a pairing code"
            }
            Self::Listed => "the sender is listed",
            Self::Paired => "the sender's pairing was approved",
            Self::GroupPolicy(GroupPolicy::Open) => "groups are open",
            Self::GroupPolicy(GroupPolicy::Disabled) => "groups are disabled",
            Self::GroupPolicy(GroupPolicy::Allowlist) => "the group is listed",
            Self::GroupList => "the group is not listed",
            Self::GroupSwitch(_) => "the group is switched off",
            Self::GroupSenders(_) => "the group's own list of senders decides",
        })
    }
}

/// Where the settings of an account are written.
pub(crate) fn place_of(config: &Config, account: &Account) -> Place {
    let channel = Place::of("channels.wecom");
    if config.multi_account {
        channel.key("accounts").key(&account.authored_id)
    } else {
        channel
    }
}

/// The full name of a key of an account.
pub(crate) fn key_of(config: &Config, account: &Account, key: &str) -> String {
    place_of(config, account).key(key).to_string()
}

/// Decides whether `sender` may speak in `chat`. `paired` tells whether the sender's
/// pairing was approved; it is asked only where it matters.
pub fn admit(
    access: &Access,
    chat: &Chat,
    sender: &UserId,
    paired: impl FnOnce() -> bool,
) -> Verdict {
    judge(access, chat, sender, paired).verdict
}

/// As [`admit`], with what decided.
pub fn judge<'a>(
    access: &'a Access,
    chat: &Chat,
    sender: &UserId,
    paired: impl FnOnce() -> bool,
) -> Judgement<'a> {
    let (verdict, because) = match chat.kind {
        ChatKind::Direct => judge_direct(access, sender, paired),
        ChatKind::Group => judge_group(access, chat, sender),
    };
    Judgement { verdict, because }
}

fn judge_direct<'a>(
    access: &'a Access,
    sender: &UserId,
    paired: impl FnOnce() -> bool,
) -> (Verdict, Because<'a>) {
    let policy = Because::DmPolicy(access.dm_policy);
    let refused = match access.dm_policy {
        DmPolicy::Open => return (Verdict::Admit, policy),
        DmPolicy::Disabled => return (Verdict::Refuse(Refusal::DirectDisabled), policy),
        DmPolicy::Allowlist => Verdict::Refuse(Refusal::SenderNotListed),
        DmPolicy::Pairing => Verdict::Pair,
    };
    if lists_sender(&access.allow_from, &access.access_groups, sender) {
        (Verdict::Admit, Because::Listed)
    } else if paired() {
        (Verdict::Admit, Because::Paired)
    } else {
        (refused, policy)
    }
}

fn judge_group<'a>(access: &'a Access, chat: &Chat, sender: &UserId) -> (Verdict, Because<'a>) {
    let policy = Because::GroupPolicy(access.group_policy);
    match access.group_policy {
        GroupPolicy::Disabled => return (Verdict::Refuse(Refusal::GroupsDisabled), policy),
        GroupPolicy::Allowlist if !lists_chat(&access.group_allow_from, &chat.id) => {
            return (Verdict::Refuse(Refusal::GroupNotListed), Because::GroupList);
        }
        GroupPolicy::Allowlist | GroupPolicy::Open => {}
    }
    match group_rule(access, chat) {
        Some((key, rule)) if !rule.enabled => (
            Verdict::Refuse(Refusal::GroupOff),
            Because::GroupSwitch(key),
        ),
        Some((key, rule)) if !rule.allow_from.is_empty() => {
            let verdict = if lists_sender(&rule.allow_from, &access.access_groups, sender) {
                Verdict::Admit
            } else {
                Verdict::Refuse(Refusal::GroupSenderNotListed)
            };
            (verdict, Because::GroupSenders(key))
        }
        _ => (Verdict::Admit, policy),
    }
}

/// The rule that applies to a group, with its key: its own (exact key first, then without
/// regard to case), else that of `*`. The specific one replaces the general one whole.
fn group_rule<'a>(access: &'a Access, chat: &Chat) -> Option<(&'a str, &'a GroupRule)> {
    let id = chat.id.as_str();
    let entry = access.groups.get_key_value(id).or_else(|| {
        access
            .groups
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(id))
    });
    entry
        .or_else(|| access.groups.get_key_value("*"))
        .map(|(key, rule)| (key.as_str(), rule))
}

#[cfg(test)]
mod tests;
