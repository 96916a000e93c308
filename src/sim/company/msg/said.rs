//! What members say to each other without any bot.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;

use super::{Chats, File, Heard, HeardContent};
use crate::ids::{ChatId, UserId};
use crate::sim::company::wall::second;
use crate::sim::company::{People, Refused, opaque};

/// Something that one member says to another, or in a group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Saying {
    /// Who says it.
    pub from: UserId,
    /// The other member, unless it is said in a group.
    #[serde(default)]
    pub to: Option<UserId>,
    /// The group.
    #[serde(default)]
    pub group: Option<ChatId>,
    /// When (`YYYY-MM-DD HH:mm:ss`, UTC+8); now by default.
    #[serde(default)]
    pub at: Option<String>,
    /// What is said.
    #[serde(flatten)]
    pub content: SaidContent,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SaidContent {
    /// A text.
    Text(String),
    /// A file.
    Media {
        /// `image`, `voice`, `video` or `file`.
        #[serde(rename = "type")]
        kind: String,
        /// File name; may be without extension.
        name: String,
        /// The bytes, in standard base64.
        base64: String,
    },
}

/// All of it.
#[derive(Debug)]
pub(super) struct SaidLog {
    seed: u64,
    said: Vec<Said>,
    files: HashMap<String, File>,
    file_bytes: usize,
}

#[derive(Debug)]
struct Said {
    from: String,
    to: To,
    at_ms: i64,
    content: HeardContent,
}

#[derive(Debug, PartialEq, Eq)]
enum To {
    Member(String),
    Group(String),
}

impl SaidLog {
    /// Nothing was said.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            said: Vec::new(),
            files: HashMap::new(),
            file_bytes: 0,
        }
    }

    /// Notes what somebody says.
    pub(super) fn say(
        &mut self,
        people: &People,
        chats: &dyn Chats,
        saying: Saying,
        now_ms: i64,
    ) -> Result<(), Refused> {
        Refused::unless_room(self.said.len())?;
        let from = people.require(saying.from.as_str())?;
        let to = match (saying.to, saying.group) {
            (Some(to), None) => To::Member(people.require(to.as_str())?),
            (None, Some(group)) => {
                let mut groups = chats.groups_of(&from).into_iter();
                if groups.all(|(id, _)| id != group.as_str()) {
                    return Err(super::no_chat());
                }
                To::Group(group.as_str().to_owned())
            }
            _ => return Err(Refused::argument("give either `to` or `group`")),
        };
        let at_ms = match &saying.at {
            Some(text) => second(text)?,
            None => now_ms,
        };
        let content = match saying.content {
            SaidContent::Text(text) => HeardContent::Text(text),
            SaidContent::Media { kind, name, base64 } => self.keep(kind, name, &base64)?,
        };
        self.said.push(Said {
            from,
            to,
            at_ms,
            content,
        });
        Ok(())
    }

    /// Notes a text of one member to another.
    pub(super) fn tell(
        &mut self,
        from: &str,
        to: &str,
        text: &str,
        at_ms: i64,
    ) -> Result<(), Refused> {
        Refused::unless_room(self.said.len())?;
        self.said.push(Said {
            from: from.to_owned(),
            to: To::Member(to.to_owned()),
            at_ms,
            content: HeardContent::Text(text.to_owned()),
        });
        Ok(())
    }

    /// What two members said to each other.
    pub(super) fn between(&self, one: &str, other: &str) -> impl Iterator<Item = Heard> {
        self.said.iter().filter_map(move |said| {
            let To::Member(to) = &said.to else {
                return None;
            };
            let is_theirs = (said.from == one && to == other) || (said.from == other && to == one);
            is_theirs.then(|| said.heard())
        })
    }

    /// What was said in a group.
    pub(super) fn in_group(&self, group: &str) -> impl Iterator<Item = Heard> {
        self.said
            .iter()
            .filter(move |said| matches!(&said.to, To::Group(id) if id == group))
            .map(Said::heard)
    }

    /// Whom a member talked with.
    pub(super) fn partners(&self, member: &str) -> Vec<String> {
        let mut partners: Vec<String> = self
            .said
            .iter()
            .filter_map(|said| match &said.to {
                To::Member(to) if said.from == member => Some(to.clone()),
                To::Member(to) if to == member => Some(said.from.clone()),
                _ => None,
            })
            .collect();
        partners.sort();
        partners.dedup();
        partners
    }

    /// A file that was sent where the member reads.
    pub(super) fn file(&self, id: &str, member: &str, chats: &dyn Chats) -> Option<&File> {
        let holds = |content: &HeardContent| matches!(content, HeardContent::Media { id: known, .. } if known == id);
        let said = self.said.iter().find(|said| holds(&said.content))?;
        let is_reader = match &said.to {
            To::Member(to) => said.from == member || to == member,
            To::Group(group) => {
                let mut groups = chats.groups_of(member).into_iter();
                groups.any(|(id, _)| id == *group)
            }
        };
        self.files.get(id).filter(|_| is_reader)
    }

    fn keep(&mut self, kind: String, name: String, data: &str) -> Result<HeardContent, Refused> {
        if !KINDS.contains(&kind.as_str()) {
            let text = format!("`{kind}` is no kind of media");
            return Err(Refused::argument(text));
        }
        let data = STANDARD
            .decode(data)
            .map_err(|error| Refused::argument(format!("`base64` is wrong: {error}")))?;
        if self.file_bytes + data.len() > FILES_MAX_BYTES {
            return Err(Refused::argument("too many files: reset the company"));
        }
        self.file_bytes += data.len();
        let number = u64::try_from(self.files.len()).unwrap_or(u64::MAX);
        let id = opaque("mda", self.seed, number);
        let file = File {
            kind: kind.clone(),
            name: name.clone(),
            data: Bytes::from(data),
        };
        self.files.insert(id.clone(), file);
        Ok(HeardContent::Media {
            kind,
            id,
            name: Some(name),
            transcript: None,
        })
    }
}

impl Said {
    fn heard(&self) -> Heard {
        Heard {
            from: self.from.clone(),
            at_ms: self.at_ms,
            content: self.content.clone(),
        }
    }
}

/// Bytes of all files that members sent to each other.
const FILES_MAX_BYTES: usize = 128 * 1_024 * 1_024;
const KINDS: [&str; 4] = ["image", "voice", "video", "file"];
