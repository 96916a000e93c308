//! Agents made on demand: one per member or group.

use sha2::{Digest, Sha256};

use crate::config::DynamicIdStyle;
use crate::hex::hex;
use crate::ids::{Chat, ChatKind, UserId};
use crate::session::{SessionKey, SessionScope};

/// Characters of an agent's id.
const MAX_ID: usize = 64;

/// Hex digits that tell apart what the plain form would not.
const HASH_DIGITS: usize = 8;

/// The id of the agent of a conversation.
///
/// The plain form is `wecom-<account>-<dm|group>-<peer>` in small letters, other characters as
/// `_`. In the lossless style, ids for which that would lose or share something end with a
/// hash instead, so that two conversations never get the same agent.
pub fn agent_id(chat: &Chat, style: DynamicIdStyle) -> String {
    let plain = format!(
        "wecom-{}-{}-{}",
        part(chat.account.as_str(), "default"),
        kind(chat),
        part(chat.id.as_str(), "unknown"),
    );
    if style == DynamicIdStyle::Upstream || is_lossless(chat, &plain) {
        return plain;
    }
    let kept: String = plain.chars().take(MAX_ID - HASH_DIGITS - 1).collect();
    format!("{kept}-{}", hash(chat))
}

/// The conversation with a dynamic agent.
pub(super) fn session(agent: &str, chat: &Chat) -> SessionKey {
    let account = chat.account.clone();
    let scope = match chat.kind {
        ChatKind::Direct => SessionScope::DynamicDirect(account, UserId::new(chat.id.as_str())),
        ChatKind::Group => SessionScope::DynamicGroup(account, chat.id.clone()),
    };
    SessionKey {
        agent: agent.to_owned(),
        scope,
    }
}

/// The same in OpenClaw's form; the id keeps its case here.
pub(super) fn openclaw_key(agent: &str, chat: &Chat) -> String {
    let account = part(chat.account.as_str(), "default");
    format!("agent:{agent}:wecom:{account}:{}:{}", kind(chat), chat.id)
}

fn kind(chat: &Chat) -> &'static str {
    match chat.kind {
        ChatKind::Direct => "dm",
        ChatKind::Group => "group",
    }
}

fn part(text: &str, if_empty: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return if_empty.to_owned();
    }
    text.chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect()
}

fn is_plain(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '_' | '-')
}

/// Whether the plain form names this conversation and no other.
fn is_lossless(chat: &Chat, plain: &str) -> bool {
    // Members' ids are the same in any case; encrypted ids and chat ids are not.
    let peer = match chat.kind {
        ChatKind::Direct => UserId::new(chat.id.as_str()).folded().into_owned(),
        ChatKind::Group => chat.id.as_str().to_owned(),
    };
    let account = chat.account.as_str();
    // An account `a-dm` would share `wecom-a-dm-dm-x` with the member `dm-x` of `a`.
    let looks_like_two = {
        let account = format!("{account}-");
        account.contains("-dm-") || account.contains("-group-")
    };
    [account, peer.as_str()]
        .iter()
        .all(|text| !text.is_empty() && text.chars().all(is_plain))
        && plain.len() <= MAX_ID
        && !looks_like_two
        && !looks_hashed(plain)
}

/// A member's id may end like a hash.
fn looks_hashed(plain: &str) -> bool {
    plain.rsplit_once('-').is_some_and(|(_, end)| {
        end.len() == HASH_DIGITS
            && end
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn hash(chat: &Chat) -> String {
    let digest = Sha256::new()
        .chain_update(chat.account.as_str())
        .chain_update([0])
        .chain_update(kind(chat))
        .chain_update([0])
        .chain_update(chat.id.as_str())
        .finalize();
    let mut hash = hex(&digest);
    hash.truncate(HASH_DIGITS);
    hash
}
