//! One message, whichever way it came.

use super::exchange::Exchange;
use super::media::inbound::{Wanted, WantedMedia};
use crate::agent::AttachmentKind;
use crate::ids::{AccountId, Chat, ChatId, ChatKind, MessageId, ReqId, UserId};
use crate::secret::Secret;
use crate::wecom::bot::{Content, Envelope, MediaRef, MessagePush, MixedItem};

/// Something that a member did and an agent is to answer, parsed and ready for the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inbound {
    /// What it is.
    pub(crate) origin: Origin,
    /// The conversation.
    pub(crate) chat: Chat,
    /// Who wrote.
    pub(crate) sender: UserId,
    /// What makes the message itself.
    pub(crate) message_id: MessageId,
    /// What ties a reply to it.
    pub(crate) req_id: ReqId,
    /// The text without a leading mention, trimmed. A lone quote stands in for it.
    pub(crate) text: String,
    /// Whether the text is the member's own: a quote is never a command.
    pub(crate) own_words: bool,
    /// What was quoted, when the user also said something.
    pub(crate) quote: Option<String>,
    /// Pictures, files and videos, the quoted ones included.
    pub(crate) attachments: Vec<Wanted>,
    /// Where one late reply can go without the socket, for an hour.
    pub(crate) response_url: Option<Secret>,
    /// The HTTP exchange that waits for an answer, where one brought it.
    pub(crate) exchange: Exchange,
    /// When WeCom says that it was sent, in seconds since 1970.
    pub(crate) sent_at: Option<i64>,
    /// Number of the agent app that was written to.
    pub(crate) agent_id: Option<u64>,
    /// What changes the card that was clicked on an agent app's message, once.
    pub(crate) card_code: Option<Secret>,
}

/// What a member did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Wrote a message: its answer is a stream.
    Message,
    /// Pressed a button, or changed what the bot may do: WeCom takes no stream for it, so an
    /// answer is a message of its own, and none is given where there is nothing to say.
    Event,
}

/// Why a push is not a message for an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAMessage {
    /// Without an id, repeats could not be told apart.
    #[error("it has no msgid")]
    NoMessageId,
    /// Nobody to answer.
    #[error("it has no sender")]
    NoSender,
    /// Sent by WeCom itself.
    #[error("its sender is the system")]
    FromSystem,
    /// A group message that does not name its group.
    #[error("it is a group message without a chat id")]
    NoChat,
    /// A type that this program does not know (yet).
    #[error("its type is not known")]
    UnknownType,
    /// Neither text nor anything else.
    #[error("it is empty")]
    Empty,
}

impl Inbound {
    /// Makes a message of a push on the socket of `account`.
    pub(crate) fn from_push(account: &AccountId, push: &MessagePush) -> Result<Self, NotAMessage> {
        let head = Head::of(account, &push.envelope)?;
        let mut parts = Parts::default();
        parts.add(&push.content)?;
        let mut quoted = Parts::default();
        if let Some(quote) = &push.quote {
            // A quote of an unknown type loses only itself.
            quoted.add(quote).ok();
        }
        parts.attachments.append(&mut quoted.attachments);

        let mut text = without_mention(&parts.text()).to_owned();
        let mut quote = Some(quoted.text()).filter(|quote| !quote.is_empty());
        let own_words = !text.is_empty();
        if !own_words {
            text = quote.take().unwrap_or_default();
        }
        if text.is_empty() && parts.attachments.is_empty() {
            return Err(NotAMessage::Empty);
        }
        Ok(Self {
            own_words,
            quote,
            attachments: parts.attachments,
            ..head.with(Origin::Message, text)
        })
    }

    /// Makes a message of an event on the socket of `account`, which says `text` to the
    /// agent.
    pub(crate) fn from_event(
        account: &AccountId,
        envelope: &Envelope,
        text: String,
    ) -> Result<Self, NotAMessage> {
        Ok(Head::of(account, envelope)?.with(Origin::Event, text))
    }
}

/// What messages and events have in common.
struct Head<'a> {
    chat: Chat,
    sender: UserId,
    message_id: MessageId,
    envelope: &'a Envelope,
}

impl<'a> Head<'a> {
    fn of(account: &AccountId, envelope: &'a Envelope) -> Result<Self, NotAMessage> {
        let message_id = envelope
            .message_id
            .clone()
            .ok_or(NotAMessage::NoMessageId)?;
        let (chat, sender) = whereabouts(account, envelope)?;
        Ok(Self {
            chat,
            sender,
            message_id,
            envelope,
        })
    }

    fn with(self, origin: Origin, text: String) -> Inbound {
        Inbound {
            origin,
            chat: self.chat,
            sender: self.sender,
            message_id: self.message_id,
            req_id: self.envelope.req_id.clone(),
            text,
            own_words: false,
            quote: None,
            attachments: Vec::new(),
            response_url: self.envelope.response_url.clone(),
            exchange: Exchange::default(),
            sent_at: self.envelope.create_time,
            agent_id: None,
            card_code: None,
        }
    }
}

/// The conversation and the member that a push is about.
pub(crate) fn whereabouts(
    account: &AccountId,
    envelope: &Envelope,
) -> Result<(Chat, UserId), NotAMessage> {
    let sender = envelope.sender.clone().ok_or(NotAMessage::NoSender)?;
    if sender.as_str().eq_ignore_ascii_case("sys") {
        return Err(NotAMessage::FromSystem);
    }
    let chat = chat_of(
        account,
        envelope.chat_kind,
        envelope.chat_id.as_ref(),
        &sender,
    )?;
    Ok((chat, sender))
}

fn chat_of(
    account: &AccountId,
    kind: Option<ChatKind>,
    chat_id: Option<&ChatId>,
    sender: &UserId,
) -> Result<Chat, NotAMessage> {
    // Direct messages carry no chat id; a chat id without a kind means a group.
    let kind = kind.unwrap_or(match chat_id {
        Some(_) => ChatKind::Group,
        None => ChatKind::Direct,
    });
    let id = match kind {
        ChatKind::Direct => ChatId::new(sender.as_str()),
        ChatKind::Group => chat_id.cloned().ok_or(NotAMessage::NoChat)?,
    };
    Ok(Chat {
        account: account.clone(),
        kind,
        id,
    })
}

#[derive(Debug, Default)]
struct Parts {
    texts: Vec<String>,
    attachments: Vec<Wanted>,
}

impl Parts {
    fn add(&mut self, content: &Content) -> Result<(), NotAMessage> {
        match content {
            Content::Text(text) | Content::Voice(text) => self.texts.push(text.clone()),
            Content::Image(media) => self.attach(AttachmentKind::Image, media),
            Content::File(media) => self.attach(AttachmentKind::File, media),
            Content::Video(media) => self.attach(AttachmentKind::Video, media),
            Content::Mixed(items) => {
                for item in items {
                    match item {
                        MixedItem::Text(text) => self.texts.push(text.clone()),
                        MixedItem::Image(media) => self.attach(AttachmentKind::Image, media),
                        MixedItem::File(media) => self.attach(AttachmentKind::File, media),
                        // Its neighbours are worth having all the same.
                        _ => {}
                    }
                }
            }
            _ => return Err(NotAMessage::UnknownType),
        }
        Ok(())
    }

    fn attach(&mut self, kind: AttachmentKind, media: &MediaRef) {
        self.attachments.push(Wanted {
            kind,
            media: WantedMedia::Address(media.clone()),
        });
    }

    fn text(&self) -> String {
        self.texts.join("\n").trim().to_owned()
    }
}

/// The text without one leading `@name`, which groups need to reach the bot. The name ends
/// at white space or at U+2005, which WeCom's client puts behind it.
pub(crate) fn without_mention(text: &str) -> &str {
    let trimmed = text.trim();
    if !trimmed.starts_with('@') {
        return trimmed;
    }
    trimmed
        .find(char::is_whitespace)
        .and_then(|end| trimmed.get(end..))
        .unwrap_or_default()
        .trim_start()
}

#[cfg(test)]
mod tests;
