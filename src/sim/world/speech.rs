//! What people say: texts and files in one message, and quotes.

use std::sync::Arc;

use serde_json::{Value, json};

use super::inject::{draw, entry as entry_of};
use super::media::Media;
use super::{World, unknown};
use crate::ids::{BotId, ChatId, MediaId, MessageId, ReqId, UserId};
use crate::sim::attachment::{ATTACHMENT_MAX, AttachmentKind, Handover, Link, NAME_MAX};
use crate::sim::chat::SimChat;
use crate::sim::entry::{Entry, EntryKind, EntryMedia, EntryPart};
use crate::sim::injection::{Injection, Push};
use crate::sim::member::Said;
use crate::sim::rules;
use crate::sim::sim::SimError;

/// A message that a member writes.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Speech {
    /// The bot that is spoken to.
    pub(in crate::sim) bot: BotId,
    /// Who writes.
    pub(in crate::sim) from: UserId,
    /// The group, unless it is the direct chat.
    pub(in crate::sim) group: Option<ChatId>,
    /// What the message consists of, in order.
    pub(in crate::sim) parts: Vec<SpeechPart>,
    /// What it quotes.
    pub(in crate::sim) quote: Option<Quoting>,
}

/// A part of a message.
#[derive(Debug, Clone)]
pub(in crate::sim) enum SpeechPart {
    /// Text.
    Text(String),
    /// A stored file.
    File(MediaId, Handover),
    /// A voice message: what was said, and the stored sound. It stands alone.
    Voice(String, Option<MediaId>),
}

/// What a message quotes.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Quoting {
    /// Number of the entry.
    pub(in crate::sim) entry: u64,
    /// How its files are handed over again.
    pub(in crate::sim) handover: Handover,
}

/// A message as it is pushed and shown.
struct Composed {
    msgtype: &'static str,
    content: Value,
    media: Option<EntryMedia>,
    parts: Vec<EntryPart>,
}

impl World {
    /// Stores what a person is going to send.
    pub(in crate::sim) fn upload(
        &mut self,
        kind: AttachmentKind,
        media: Media,
        now_ms: i64,
    ) -> Result<EntryMedia, SimError> {
        if media.data.len() > ATTACHMENT_MAX {
            let text = format!("a file has at most {ATTACHMENT_MAX} bytes");
            return Err(SimError::Invalid(text));
        }
        if media.name.is_empty() || media.name.len() > NAME_MAX {
            let text = format!("a file's name has 1 to {NAME_MAX} bytes");
            return Err(SimError::Invalid(text));
        }
        let id = MediaId::new(draw(kind.as_str(), now_ms));
        let shown = media.shown(id.clone());
        self.media.keep(id, media);
        Ok(shown)
    }

    /// Writes a message down, and pushes it if the bot gets to hear it: in a group that is
    /// what mentions it, and neither a voice message nor a file alone.
    pub(in crate::sim) fn say(&mut self, speech: Speech, now_ms: i64) -> Result<Said, SimError> {
        let heard = self.is_heard(&speech);
        let msgid = MessageId::new(draw("CAIQ", now_ms));
        let req_id = ReqId::new(draw("sv", now_ms));
        let quoted = speech.quote.as_ref().map(|quote| quote.entry);
        let placeholder = Push::Message {
            msgtype: String::new(),
            content: Value::Null,
        };
        let mut injection = Injection {
            group: speech.group.clone(),
            push: placeholder,
            ..Injection::text(speech.bot.clone(), speech.from.clone(), "")
        };
        let chat = self
            .check(&injection)?
            .ok_or_else(|| unknown("chat", &""))?;
        self.check_parts(&speech)?;
        let mut issued = Vec::new();
        let mut issue = Issue {
            bot: &speech.bot,
            msgid: &msgid,
            now_ms,
            issued: &mut issued,
        };
        if let Some(quote) = &speech.quote {
            injection.quote = Some(self.quote(&chat, quote, &mut issue)?);
        }
        let composed = self.compose(speech.parts, &mut issue)?;
        injection.push = Push::Message {
            msgtype: composed.msgtype.to_owned(),
            content: composed.content,
        };
        let frame: Arc<str> = injection.frame(&msgid, &req_id, now_ms).to_string().into();

        self.conversations.open(&chat);
        let mut entry = entry_of(&injection, chat.clone(), now_ms);
        entry.msgid = Some(msgid.clone());
        entry.req_id = heard.then(|| req_id.clone());
        entry.media = composed.media;
        entry.parts = composed.parts;
        entry.quoted = quoted;
        let extra = frame.len();
        let number = self.conversations.add(entry, extra, &mut self.feed);
        let delivered =
            heard && self.dispatch(&injection, Some(chat), (&msgid, &req_id), frame, now_ms);
        Ok(Said {
            msgid,
            req_id,
            entry: number,
            heard,
            delivered,
            downloads: issued,
        })
    }

    /// Whether all of it can be sent: no address is made for a message that is not.
    fn check_parts(&self, speech: &Speech) -> Result<(), SimError> {
        let invalid = |text: String| Err(SimError::Invalid(text));
        if speech.parts.is_empty() || speech.parts.len() > PARTS_MAX {
            return invalid(format!("a message has 1 to {PARTS_MAX} parts"));
        }
        let handover = speech.quote.as_ref().map(|quote| &quote.handover);
        if let Some(problem) = handover.and_then(Handover::problem) {
            return invalid(problem);
        }
        for part in &speech.parts {
            match part {
                SpeechPart::Voice(..) if speech.parts.len() > 1 => {
                    return invalid("a voice message stands alone".to_owned());
                }
                SpeechPart::Text(_) | SpeechPart::Voice(_, None) => {}
                SpeechPart::Voice(_, Some(sound)) => {
                    if self.stored(sound)?.0 != AttachmentKind::Voice {
                        return invalid(format!("{sound} is no sound"));
                    }
                }
                SpeechPart::File(id, handover) => {
                    if self.stored(id)?.0 == AttachmentKind::Voice {
                        return invalid(format!("{id} is a sound: it needs a transcript"));
                    }
                    if let Some(problem) = handover.problem() {
                        return invalid(problem);
                    }
                }
            }
        }
        Ok(())
    }

    fn is_heard(&self, speech: &Speech) -> bool {
        let mention = format!("@{}", self.bot_name(&speech.bot));
        let mentions = |part: &SpeechPart| match part {
            SpeechPart::Text(text) => text.contains(&mention),
            SpeechPart::File(..) | SpeechPart::Voice(..) => false,
        };
        speech.group.is_none() || speech.parts.iter().any(mentions)
    }

    fn compose(
        &mut self,
        parts: Vec<SpeechPart>,
        issue: &mut Issue<'_>,
    ) -> Result<Composed, SimError> {
        let is_alone = parts.len() == 1;
        let mut items = Vec::new();
        let mut shown = Vec::new();
        for part in parts {
            match part {
                SpeechPart::Voice(text, sound) => {
                    let media = sound.map(|id| self.stored(&id)).transpose()?;
                    return Ok(Composed {
                        msgtype: "voice",
                        content: json!({ "content": text }),
                        media: media.map(|(_, media)| media),
                        parts: Vec::new(),
                    });
                }
                SpeechPart::Text(text) => {
                    let content = json!({ "content": text });
                    if is_alone {
                        return Ok(Composed {
                            msgtype: "text",
                            content,
                            media: None,
                            parts: Vec::new(),
                        });
                    }
                    items.push(json!({ "msgtype": "text", "text": content }));
                    shown.push(EntryPart::Text(text));
                }
                SpeechPart::File(id, handover) => {
                    let (kind, media) = self.stored(&id)?;
                    let content = self.issue(&id, kind, &handover, issue)?;
                    if is_alone {
                        return Ok(Composed {
                            msgtype: kind.as_str(),
                            content,
                            media: Some(media),
                            parts: Vec::new(),
                        });
                    }
                    items.push(item(kind, content));
                    shown.push(EntryPart::Media(media));
                }
            }
        }
        Ok(Composed {
            msgtype: "mixed",
            content: json!({ "msg_item": items }),
            media: None,
            parts: shown,
        })
    }

    /// An entry as the quote of a message, with new addresses for its files.
    fn quote(
        &mut self,
        chat: &SimChat,
        quoting: &Quoting,
        issue: &mut Issue<'_>,
    ) -> Result<Value, SimError> {
        let entry = self
            .conversations
            .entry(quoting.entry)
            .filter(|entry| entry.chat == *chat && entry.kind != EntryKind::Event)
            .ok_or_else(|| unknown("message", &quoting.entry))?;
        let text = |content: &str| json!({ "msgtype": "text", "text": { "content": content } });
        let media = entry.media.as_ref().map(|media| media.id.clone());
        let parts = entry.parts.clone();
        match entry.kind {
            EntryKind::Voice => {
                let said = json!({ "content": entry.text() });
                Ok(json!({ "msgtype": "voice", "voice": said }))
            }
            EntryKind::Image | EntryKind::File | EntryKind::Video => {
                let id = media.ok_or_else(|| elsewhere(quoting.entry))?;
                self.quoted_file(&id, &quoting.handover, issue)
            }
            EntryKind::Mixed => {
                if parts.is_empty() {
                    return Err(elsewhere(quoting.entry));
                }
                let mut items = Vec::new();
                for part in &parts {
                    items.push(match part {
                        EntryPart::Text(content) => text(content),
                        EntryPart::Media(media) => {
                            self.quoted_file(&media.id, &quoting.handover, issue)?
                        }
                    });
                }
                Ok(json!({ "msgtype": "mixed", "mixed": { "msg_item": items } }))
            }
            _ if entry.card.is_some() => Ok(text(&card_title(entry))),
            _ => Ok(text(&rules::without_reasoning(entry.text()))),
        }
    }

    fn quoted_file(
        &mut self,
        id: &MediaId,
        handover: &Handover,
        issue: &mut Issue<'_>,
    ) -> Result<Value, SimError> {
        let (kind, _) = self.stored(id)?;
        Ok(item(kind, self.issue(id, kind, handover, issue)?))
    }

    fn stored(&self, id: &MediaId) -> Result<(AttachmentKind, EntryMedia), SimError> {
        let media = self.media.get(id).ok_or_else(|| unknown("upload", id))?;
        let kind = AttachmentKind::named(&media.kind).ok_or_else(|| unknown("upload", id))?;
        Ok((kind, media.shown(id.clone())))
    }

    /// Gives a file an address; returns the object that a push carries.
    fn issue(
        &mut self,
        id: &MediaId,
        kind: AttachmentKind,
        handover: &Handover,
        issue: &mut Issue<'_>,
    ) -> Result<Value, SimError> {
        let callback_key = self.hook_of(issue.bot).map(|hook| hook.key());
        let media = self.media.get(id).ok_or_else(|| unknown("upload", id))?;
        let link = Link {
            bot: issue.bot,
            msgid: issue.msgid,
            kind,
            media: id,
            name: &media.name,
            size: media.data.len(),
            md5: media.md5.as_deref(),
            handover,
            callback_key,
        };
        let (name, pushed) = self.links.add(&link, issue.now_ms);
        issue.issued.push(name);
        Ok(pushed)
    }
}

/// For which message addresses are made, and those that were.
struct Issue<'a> {
    bot: &'a BotId,
    msgid: &'a MessageId,
    now_ms: i64,
    issued: &'a mut Vec<String>,
}

fn item(kind: AttachmentKind, content: Value) -> Value {
    let mut item = json!({ "msgtype": kind.as_str() });
    if let Some(item) = item.as_object_mut() {
        item.insert(kind.as_str().to_owned(), content);
    }
    item
}

fn card_title(entry: &Entry) -> String {
    let card = entry.card.as_ref();
    ["/main_title/title", "/sub_title_text", "/main_title/desc"]
        .iter()
        .find_map(|path| {
            card?
                .pointer(path)?
                .as_str()
                .filter(|text| !text.is_empty())
        })
        .unwrap_or_default()
        .to_owned()
}

fn elsewhere(entry: u64) -> SimError {
    SimError::Invalid(format!(
        "the files of message {entry} are not the simulator's: it cannot be quoted by its number"
    ))
}

/// Parts of a message: more than the client of the service lets a person choose at once.
const PARTS_MAX: usize = 32;
