//! The grammar.

use super::{MAX_CHAT_CHARS, MAX_TAG_CHARS, MAX_USER_BYTES, Target, TargetError, TargetKind, Via};
use crate::ids::{ChatId, UserId};

/// Names of the channel before a target; a stored address may carry several.
const MAX_NAMESPACES: usize = 4;

const CHANNELS: [&str; 5] = ["wecom", "wechatwork", "wework", "qywx", "enterprise-wechat"];
const AGENT: &str = "wecom-agent";
const EVERYBODY: &str = "@all";

/// Digits from which a number is more likely a userid, such as a mobile number.
const LONG_NUMBER: usize = 7;

/// Characters of what was written that an error repeats.
const SHOWN_CHARS: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Party,
    Tag,
    Chat,
}

pub(super) fn target(text: &str) -> Result<Target, TargetError> {
    let (text, via) = without_namespaces(text.trim());
    let (kind, inferred) = match prefix(text) {
        Some((word, list)) => {
            let kind = kind_of(word).ok_or_else(|| TargetError::UnknownPrefix {
                prefix: shown(word),
            })?;
            (typed(kind, list)?, false)
        }
        None => shape(text)?,
    };
    Ok(Target {
        kind,
        via,
        inferred,
    })
}

fn without_namespaces(mut text: &str) -> (&str, Via) {
    let mut via = Via::Any;
    for _ in 0..MAX_NAMESPACES {
        let Some((word, rest)) = prefix(text) else {
            break;
        };
        if word.eq_ignore_ascii_case(AGENT) {
            via = Via::Agent;
        } else if !CHANNELS.iter().any(|name| word.eq_ignore_ascii_case(name)) {
            break;
        }
        text = rest;
    }
    (text, via)
}

/// The word before the first colon and what follows, both trimmed.
fn prefix(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once([':', '：'])?;
    Some((word.trim(), rest.trim()))
}

fn kind_of(word: &str) -> Option<Kind> {
    match word.to_ascii_lowercase().as_str() {
        "party" | "dept" | "department" => Some(Kind::Party),
        "tag" => Some(Kind::Tag),
        "group" | "chat" => Some(Kind::Chat),
        "user" | "userid" => Some(Kind::User),
        _ => None,
    }
}

fn typed(kind: Kind, list: &str) -> Result<TargetKind, TargetError> {
    let items = items(list, &['|', ',']);
    let Some(first) = items.first() else {
        return Err(TargetError::Empty);
    };
    Ok(match kind {
        Kind::User if items == [EVERYBODY] => TargetKind::All,
        Kind::User => TargetKind::User(each(&items, user)?),
        Kind::Party => TargetKind::Party(each(&items, party)?),
        Kind::Tag => TargetKind::Tag(each(&items, tag)?),
        Kind::Chat if items.len() == 1 => TargetKind::Chat(chat(first)?),
        Kind::Chat => return Err(TargetError::InvalidChat { item: shown(list) }),
    })
}

fn shape(text: &str) -> Result<(TargetKind, bool), TargetError> {
    let items = items(text, &['|']);
    if items == [EVERYBODY] {
        return Ok((TargetKind::All, false));
    }
    let mut classes = Vec::with_capacity(items.len());
    for item in &items {
        classes.push(class(item)?);
    }
    let Some(kind) = classes.first().copied() else {
        return Err(TargetError::Empty);
    };
    if classes.iter().any(|other| *other != kind) {
        return Err(TargetError::Mixed);
    }
    Ok((typed(kind, text)?, kind != Kind::User))
}

fn class(item: &str) -> Result<Kind, TargetError> {
    if looks_like_chat(item) {
        Ok(Kind::Chat)
    } else if item.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(Kind::Party)
    } else {
        user(item).map(|_| Kind::User)
    }
}

fn looks_like_chat(item: &str) -> bool {
    item.split_at_checked(2).is_some_and(|(start, rest)| {
        ["wr", "wc"]
            .iter()
            .any(|name| start.eq_ignore_ascii_case(name))
            && !rest.is_empty()
            && rest.bytes().all(is_chat_byte)
    })
}

fn is_chat_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The items of a list, trimmed, none empty, each once.
fn items<'a>(list: &'a str, separators: &[char]) -> Vec<&'a str> {
    let items = list.split(separators).map(str::trim);
    let mut seen = std::collections::HashSet::new();
    items
        .filter(|item| !item.is_empty() && seen.insert(*item))
        .collect()
}

fn each<T: PartialEq + Clone + std::hash::Hash + Eq>(
    items: &[&str],
    read: fn(&str) -> Result<T, TargetError>,
) -> Result<Vec<T>, TargetError> {
    let mut seen = std::collections::HashSet::new();
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        let item = read(item)?;
        if seen.insert(item.clone()) {
            all.push(item);
        }
    }
    Ok(all)
}

fn user(item: &str) -> Result<UserId, TargetError> {
    let is_valid = item.len() <= MAX_USER_BYTES
        && item.starts_with(|first: char| first.is_ascii_alphanumeric())
        && item
            .bytes()
            .all(|byte| is_chat_byte(byte) || matches!(byte, b'@' | b'.'));
    if is_valid {
        Ok(UserId::new(item))
    } else {
        Err(TargetError::InvalidUser { item: shown(item) })
    }
}

fn party(item: &str) -> Result<u32, TargetError> {
    let digits = item.len();
    let number = Some(item)
        .filter(|item| item.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|item| item.parse().ok())
        .filter(|number| *number > 0);
    number.ok_or_else(|| TargetError::InvalidParty {
        item: shown(item),
        is_long: digits >= LONG_NUMBER && item.bytes().all(|byte| byte.is_ascii_digit()),
    })
}

fn tag(item: &str) -> Result<String, TargetError> {
    let is_valid = item.chars().count() <= MAX_TAG_CHARS && !item.chars().any(char::is_control);
    if is_valid {
        Ok(item.to_owned())
    } else {
        Err(TargetError::InvalidTag { item: shown(item) })
    }
}

fn chat(item: &str) -> Result<ChatId, TargetError> {
    if item.len() <= MAX_CHAT_CHARS && item.bytes().all(is_chat_byte) {
        Ok(ChatId::new(item))
    } else {
        Err(TargetError::InvalidChat { item: shown(item) })
    }
}

fn shown(item: &str) -> String {
    item.chars()
        .filter(|c| !c.is_control())
        .take(SHOWN_CHARS)
        .collect()
}
