//! Entries of allow-lists: how they are written and what they match.

use std::collections::BTreeMap;

use crate::ids::{ChatId, UserId, is_case_sensitive};

/// Names of the channel that may stand before an entry.
const CHANNELS: &[&str] = &["wecom-agent", "wecom", "qywx", "wework", "wechatwork"];

/// Whether a list of senders matches `sender`: `*`, the id (letter case does not matter
/// for members), or a reference to an access group. An unknown group matches nobody.
pub(crate) fn lists_sender(
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

/// Whether an address of a person, such as one of `session.identityLinks`, means `sender`:
/// an entry of another channel (`slack:x`) does not.
pub(crate) fn means_sender(entry: &str, sender: &UserId) -> bool {
    matches_member(normalise(entry, &["user", "userid"]), sender.as_str())
}

/// Whether an entry of a list of people stands for all of them.
pub(crate) fn is_everybody(entry: &str) -> bool {
    plain_sender(entry) == "*"
}

/// An entry of a list of people without white space and prefixes.
pub(crate) fn plain_sender(entry: &str) -> &str {
    normalise(entry, &["user", "userid"])
}

/// Members' ids are compared without regard to letter case, as WeCom does.
fn matches_member(entry: &str, sender: &str) -> bool {
    if is_case_sensitive(entry) || is_case_sensitive(sender) {
        entry == sender
    } else {
        entry.eq_ignore_ascii_case(sender)
    }
}

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
