//! Whose media a file is.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::identity::{Identity, Source, TurnChat};
use crate::ids::AccountId;

/// The scheme of addresses that our MCP server reads media by.
const SCHEME: &str = "wecom-media://";

/// Hex digits of a scope's folder: 128 bits, so that no two scopes ever meet.
const FOLDER_DIGITS: usize = 32;

/// One shelf of the store: a chat of an account, or a client and the member it acts for.
/// What lies on one can't be seen from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaScope {
    account: AccountId,
    folder: String,
}

impl MediaScope {
    /// The shelf of a call: that of its chat, else that of its credential and member.
    pub fn of(identity: &Identity) -> Self {
        if let Some(chat) = identity.chat() {
            return Self::of_chat(identity.account(), chat);
        }
        let member = identity.requester().map_or("", |user| user.as_str());
        match identity.source() {
            Source::Credential { client } => {
                Self::new(identity.account(), &["client", client, member])
            }
            Source::Job { id } => Self::new(identity.account(), &["job", id]),
            Source::Turn | Source::Operator => Self::new(identity.account(), &["operator", member]),
        }
    }

    /// The shelf of a chat.
    pub fn of_chat(account: &AccountId, chat: &TurnChat) -> Self {
        match chat {
            TurnChat::Direct(user) => Self::new(account, &["direct", user.as_str()]),
            TurnChat::Group(id) => Self::new(account, &["group", id.as_str()]),
        }
    }

    fn new(account: &AccountId, parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut folder = hex(&hash.finalize());
        folder.truncate(FOLDER_DIGITS);
        Self {
            account: account.clone(),
            folder,
        }
    }

    /// The account.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The folder's name: hashed, since a chat's id is no file name and tells who talks.
    pub(super) fn folder(&self) -> &str {
        &self.folder
    }
}

/// The id of a kept file: 128 random bits in the form of a UUID.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoredId(String);

impl StoredId {
    /// A new one.
    pub(super) fn random() -> Self {
        let random: u128 = rand::random();
        // Version 4, variant 1, as readers of UUIDs expect.
        let bits = (random & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let digits = format!("{bits:032x}");
        let mut id = String::with_capacity(36);
        for (place, digit) in digits.chars().enumerate() {
            if matches!(place, 8 | 12 | 16 | 20) {
                id.push('-');
            }
            id.push(digit);
        }
        Self(id)
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StoredId {
    type Err = NotAMediaUri;

    fn from_str(text: &str) -> Result<Self, NotAMediaUri> {
        let well_formed = text.len() == 36
            && text.bytes().enumerate().all(|(place, byte)| match place {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            });
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAMediaUri)
        }
    }
}

/// The address of a kept file, `wecom-media://<account>/<id>`. It is no right to read: who
/// asks must stand before the shelf that the file lies on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaUri {
    /// The account.
    pub account: AccountId,
    /// The file.
    pub id: StoredId,
}

impl fmt::Display for MediaUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.account, self.id.as_str())
    }
}

impl FromStr for MediaUri {
    type Err = NotAMediaUri;

    fn from_str(text: &str) -> Result<Self, NotAMediaUri> {
        let (account, id) = text
            .strip_prefix(SCHEME)
            .and_then(|rest| rest.split_once('/'))
            .ok_or(NotAMediaUri)?;
        if account.is_empty() {
            return Err(NotAMediaUri);
        }
        Ok(Self {
            account: AccountId::new(account),
            id: id.parse()?,
        })
    }
}

/// A text that is no address of a kept file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a media address reads `wecom-media://<account>/<id>`")]
pub struct NotAMediaUri;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ChatId, UserId};

    fn account() -> AccountId {
        AccountId::new("default")
    }

    #[test]
    fn no_two_identities_share_a_shelf() {
        let user = |name: &str| Some(UserId::new(name));
        let direct = |name: &str| TurnChat::Direct(UserId::new(name));
        let identities = [
            Identity::of_turn(account(), user("a"), direct("a")),
            Identity::of_turn(account(), user("b"), direct("b")),
            Identity::of_turn(account(), user("a"), TurnChat::Group(ChatId::new("a"))),
            Identity::of_turn(account(), user("a"), TurnChat::Group(ChatId::new("A"))),
            Identity::of_turn(AccountId::new("other"), user("a"), direct("a")),
            Identity::of_credential(account(), user("a"), "c"),
            Identity::of_credential(account(), user("b"), "c"),
            Identity::of_credential(account(), user("a"), "d"),
            Identity::of_credential(account(), None, "ca"),
            Identity::of_credential(account(), None, "c"),
            Identity::of_operator(account(), user("a")),
            Identity::of_operator(account(), None),
        ];
        let scopes: std::collections::HashSet<MediaScope> =
            identities.iter().map(MediaScope::of).collect();
        assert_eq!(scopes.len(), identities.len());
    }

    #[test]
    fn members_of_a_group_share_its_shelf() {
        let group = || TurnChat::Group(ChatId::new("g"));
        let a = Identity::of_turn(account(), Some(UserId::new("a")), group());
        let b = Identity::of_turn(account(), Some(UserId::new("b")), group());
        assert_eq!(MediaScope::of(&a), MediaScope::of(&b));
    }

    #[test]
    fn an_address_is_read_as_it_is_written() {
        let uri = MediaUri {
            account: account(),
            id: StoredId::random(),
        };
        assert_eq!(uri.to_string().parse(), Ok(uri));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let id = StoredId::random();
        let id = id.as_str();
        for text in [
            String::new(),
            format!("wecom-media:///{id}"),
            format!("wecom-media://default/{id}/x"),
            format!("wecom-media://default/../{id}"),
            format!("file://default/{id}"),
            format!(
                "wecom-media://default/{}",
                id.to_uppercase().replace('4', "G")
            ),
            "wecom-media://default/".to_owned(),
        ] {
            assert_eq!(text.parse::<MediaUri>(), Err(NotAMediaUri), "{text}");
        }
    }
}
