//! Who may speak: one pure function from facts to a verdict with its reason.

mod entry;

use crate::config::{Access, DmPolicy, GroupPolicy, GroupRule};
use crate::ids::{Chat, ChatKind, UserId};

use entry::lists_chat;
pub(crate) use entry::{lists_sender, means_sender, plain_sender};

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

/// Decides whether `sender` may speak in `chat`. `paired` tells whether the sender's
/// pairing was approved; it is asked only where it matters.
pub fn admit(
    access: &Access,
    chat: &Chat,
    sender: &UserId,
    paired: impl FnOnce() -> bool,
) -> Verdict {
    match chat.kind {
        ChatKind::Direct => admit_direct(access, sender, paired),
        ChatKind::Group => admit_group(access, chat, sender),
    }
}

fn admit_direct(access: &Access, sender: &UserId, paired: impl FnOnce() -> bool) -> Verdict {
    let refused = match access.dm_policy {
        DmPolicy::Open => return Verdict::Admit,
        DmPolicy::Disabled => return Verdict::Refuse(Refusal::DirectDisabled),
        DmPolicy::Allowlist => Verdict::Refuse(Refusal::SenderNotListed),
        DmPolicy::Pairing => Verdict::Pair,
    };
    if lists_sender(&access.allow_from, &access.access_groups, sender) || paired() {
        Verdict::Admit
    } else {
        refused
    }
}

fn admit_group(access: &Access, chat: &Chat, sender: &UserId) -> Verdict {
    match access.group_policy {
        GroupPolicy::Disabled => return Verdict::Refuse(Refusal::GroupsDisabled),
        GroupPolicy::Allowlist if !lists_chat(&access.group_allow_from, &chat.id) => {
            return Verdict::Refuse(Refusal::GroupNotListed);
        }
        GroupPolicy::Allowlist | GroupPolicy::Open => {}
    }
    match group_rule(access, chat) {
        Some(rule) if !rule.enabled => Verdict::Refuse(Refusal::GroupOff),
        Some(rule)
            if !rule.allow_from.is_empty()
                && !lists_sender(&rule.allow_from, &access.access_groups, sender) =>
        {
            Verdict::Refuse(Refusal::GroupSenderNotListed)
        }
        _ => Verdict::Admit,
    }
}

/// The rule that applies to a group: its own (exact key first, then without regard to
/// case), else that of `*`. The specific one replaces the general one whole.
fn group_rule<'a>(access: &'a Access, chat: &Chat) -> Option<&'a GroupRule> {
    let id = chat.id.as_str();
    access
        .groups
        .get(id)
        .or_else(|| {
            let ignoring_case = |(key, _): &(&String, _)| key.eq_ignore_ascii_case(id);
            access
                .groups
                .iter()
                .find(ignoring_case)
                .map(|(_, rule)| rule)
        })
        .or_else(|| access.groups.get("*"))
}

#[cfg(test)]
mod tests;
