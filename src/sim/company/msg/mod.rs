//! The category `msg`: a member's conversations with the bot, in groups and with other
//! members.
//!
//! The first two are the simulator's own chats ([`Chats`]); what members say to each
//! other is kept here. The chat with the bot goes under the member's own id, as it does
//! on the bot's socket.

mod said;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::said::SaidLog;
pub use self::said::{SaidContent, Saying};
use super::page::Question;
use super::wall::{DAY_MS, second, to_second};
use super::{Answered, Office, People, Refused, Visit, answer, read};

/// The simulator's chats of one bot.
pub(crate) trait Chats {
    /// The bot's display name.
    fn bot_name(&self) -> String;
    /// Id and name of the groups that a member is in.
    fn groups_of(&self, member: &str) -> Vec<(String, String)>;
    /// What was said, oldest first; nothing where the bot is not.
    fn heard(&self, line: &Line) -> Vec<Heard>;
    /// Lets the bot say something.
    ///
    /// # Errors
    ///
    /// 93006 where the bot is not, 45009 for a used-up quota.
    fn send(&mut self, line: &Line, text: &str, now_ms: i64) -> Result<(), Refused>;
    /// A file that the bot sent.
    fn file(&self, id: &str) -> Option<File>;
}

/// A conversation that the bot takes part in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// With one member.
    Direct(String),
    /// In a group.
    Group(String),
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Who said it.
    pub(crate) from: String,
    /// When, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// What.
    pub(crate) content: HeardContent,
}

/// What a message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeardContent {
    /// Text.
    Text(String),
    /// A file.
    Media {
        /// `image`, `voice`, `video` or `file`.
        kind: String,
        /// Its `media_id`.
        id: String,
        /// File name.
        name: Option<String>,
        /// What a voice message says.
        transcript: Option<String>,
    },
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// `image`, `voice`, `video` or `file`.
    pub(crate) kind: String,
    /// File name.
    pub(crate) name: String,
    /// The bytes.
    pub(crate) data: Bytes,
}

/// The messages of the company that no bot hears.
#[derive(Debug)]
pub(crate) struct Messages {
    said: SaidLog,
}

#[derive(Deserialize)]
struct ListChats {
    begin_time: String,
    end_time: String,
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct GetMessages {
    chat_type: u8,
    chatid: String,
    begin_time: String,
    end_time: String,
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct GetMedia {
    media_id: String,
}

#[derive(Deserialize)]
struct Send {
    chat_type: u8,
    chatid: String,
    text: Text,
}

#[derive(Deserialize)]
struct Text {
    content: String,
}

/// A conversation of a member.
enum Conversation {
    Bot,
    Group(String),
    Member(String),
}

impl Messages {
    /// Nothing was said.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            said: SaidLog::new(seed),
        }
    }

    /// Lets a member say something to another one, or in a group.
    pub(crate) fn say(
        &mut self,
        people: &People,
        chats: &dyn Chats,
        saying: Saying,
        now_ms: i64,
    ) -> Result<(), Refused> {
        self.said.say(people, chats, saying, now_ms)
    }

    /// Does what a method says.
    pub(crate) fn call(
        &mut self,
        visit: Visit<'_>,
        office: &Office,
        chats: &mut dyn Chats,
        method: &str,
        args: &Map<String, Value>,
    ) -> Answered {
        match method {
            "get_msg_chat_list" => self.list(visit, office, chats, args),
            "get_message" => self.read(visit, office, chats, args),
            "get_msg_media" => self.media(visit, chats, &read(args)?),
            "send_message" => self.send(visit, office, chats, &read(args)?),
            _ => Err(Refused::not_open()),
        }
    }

    fn list(
        &self,
        visit: Visit<'_>,
        office: &Office,
        chats: &dyn Chats,
        args: &Map<String, Value>,
    ) -> Answered {
        let asked: ListChats = read(args)?;
        let (begin_ms, end_ms) = window(&asked.begin_time, &asked.end_time, visit.now_ms)?;
        let member = visit.member;
        let mut conversations = vec![(member.to_owned(), chats.bot_name(), Conversation::Bot)];
        for (id, name) in chats.groups_of(member) {
            conversations.push((id.clone(), name, Conversation::Group(id)));
        }
        for id in self.said.partners(member) {
            let name = office.people.name(&id).to_owned();
            conversations.push((id.clone(), name, Conversation::Member(id)));
        }
        let mut rows: Vec<(i64, Value)> = Vec::new();
        for (id, name, conversation) in conversations {
            let heard = self.heard(visit, chats, &conversation);
            let in_window = heard
                .iter()
                .filter(|heard| (begin_ms..=end_ms).contains(&heard.at_ms));
            let count = in_window.clone().count();
            if let Some(last_ms) = in_window.map(|heard| heard.at_ms).max() {
                let row = json!({
                    "chat_id": id,
                    "chat_name": name,
                    "last_msg_time": to_second(last_ms),
                    "msg_count": count,
                });
                rows.push((last_ms, row));
            }
        }
        rows.sort_by_key(|(last_ms, _)| std::cmp::Reverse(*last_ms));
        let rows = (0..).zip(rows.into_iter().map(|(_, row)| row));
        let question = Question::of(visit, "get_msg_chat_list", args);
        let page = question.page(rows, asked.cursor.as_deref(), CHATS_PER_PAGE)?;
        Ok(answer([
            ("chats", json!(page.items)),
            ("has_more", json!(!page.next_cursor.is_empty())),
            ("next_cursor", json!(page.next_cursor)),
        ]))
    }

    fn read(
        &self,
        visit: Visit<'_>,
        office: &Office,
        chats: &dyn Chats,
        args: &Map<String, Value>,
    ) -> Answered {
        let asked: GetMessages = read(args)?;
        let (begin_ms, end_ms) = window(&asked.begin_time, &asked.end_time, visit.now_ms)?;
        let conversation =
            conversation(visit, &office.people, chats, asked.chat_type, &asked.chatid)?;
        let heard = self.heard(visit, chats, &conversation).into_iter();
        let rows = (0..).zip(
            heard
                .filter(|heard| (begin_ms..=end_ms).contains(&heard.at_ms))
                .map(|heard| heard.row()),
        );
        let question = Question::of(visit, "get_message", args);
        let page = question.page(rows, asked.cursor.as_deref(), MESSAGES_PER_PAGE)?;
        Ok(answer([
            ("messages", json!(page.items)),
            ("next_cursor", json!(page.next_cursor)),
        ]))
    }

    fn media(&self, visit: Visit<'_>, chats: &dyn Chats, asked: &GetMedia) -> Answered {
        let file = self
            .said
            .file(&asked.media_id, visit.member, chats)
            .cloned()
            .or_else(|| chats.file(&asked.media_id))
            .ok_or_else(|| Refused::new(NO_MEDIA, "invalid media_id"))?;
        let item = json!({
            "media_id": asked.media_id,
            "name": file.name,
            "type": file.kind,
            "base64_data": STANDARD.encode(&file.data),
        });
        Ok(answer([("media_item", item)]))
    }

    /// The bot says it, so it is in the bot's chat; between the two members it is what
    /// the one told the other.
    fn send(
        &mut self,
        visit: Visit<'_>,
        office: &Office,
        chats: &mut dyn Chats,
        asked: &Send,
    ) -> Answered {
        let text = asked.text.content.as_str();
        if text.len() > TEXT_MAX {
            return Err(Refused::new(TOO_LONG, "content size out of limit"));
        }
        let conversation =
            conversation(visit, &office.people, chats, asked.chat_type, &asked.chatid)?;
        match conversation {
            Conversation::Bot => {
                let line = Line::Direct(visit.member.to_owned());
                chats.send(&line, text, visit.now_ms)?;
            }
            Conversation::Group(id) => chats.send(&Line::Group(id), text, visit.now_ms)?,
            Conversation::Member(id) => {
                chats.send(&Line::Direct(id.clone()), text, visit.now_ms)?;
                self.said.tell(visit.member, &id, text, visit.now_ms)?;
            }
        }
        Ok(answer([]))
    }

    /// What a member finds in a conversation, oldest first.
    fn heard(
        &self,
        visit: Visit<'_>,
        chats: &dyn Chats,
        conversation: &Conversation,
    ) -> Vec<Heard> {
        let mut heard = match conversation {
            Conversation::Bot => chats.heard(&Line::Direct(visit.member.to_owned())),
            Conversation::Group(id) => {
                let mut heard = chats.heard(&Line::Group(id.clone()));
                heard.extend(self.said.in_group(id));
                heard
            }
            Conversation::Member(id) => self.said.between(visit.member, id).collect(),
        };
        heard.sort_by_key(|heard| heard.at_ms);
        heard
    }
}

impl Heard {
    fn row(&self) -> Value {
        let mut row = json!({ "userid": self.from, "send_time": to_second(self.at_ms) });
        let (kind, content) = match &self.content {
            HeardContent::Text(text) => ("text", json!({ "content": text })),
            HeardContent::Media {
                kind,
                id,
                name,
                transcript,
            } => {
                let mut content = json!({ "media_id": id });
                if let Some(content) = content.as_object_mut() {
                    // Only pictures and files have a name on the wire.
                    let name = name
                        .as_ref()
                        .filter(|_| matches!(kind.as_str(), "image" | "file"));
                    let extras = [("name", name), ("content", transcript.as_ref())];
                    for (key, value) in extras {
                        if let Some(value) = value {
                            content.insert(key.to_owned(), json!(value));
                        }
                    }
                }
                (kind.as_str(), content)
            }
        };
        if let Some(row) = row.as_object_mut() {
            row.insert("msgtype".to_owned(), json!(kind));
            row.insert(kind.to_owned(), content);
        }
        row
    }
}

/// The conversation that a member means. A group's id counts with its letters' case.
fn conversation(
    visit: Visit<'_>,
    people: &People,
    chats: &dyn Chats,
    chat_type: u8,
    chatid: &str,
) -> Result<Conversation, Refused> {
    if chat_type == GROUP {
        let mut groups = chats.groups_of(visit.member).into_iter();
        let (id, _) = groups.find(|(id, _)| id == chatid).ok_or_else(no_chat)?;
        return Ok(Conversation::Group(id));
    }
    let other = people.find(chatid).ok_or_else(no_chat)?;
    Ok(if other.id == visit.member {
        Conversation::Bot
    } else {
        Conversation::Member(other.id.clone())
    })
}

/// A range within the last seven days.
fn window(begin: &str, end: &str, now_ms: i64) -> Result<(i64, i64), Refused> {
    let (begin_ms, end_ms) = (second(begin)?, second(end)?);
    if end_ms < begin_ms {
        return Err(Refused::argument("end_time is before begin_time"));
    }
    if begin_ms < now_ms - REACH_MS - SLACK_MS {
        return Err(Refused::argument("only the last 7 days can be read"));
    }
    if end_ms > now_ms + SLACK_MS {
        return Err(Refused::argument("end_time is in the future"));
    }
    // The strings have no milliseconds: a second is meant as a whole.
    Ok((begin_ms, end_ms + 999))
}

/// `93006`.
fn no_chat() -> Refused {
    Refused::new(NO_CHAT, "invalid chatid")
}

/// `chat_type` of a group.
const GROUP: u8 = 2;
/// How far back messages can be read.
const REACH_MS: i64 = 7 * DAY_MS;
/// Clocks differ a little, and requests take time.
const SLACK_MS: i64 = 60_000;
/// Bytes of a text.
const TEXT_MAX: usize = 2_048;
const CHATS_PER_PAGE: usize = 20;
const MESSAGES_PER_PAGE: usize = 50;
const NO_CHAT: i64 = 93_006;
const NO_MEDIA: i64 = 40_007;
const TOO_LONG: i64 = 45_002;
