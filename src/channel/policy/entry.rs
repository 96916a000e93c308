//! Entries of allow-lists: how they are written and what they match.

use std::collections::BTreeMap;

use crate::ids::{ChatId, UserId};

/// Names of the channel that may stand before an entry.
const CHANNELS: &[&str] = &["wecom-agent", "wecom", "qywx", "wework", "wechatwork"];

/// Whether a list of senders matches `sender`: `*`, the id (letter case does not matter
/// for members), or a reference to an access group. An unknown group matches nobody.
pub(super) fn lists_sender(
    entries: &[String],
    groups: &BTreeMap<String, Vec<String>>,
    sender: &UserId,
) -> bool {
    let is_sender = |entry: &String| {
        let entry = normalise(entry, &["user", "userid"]);
        entry == "*" || matches_member(entry, sender.as_str())
    };
    entries.iter().any(|entry| match group_reference(entry) {
        // Members of a group are people; a group inside a group is not expanded.
        Some(name) => groups
            .get(name)
            .is_some_and(|members| members.iter().any(is_sender)),
        None => is_sender(entry),
    })
}

/// Whether a list of chats matches `chat`: `*`, or the id, without regard to case.
pub(super) fn lists_chat(entries: &[String], chat: &ChatId) -> bool {
    entries.iter().any(|entry| {
        let entry = normalise(entry, &["group", "chat"]);
        entry == "*" || entry.eq_ignore_ascii_case(chat.as_str())
    })
}

/// Members' ids are compared without regard to case, as WeCom does. Encrypted and external
/// ids (`wo…`, `wm…`) can differ in case alone.
fn matches_member(entry: &str, sender: &str) -> bool {
    let encrypted = |id: &str| id.starts_with("wo") || id.starts_with("wm");
    if encrypted(entry) && encrypted(sender) && entry.len() >= ENCRYPTED_ID_MIN {
        entry == sender
    } else {
        entry.eq_ignore_ascii_case(sender)
    }
}

/// Shorter ids that begin with `wo` or `wm` are names that people chose ("wolf").
const ENCRYPTED_ID_MIN: usize = 20;

fn group_reference(entry: &str) -> Option<&str> {
    strip_prefix(entry.trim(), "accessGroup").map(str::trim)
}

/// Removes white space, one channel name, and one of `kinds`.
fn normalise<'a>(entry: &'a str, kinds: &[&str]) -> &'a str {
    let strip_one = |entry: &'a str, prefixes: &[&str]| {
        let stripped = prefixes
            .iter()
            .find_map(|prefix| strip_prefix(entry, prefix));
        stripped.unwrap_or(entry).trim()
    };
    strip_one(strip_one(entry.trim(), CHANNELS), kinds)
}

/// What follows `prefix:` in any case.
fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_once(':')?;
    head.trim().eq_ignore_ascii_case(prefix).then_some(rest)
}
